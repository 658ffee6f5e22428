"""What became of every pod of a drain, carried on from look to look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.drain.treatment import PodClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.drain.attempt import Attempt
    from controller.drain.plan import Entry

EVICTED_REASON, FORCED_REASON = "EvictionByEvictionAPI", "SpotInterruption"
"""Reasons of a DisruptionTarget condition: the API server's for evictions, ours for deletions."""

MAX_OVERRODE = 300
"""Characters of what a forced deletion went past; the log and the Event have the whole sentence."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One pod's way off the node; times are None while they have not come.

    `treated` is the class by which the drain treated it, `budget` the one (`namespace/name`) that
    guards it. `planned_at` and `planned_call` are the
    plan as it was when the pod was first asked. `overrode` is what a forced deletion went past, and
    `grace` what the pod got in seconds, `truncated` if that is less than it asks for.
    """

    pod: str
    uid: str
    priority: int = 0
    requested_at: Instant | None = None
    accepted_at: Instant | None = None
    gone_at: Instant | None = None
    forced: bool = False
    grace: int | None = None
    reason: str = ""
    owner: str = ""
    treated: str = ""
    budget: str = ""
    planned_at: Instant | None = None
    planned_call: str = ""
    overrode: str = ""
    truncated: bool = False


def passage_of(pod: PodFacts) -> Passage:
    """Start the passage of a pod that was found on the node."""
    owner = f"{pod.owner_kind}/{pod.owner_name}" if pod.owner_kind else ""
    return Passage(pod.key, pod.uid, pod.priority, owner=owner)


def followed(known: Passage | None, entry: Entry, now: Instant) -> Passage | None:
    """Carry a pod's passage on by what the plan says of it; None for a pod that has none."""
    if entry.left:
        # A node that reports again shows pods that had been given up.
        here = passage_of(entry.pod) if known is None else known
        if here.gone_at is not None:
            here = replace(here, gone_at=None)
        return foreseen(here, entry)
    # Nobody has asked it, and now nobody will.
    if known is None or (entry.treated.pod_class is PodClass.SKIPPED and known.accepted_at is None):
        return None
    # Nothing of it runs any more: its containers have ended, or its node is silent.
    return known if known.gone_at is not None else replace(known, gone_at=now)


def foreseen(passage: Passage, entry: Entry) -> Passage:
    """Take over what the plan says of a pod, until it is asked: then the plan has become history.

    A pod that a budget blocks has its forced deletion to come.
    """
    if entry.attempt.accepted or entry.attempt.in_flight:
        return passage
    # A budget may come, go or change until the pod leaves.
    guard = entry.coverage.guard
    guarded = passage if passage.budget == guard else replace(passage, budget=guard)
    if passage.requested_at is not None:
        return guarded
    step = entry.force if entry.lane_blocked or entry.step is None else entry.step
    treated = str(entry.treated.pod_class)
    at, call = (step.at, str(step.call)) if step else (None, "")
    # Most looks find the plan as it was, and a copy costs more than all of the above.
    if (guarded.treated, guarded.planned_at, guarded.planned_call) == (treated, at, call):
        return guarded
    return replace(guarded, treated=treated, planned_at=at, planned_call=call)


def attempted(passage: Passage, attempt: Attempt, own_grace: int | None = None) -> Passage:
    """Take over what was tried for the pod; what an earlier process achieved stays.

    `own_grace` is what the pod asks for in seconds, None if that is not known any more.
    """
    sent = own_grace if attempt.grace is None else attempt.grace
    cut = attempt.grace is not None and attempt.grace != own_grace
    return replace(
        passage,
        requested_at=_first(passage.requested_at, attempt.requested_at),
        accepted_at=_first(passage.accepted_at, attempt.accepted_at),
        forced=passage.forced or attempt.forced,
        grace=sent if attempt.accepted and sent is not None else passage.grace,
        reason=attempt.refused.reason if attempt.refused else "",
        overrode=_overrode(attempt) or passage.overrode,
        truncated=passage.truncated or attempt.shortened or cut,
    )


def evidenced(passage: Passage, pod: PodFacts) -> Passage:
    """Read off a stopping pod that we asked it, where the answer was lost with the one who asked.

    A deletion stamps the pod with the end of its grace, and DisruptionTarget says by whose call:
    https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
    """
    if passage.accepted_at is not None or pod.deletion_time is None:
        return passage
    if pod.disruption not in {EVICTED_REASON, FORCED_REASON}:
        return passage
    asked = pod.deletion_time - pod.deletion_grace
    return replace(
        passage,
        requested_at=_first(passage.requested_at, asked),
        accepted_at=asked,
        forced=pod.disruption == FORCED_REASON,
        grace=pod.deletion_grace,
    )


def merged(ours: Mapping[str, Passage], theirs: Mapping[str, Passage]) -> dict[str, Passage]:
    """Put together what two replicas know of the same pods, by UID: no fact is lost, the first counts.

    Both may act for a moment while an interruption changes hands.
    """
    both = {uid: _joined(ours[uid], theirs[uid]) for uid in ours.keys() & theirs.keys()}
    return {**theirs, **ours, **both}


def _joined(ours: Passage, theirs: Passage) -> Passage:
    # The plan and the grace belong to the request that was accepted first.
    never = float("inf")
    first = min((ours, theirs), key=lambda p: (p.accepted_at or never, p.requested_at or never))
    return replace(
        first,
        requested_at=_earliest(ours.requested_at, theirs.requested_at),
        gone_at=_earliest(ours.gone_at, theirs.gone_at),
        forced=ours.forced or theirs.forced,
        overrode=ours.overrode or theirs.overrode,
        truncated=ours.truncated or theirs.truncated,
        reason=ours.reason,
    )


def _earliest(*instants: Instant | None) -> Instant | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _overrode(attempt: Attempt) -> str:
    past = attempt.overrode
    return f"{past.reason}: {past.message}"[:MAX_OVERRODE] if past else ""


def _first(earlier: Instant | None, later: Instant | None) -> Instant | None:
    return later if earlier is None else earlier
