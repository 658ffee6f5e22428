"""The status of a NodeInterruption: counts, who waits and why, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from controller.domain.interruption import Phase
from controller.domain.times import format_clock, format_micro, format_rfc3339
from controller.domain.verdict import Verdict
from controller.drain.classify import PodClass
from controller.drain.history import timeline_to
from controller.drain.life import TOO_LATE
from controller.drain.planner import BUDGET_REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.times import Instant
    from controller.drain.history import Passage
    from controller.drain.plan import DrainPlan, Entry

MAX_WAITING = 50
MAX_SENTENCE = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """What a status is written from.

    `passages` are all pods ever seen on the node, by UID; `plan` is None before pods are known.
    `note` replaces the sentence where something other than pods is to be told.
    """

    record: Interruption
    phase: Phase
    policy: str
    pool: str
    passages: Mapping[str, Passage] = field(default_factory=dict)
    plan: DrainPlan | None = None
    fenced: Verdict | None = None
    outcome: str = ""
    note: str = ""
    finished_at: Instant | None = None


def status_of(progress: Progress, now: Instant) -> dict[str, Any]:
    """Write the whole status; lists are complete, for a merge patch replaces them."""
    record, counts = progress.record, counts_of(progress)
    waiting = [_waiting(e) for e in _left(progress.plan)][:MAX_WAITING]
    deadline, finished = record.deadline, progress.finished_at
    return {
        "phase": str(progress.phase),
        "kind": str(record.kind),
        "deadline": None if deadline is None else format_rfc3339(deadline),
        "policy": progress.policy,
        "pool": progress.pool,
        "startedAt": format_rfc3339(record.started_at or now),
        "finishedAt": None if finished is None else format_micro(finished),
        "outcome": progress.outcome or None,
        "observedNotices": len(record.notices),
        "message": (progress.note or sentence(progress, counts))[:MAX_SENTENCE],
        "progress": f"{counts['gone']}/{counts['total']} gone",
        "pods": counts,
        "waiting": waiting,
        "timeline": timeline_to(progress.passages.values()),
        "conditions": _conditions(progress, counts, now),
    }


def counts_of(progress: Progress) -> dict[str, int]:
    """Count the pods that a drain is about; skipped ones (DaemonSets, static pods) are not."""
    left = _left(progress.plan)
    passages = progress.passages.values()
    over = progress.phase.over and progress.outcome in TOO_LATE
    return {
        "total": len(progress.passages),
        "evicted": sum(p.accepted_at is not None and not p.forced for p in passages),
        "blocked": sum(is_blocked(e) for e in left),
        "protected": sum(e.treated.pod_class in {PodClass.PROTECTED, PodClass.KEPT} for e in left),
        "forced": sum(p.forced for p in passages),
        "gone": sum(p.gone_at is not None for p in passages),
        "left": sum(p.gone_at is None for p in passages),
        "killed": sum(p.gone_at is None and p.accepted_at is None for p in passages) if over else 0,
    }


def is_blocked(entry: Entry) -> bool:
    """Tell whether a PodDisruptionBudget keeps the pod from leaving now."""
    if entry.treated.pod_class is not PodClass.NORMAL or entry.attempt.accepted:
        return False
    refused = entry.attempt.refused
    if entry.coverage.stuck is not None or entry.lane_blocked:
        return True
    return refused is not None and refused.reason in BUDGET_REASONS


def reason_of(entry: Entry) -> Verdict:
    """Say why a pod is still there: the same words as in the Events and the log."""
    if entry.attempt.accepted and entry.treated.pod_class is not PodClass.STOPPING:
        return Verdict("Stopping", "its eviction was accepted; it is stopping")
    if entry.treated.pod_class is not PodClass.NORMAL:
        return entry.treated.verdict
    if entry.coverage.stuck is not None:
        return entry.coverage.stuck
    if entry.attempt.refused is not None:
        return entry.attempt.refused
    if entry.lane_blocked:
        say = f"the PodDisruptionBudget {entry.coverage.lane} has no room"
        return Verdict("DisruptionBudget", say)
    return Verdict("Waiting", "waits for the pods of lower priority to be asked first")


def sentence(progress: Progress, counts: Mapping[str, int]) -> str:
    """Say in one sentence what is going on with the node."""
    if progress.phase is Phase.PENDING:
        return "noticed; the node is being closed to new pods"
    if progress.phase is Phase.FENCED:
        return "closed to new pods; the policy does not drain it"
    if progress.phase is Phase.DRAINED:
        return f"all {counts['total']} pods are gone; waiting for the instance to go"
    if progress.phase.over:
        return f"over: {counts['gone']} of {counts['total']} pods gone, {counts['forced']} forced"
    left, blocked = counts["left"], [e for e in _left(progress.plan) if is_blocked(e)]
    if not blocked:
        return f"{left} of {counts['total']} pods left"
    first = blocked[0]
    until = (
        "" if first.force is None else f", deleted at {format_clock(first.force.at)} at the latest"
    )
    guard = f" for {first.coverage.lane}" if first.coverage.lane else ""
    return (
        f"{left} of {counts['total']} pods left; {len(blocked)} blocked: {first.pod.key} waits{guard}"
        f" ({reason_of(first).message}){until}"
    )


def _left(plan: DrainPlan | None) -> list[Entry]:
    return [entry for entry in plan.entries if entry.left] if plan else []


def _waiting(entry: Entry) -> dict[str, Any]:
    verdict = reason_of(entry)
    state = "Blocked" if is_blocked(entry) else str(entry.treated.pod_class)
    waiting: dict[str, Any] = {
        "pod": entry.pod.key,
        "priority": entry.pod.priority,
        "state": "Waiting" if state == PodClass.NORMAL else state,
        "reason": verdict.reason,
        "message": verdict.message[:MAX_SENTENCE],
    }
    if entry.coverage.lane is not None:
        waiting["budget"] = entry.coverage.lane
    if entry.last_safe is not None:
        waiting["lastSafe"] = format_rfc3339(entry.last_safe)
    return waiting


def _conditions(
    progress: Progress, counts: Mapping[str, int], now: Instant
) -> list[dict[str, Any]]:
    before = {c.get("type"): c for c in progress.record.conditions}
    found = [
        _condition(before, kind, status, verdict, now)
        for kind, status, verdict in _states(progress, counts)
    ]
    return [condition for condition in found if condition is not None]


def _states(
    progress: Progress, counts: Mapping[str, int]
) -> list[tuple[str, bool | None, Verdict | None]]:
    fenced = progress.fenced
    drained = progress.phase in {Phase.DRAINED, Phase.FINISHED} and counts["left"] == 0
    say = Verdict("AllPodsGone" if drained else "PodsLeft", sentence(progress, counts))
    met: bool | None = None
    met_say: Verdict | None = None
    deadline, outcome = progress.record.deadline, progress.outcome
    if progress.phase is Phase.FINISHED and deadline is not None and outcome:
        met = outcome not in TOO_LATE
        met_say = Verdict(outcome, progress.note or sentence(progress, counts))
    return [
        ("Fenced", None if fenced is None else fenced.reason == "Fenced", fenced),
        ("Drained", drained, say),
        ("DeadlineMet", met, met_say),
    ]


def _condition(
    before: Mapping[Any, Mapping[str, Any]],
    kind: str,
    status: bool | None,  # noqa: FBT001 - a condition's status is a boolean
    verdict: Verdict | None,
    now: Instant,
) -> dict[str, Any] | None:
    """Write a condition; its transition time stays while its status does, as in metav1."""
    if status is None or verdict is None:
        return None
    text, old = str(status), before.get(kind, {})
    same = old.get("status") == text and old.get("lastTransitionTime")
    return {
        "type": kind,
        "status": text,
        "reason": verdict.reason,
        "message": verdict.message[:MAX_SENTENCE],
        "lastTransitionTime": same or format_rfc3339(now),
    }
