"""The conditions of a NodeInterruption: one check each; a check without an answer tells nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from controller.domain.condition import condition
from controller.domain.interruption import Phase
from controller.domain.interruption_object import JUDGED
from controller.domain.times import format_clock
from controller.domain.verdict import Verdict
from controller.drain.answer import FORBIDDEN_BY_RBAC
from controller.drain.coexistence import CONDITION as LEFT_TO_KARPENTER
from controller.drain.life import DRAINED, REMOVED, TOO_LATE
from controller.drain.outcome import never, went
from controller.drain.sentence import sentence
from controller.drain.turns import CONDITION, Stand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.domain.times import Instant
    from controller.drain.progress import Progress

LATE_SECONDS = 60.0
"""Half of the two minutes: with less, a pod's usual grace of 30 s leaves a budget next to no time."""

NAMED_VOLUMES = 3

_ADMITTED = {Stand.WAITS: False, Stand.HOLDS: None, Stand.DRAINS: True}


class State(NamedTuple):
    """Whether an aspect holds (None: that is being found out), and why."""

    holds: bool | None
    verdict: Verdict


def conditions_of(
    progress: Progress, counts: Mapping[str, int], now: Instant
) -> list[dict[str, Any]]:
    """Write the conditions that can be told by now, and carry over the one with another writer."""
    before, lifecycle = progress.record.conditions, progress.record.lifecycle
    told = ((kind, check(progress, counts)) for kind, check in CHECKS)
    ours = [
        condition(before, kind, state.verdict, now, holds=state.holds)
        for kind, state in told
        if state is not None
    ]
    return ours if lifecycle is None else [*ours, dict(lifecycle)]


def fenced(progress: Progress, counts: Mapping[str, int]) -> State | None:  # noqa: ARG001 - one shape
    """Tell whether the node is closed to new pods, once that was tried."""
    say = progress.fenced
    return None if say is None else State(say.reason == "Fenced", say)


def late(progress: Progress, counts: Mapping[str, int]) -> State | None:  # noqa: ARG001 - one shape
    """Tell that the notice left too little time; a notice in time is told by saying nothing."""
    record = progress.record
    if record.deadline is None or record.started_at is None:
        return None
    left = record.deadline - record.started_at
    if left >= LATE_SECONDS:
        return None
    goes = format_clock(record.deadline)
    say = f"the notice left {max(0.0, left):.0f} s until the deadline at {goes}"
    return State(holds=True, verdict=Verdict("LateNotice", say))


def admitted(progress: Progress, counts: Mapping[str, int]) -> State | None:  # noqa: ARG001 - one shape
    """Tell whether a voluntary drain may begin, has its turn, or waits for it."""
    say = progress.admitted
    return None if say is None else State(_ADMITTED[say.stand], say.verdict)


def left_to_karpenter(progress: Progress, counts: Mapping[str, int]) -> State | None:  # noqa: ARG001
    """Tell whether Karpenter drains the node, and not spotdrain, where it could be."""
    stance = progress.stance
    if stance is None or stance.verdict is None:
        return None
    return State(stance.holds, stance.verdict)


def drained(progress: Progress, counts: Mapping[str, int]) -> State | None:
    """Tell whether there is nothing left to wait for: pods may be held, or nobody tells of them."""
    left = counts["left"]
    if progress.phase is Phase.DRAINED or progress.outcome == DRAINED:
        reason, done = "NothingToWaitFor" if left else "AllPodsGone", True
    else:
        reason, done = "PodsLeft" if left or not progress.volumes else "VolumesLeft", False
    return State(done, Verdict(reason, progress.note or sentence(progress, counts)))


def volumes_detached(progress: Progress, counts: Mapping[str, int]) -> State | None:  # noqa: ARG001
    """Tell whether the volumes of the pods that left are free for other nodes, once it is known."""
    volumes = progress.volumes
    if volumes is None:
        return None
    if not volumes:
        return State(holds=True, verdict=Verdict("AllDetached", "no volume is left on the node"))
    more = f" and {len(volumes) - NAMED_VOLUMES} more" if len(volumes) > NAMED_VOLUMES else ""
    say = f"{len(volumes)} volumes are left on the node: {', '.join(volumes[:NAMED_VOLUMES])}{more}"
    return State(holds=False, verdict=Verdict("VolumesLeft", say))


def permitted(progress: Progress, counts: Mapping[str, int]) -> State | None:  # noqa: ARG001
    """Tell whether RBAC lets us ask the pods; said only once it did not."""
    refusals = (entry.attempt.refused for entry in progress.left)
    for refused in refusals:
        if refused is not None and refused.reason == FORBIDDEN_BY_RBAC:
            say = f"{refused.message}; bind the ClusterRole of the chart to this ServiceAccount"
            return State(holds=False, verdict=Verdict(FORBIDDEN_BY_RBAC, say))
    if not any(before.get("type") == "Permitted" for before in progress.record.conditions):
        return None
    return State(holds=True, verdict=Verdict("Permitted", "the right that was missing is there"))


def deadline_met(progress: Progress, counts: Mapping[str, int]) -> State | None:
    """Tell at the end whether the pods were gone before the instance was."""
    if progress.phase is not Phase.FINISHED or progress.record.deadline is None:
        return None
    # What was not to be drained has met nothing.
    if progress.outcome != DRAINED and progress.outcome not in TOO_LATE:
        return None
    say = Verdict(progress.outcome, progress.note or sentence(progress, counts))
    return State(progress.outcome not in TOO_LATE, say)


def executed(progress: Progress, counts: Mapping[str, int]) -> State | None:  # noqa: ARG001
    """Tell at the end whether the instance went as announced, or never; None while it may yet go."""
    if not progress.phase.over:
        return None
    # Also in a dry run, and where the node was left to Karpenter, which waits for no date.
    removed = progress.record.dormant and not progress.node_there
    if (say := never(REMOVED if removed else progress.outcome)) is not None:
        return State(holds=False, verdict=say)
    return None if progress.node_there else State(holds=True, verdict=went(progress.record))


CHECKS: tuple[tuple[str, Callable[[Progress, Mapping[str, int]], State | None]], ...] = (
    ("Fenced", fenced),
    ("LateNotice", late),
    (CONDITION, admitted),
    (LEFT_TO_KARPENTER, left_to_karpenter),
    ("Permitted", permitted),
    ("Drained", drained),
    ("VolumesDetached", volumes_detached),
    ("DeadlineMet", deadline_met),
    (JUDGED, executed),
)
