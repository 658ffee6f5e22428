"""Where an interruption stands: a list of checks, the first that speaks decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from controller.domain.interruption import Phase
from controller.domain.policy import Action

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.times import Instant

OVERTIME = 2.0
"""Seconds after the deadline in which the last word from the node may still come."""

TOO_LATE = frozenset({"DeadlineMissed", "NodeGone"})
"""The outcomes in which pods were left when the instance went."""

DRAINED, MISSED, GONE, EXPIRED = "Drained", "DeadlineMissed", "NodeGone", "NotInterrupted"


class Stand(NamedTuple):
    """A phase, and how it ended where it is over."""

    phase: Phase
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at.

    `pods_left` is None while the pods of the node are not known; `expiry` is how many seconds a
    recommendation holds that no interruption follows.
    """

    record: Interruption
    action: Action
    node_there: bool
    fenced: bool
    pods_left: int | None
    expiry: float

    @property
    def emptied(self) -> bool:
        """Whether all pods are known to be gone."""
        return self.pods_left == 0


def stand_of(facts: Facts, now: Instant) -> Stand:
    """Tell where an interruption stands."""
    record = facts.record
    # The node went: by EC2, or by an autoscaler that was faster.
    if not facts.node_there:
        return Stand(Phase.FINISHED, DRAINED if facts.emptied else GONE)
    # A recommendation that nothing followed: the node is opened again.
    if record.kind.voluntary and now >= record.noticed_at + facts.expiry:
        return Stand(Phase.EXPIRED, EXPIRED)
    # The instance is due; nothing that we do now can still help a pod.
    if record.deadline is not None and now >= record.deadline + OVERTIME:
        if facts.action is not Action.DRAIN or facts.emptied:
            return Stand(Phase.FINISHED, DRAINED if facts.emptied else "NotDrained")
        return Stand(Phase.FINISHED, MISSED)
    if not facts.fenced:
        return Stand(Phase.PENDING)
    if facts.action is not Action.DRAIN or facts.pods_left is None:
        return Stand(Phase.FENCED)
    return Stand(Phase.DRAINED if facts.emptied else Phase.DRAINING)


def next_change(facts: Facts) -> Instant | None:
    """Tell when the clock alone next changes where it stands."""
    if facts.record.deadline is not None:
        return facts.record.deadline + OVERTIME
    return facts.record.noticed_at + facts.expiry
