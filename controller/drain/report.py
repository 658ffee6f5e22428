"""The status of a NodeInterruption: counts, who waits and why, and what became of every pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.times import format_micro, format_rfc3339
from controller.drain.bounding import bounded
from controller.drain.classify import PodClass
from controller.drain.conditions import conditions_of
from controller.drain.life import TOO_LATE
from controller.drain.sentence import is_blocked, reason_of, sentence, state_of
from controller.drain.timeline import timeline_to
from controller.drain.turns import Stand

if TYPE_CHECKING:
    from controller.domain.times import Instant
    from controller.drain.history import Passage
    from controller.drain.plan import Entry
    from controller.drain.progress import Progress

MAX_WAITING, MAX_VOLUMES, MAX_BUDGETS = 50, 20, 5
MAX_SENTENCE = 1000


def status_of(progress: Progress, now: Instant) -> dict[str, Any]:
    """Write the whole status; lists are complete, for a merge patch replaces them.

    It is bounded in bytes too, whatever the names and sentences: see drain/bounding.py.
    """
    record, counts = progress.record, counts_of(progress)
    deadline, finished = record.deadline, progress.finished_at
    # What waits for a scheduled change has not begun.
    started = None if record.dormant else record.started_at or now
    return bounded(
        {
            "phase": str(progress.phase),
            "kind": str(record.kind),
            "deadline": None if deadline is None else format_rfc3339(deadline),
            "policy": progress.policy,
            "pool": progress.pool,
            "startedAt": None if started is None else format_rfc3339(started),
            "finishedAt": None if finished is None else format_micro(finished),
            "outcome": progress.outcome or None,
            "observedNotices": len(record.notices),
            "message": (progress.note or sentence(progress, counts))[:MAX_SENTENCE],
            "progress": f"{counts['gone']}/{counts['total']} gone",
            "pods": counts,
            "waiting": [_waiting(entry, progress) for entry in progress.left[:MAX_WAITING]],
            "volumes": list((progress.volumes or ())[:MAX_VOLUMES]),
            "timeline": timeline_to(progress.passages.values()),
            "conditions": conditions_of(progress, counts, now),
        }
    )


def counts_of(progress: Progress) -> dict[str, int]:
    """Count the pods that a drain is about; skipped ones (DaemonSets, static pods) are not."""
    left, passages = progress.left, progress.passages.values()
    over = progress.phase.over and progress.outcome in TOO_LATE
    # Somebody else may have asked a pod to stop, before the notice or after a budget's no to us.
    stopping = {entry.pod.uid for entry in left if entry.pod.terminating}
    return {
        "total": len(progress.passages),
        "evicted": sum(p.accepted_at is not None and not p.forced for p in passages),
        "blocked": sum(is_blocked(e) for e in left),
        "protected": sum(e.treated.pod_class in {PodClass.PROTECTED, PodClass.KEPT} for e in left),
        "forced": sum(p.forced for p in passages),
        "truncated": sum(p.truncated for p in passages),
        "gone": sum(p.gone_at is not None for p in passages),
        "left": sum(p.gone_at is None for p in passages),
        "killed": sum(_never_asked(p) and p.uid not in stopping for p in passages) if over else 0,
    }


def _never_asked(passage: Passage) -> bool:
    stopping = passage.treated == PodClass.STOPPING
    return passage.gone_at is None and passage.accepted_at is None and not stopping


def _waiting(entry: Entry, progress: Progress) -> dict[str, Any]:
    leave = progress.admitted
    held = leave is not None and leave.stand is not Stand.DRAINS and not progress.phase.over
    verdict = leave.verdict if leave is not None and held else reason_of(entry)
    waiting: dict[str, Any] = {
        "pod": entry.pod.key,
        "priority": entry.pod.priority,
        "state": state_of(entry),
        "reason": verdict.reason,
        "message": verdict.message[:MAX_SENTENCE],
    }
    if entry.coverage.lane is not None:
        waiting["budget"] = entry.coverage.lane
    if entry.coverage.rivals:
        waiting["budgets"] = list(entry.coverage.rivals[:MAX_BUDGETS])
    if entry.last_safe is not None:
        waiting["lastSafe"] = format_rfc3339(entry.last_safe)
    return waiting
