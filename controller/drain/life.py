"""Where an interruption stands: a list of checks, the first that speaks decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from controller.domain.interruption import Phase
from controller.domain.notice import LEAST_SECONDS
from controller.domain.policy import Action
from controller.drain.rehearsal import OUTCOME

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.times import Instant

OVERTIME = 2.0
"""Seconds after the deadline in which the last word from the node may still come."""

TOO_LATE = frozenset({"DeadlineMissed", "NodeGone"})
"""The outcomes in which pods were left when the instance went."""

DRAINED, MISSED, GONE, EXPIRED = "Drained", "DeadlineMissed", "NodeGone", "NotInterrupted"
UNCORDONED, WITHDRAWN, REMOVED = "Uncordoned", "Withdrawn", "NodeRemoved"
LEFT = "LeftToKarpenter"


class Stand(NamedTuple):
    """A phase, and how it ended where it is over."""

    phase: Phase
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at.

    `pods_left` is None while the pods of the node are not known; `expiry` is how many seconds a
    recommendation holds that no interruption follows, `lead` how many before a scheduled change its
    node is drained; `rehearsed` is whether the policy is in dry
    run; `volumes_left` are waited for as pods are, but never missed: nothing more can be done.
    `admitted` is false while a voluntary drain waits for its turn; `uncordoned` is whether somebody
    else has opened the node; `left` is whether the node is left to Karpenter.
    """

    record: Interruption
    action: Action
    node_there: bool
    fenced: bool
    pods_left: int | None
    expiry: float
    lead: float = 0.0
    rehearsed: bool = False
    volumes_left: tuple[str, ...] = ()
    admitted: bool = True
    uncordoned: bool = False
    left: bool = False

    @property
    def emptied(self) -> bool:
        """Whether all pods are known to be gone."""
        return self.pods_left == 0


def stand_of(facts: Facts, now: Instant) -> Stand:
    """Tell where an interruption stands."""
    # Whose pods we do not ask has nothing to wait for but its end.
    if facts.rehearsed or facts.left:
        return _watched(facts, now)
    if (ended := _needless(facts, now) or _done(facts, now)) is not None:
        return ended
    # A scheduled change that is days ahead: nothing is done before its time.
    if facts.record.dormant or not facts.fenced:
        return Stand(Phase.PENDING)
    if facts.action is not Action.DRAIN or facts.pods_left is None:
        return Stand(Phase.FENCED)
    if facts.emptied:
        return Stand(Phase.DRAINING if facts.volumes_left else Phase.DRAINED)
    return Stand(Phase.DRAINING if facts.admitted else Phase.FENCED)


def _needless(facts: Facts, now: Instant) -> Stand | None:
    """Tell how it ended where no interruption came of it; None where one may."""
    record = facts.record
    # Taken back by AWS: what we did to the node is undone.
    if record.withdrawn:
        return Stand(Phase.CANCELLED, WITHDRAWN)
    # Somebody else was done with the node long before the change that was announced for it.
    if record.dormant and not facts.node_there:
        return Stand(Phase.FINISHED, REMOVED)
    if not record.kind.voluntary or not facts.node_there:
        return None
    # A recommendation that nothing followed: the node is opened again.
    if now >= record.noticed_at + facts.expiry:
        return Stand(Phase.EXPIRED, EXPIRED)
    # Whoever opens the node wants it: a recommendation is no reason to insist.
    return Stand(Phase.CANCELLED, UNCORDONED) if facts.uncordoned else None


def _done(facts: Facts, now: Instant) -> Stand | None:
    """Tell how it ended where the instance went, or was due; None while neither is so."""
    # The node went: by EC2, or by an autoscaler that was faster.
    if not facts.node_there:
        return Stand(Phase.FINISHED, DRAINED if facts.emptied else GONE)
    # The instance is due; nothing that we do now can still help a pod.
    due = _due(facts.record)
    if due is None or now < due or facts.record.dormant:
        return None
    if facts.emptied:
        return Stand(Phase.FINISHED, DRAINED)
    return Stand(Phase.FINISHED, MISSED if facts.action is Action.DRAIN else "NotDrained")


def _watched(facts: Facts, now: Instant) -> Stand:
    dormant = facts.record.dormant
    ended = not facts.node_there or facts.record.withdrawn or (now >= _over(facts) and not dormant)
    if ended:
        return Stand(Phase.FINISHED, OUTCOME if facts.rehearsed else LEFT)
    # A dry run never says that something was done.
    return Stand(Phase.FENCED if facts.fenced and not facts.rehearsed else Phase.PENDING)


def opens(record: Interruption, stand: Stand) -> bool:
    """Tell whether the node is opened at this end: nothing is left of what it was closed for."""
    # A dry run closes no node, but its policy may have been in force when the notice came.
    idle = stand.outcome == OUTCOME and record.deadline is None
    return idle or stand.phase in {Phase.EXPIRED, Phase.CANCELLED}


def next_change(facts: Facts, now: Instant) -> Instant | None:
    """Tell when the clock alone next changes where it stands; None for never.

    A notice without a deadline that is no recommendation, as one may be written by hand, never ends.
    """
    begins = (n.begins(facts.lead) for n in facts.record.upcoming)
    told = [at for at in begins if at is not None]
    if not facts.record.dormant and (over := _over(facts)) > now:
        told.append(over)
    return min(told, default=None)


def _over(facts: Facts) -> Instant:
    """Tell when it is over by the clock."""
    if (due := _due(facts.record)) is not None:
        return due
    return facts.record.noticed_at + facts.expiry


def _due(record: Interruption) -> Instant | None:
    """Tell when all is said: soon after the deadline, and never at once for a notice that was late."""
    if record.deadline is None:
        return None
    return max(record.deadline + OVERTIME, (record.started_at or 0.0) + LEAST_SECONDS)
