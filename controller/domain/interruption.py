"""The NodeInterruption: everything that is durable about the end of one instance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from controller.domain.notice import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.notice import Notice
    from controller.domain.times import Instant

DEFAULT_TTL = 86_400

_FOLLOWS = frozenset({Kind.STATE_CHANGE, Kind.LIFECYCLE_TERMINATION})

FOLLOWS_SECONDS = 600.0
"""How long after a deadline an Auto Scaling group still lets go of an instance because of it."""


class Phase(StrEnum):
    """Where an interruption stands."""

    PENDING = "Pending"
    FENCED = "Fenced"
    DRAINING = "Draining"
    DRAINED = "Drained"
    FINISHED = "Finished"
    EXPIRED = "Expired"
    CANCELLED = "Cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing will be done any more unless a new notice comes."""
        return self in {Phase.FINISHED, Phase.EXPIRED, Phase.CANCELLED}


@dataclass(frozen=True)
class Interruption:
    """One NodeInterruption as read from the API server.

    `finished_at` and `phase` come from the status; the rest of the status is written, never read:
    after a restart the drain is worked out anew from the pods and the clock. `terminated_at` is
    when the instance was off, once EC2 has said so. `judged` is whether the status tells what became
    of what was announced. `policy` names the one that applied to the node. `asleep` are the ids of
    notices that ask for nothing at the moment for which `seen` looked, `ahead` those of them that
    will. `completed_hooks` are the ids of the notices whose lifecycle action has ended, `lifecycle`
    is the condition about that: they have a writer of their own (engine/letting_go.py) and outlive
    the drain.

    What its notices say together is worked out once: a drain asks for it dozens of times at every
    look (a quarter of a burst's planning went there). So it has no slots: they would leave no place.
    """

    instance_id: str
    node_name: str
    node_uid: str
    notices: tuple[Notice, ...]
    name: str = ""
    uid: str = ""
    resource_version: str = ""
    ttl: int = DEFAULT_TTL
    phase: Phase = Phase.PENDING
    started_at: Instant | None = None
    finished_at: Instant | None = None
    terminated_at: Instant | None = None
    pool: str = ""
    policy: str = ""
    judged: bool = False
    observed_notices: int = 0
    conditions: tuple[Mapping[str, Any], ...] = ()
    timeline: tuple[Mapping[str, Any], ...] = ()
    completed_hooks: tuple[str, ...] = ()
    lifecycle: Mapping[str, Any] | None = None
    asleep: frozenset[str] = frozenset()
    ahead: frozenset[str] = frozenset()

    def seen(self, now: Instant, lead: float, expiry: float) -> Interruption:
        """Look at it at a moment: a scheduled change asks for nothing until `lead` seconds before.

        Beside one that is to come, a recommendation older than `expiry` seconds asks for nothing
        either; alone, its expiry is the end of the interruption. Nor does a deadline that the
        instance has outlived, where there is more than that to tell of.
        """
        valid = self.valid
        ahead = {n.id for n in valid if (at := n.begins(lead)) is not None and at > now}
        expired = {n.id for n in valid if n.kind.voluntary and now >= n.time + expiry}
        outlived = {n.id for n in valid if n.outlived(now)}
        others = any(not n.kind.voluntary and n.id not in outlived for n in valid)
        asleep = ahead | (expired if ahead else set())
        if others or any(n.withdrawn for n in self.notices):
            asleep |= outlived
        # At nearly every look it is as before, and what was worked out of it still holds.
        if asleep == self.asleep and ahead == self.ahead:
            seen = self
        else:
            seen = replace(self, asleep=frozenset(asleep), ahead=frozenset(ahead))
        # What was begun for an earlier date, or for a recommendation, begins anew in its time.
        return replace(seen, started_at=None) if seen.dormant else seen

    def resumes_at(self, now: Instant, lead: float) -> Instant | None:
        """Tell when a change that is still to come begins; None where it was ahead at no end.

        The end was about something else, such as a recommendation that somebody declined.
        """
        ended = self.finished_at
        changes = (n for n in self.valid if n.deadline is not None and n.deadline > now)
        begins = (n.begins(lead) for n in changes)
        return min((at for at in begins if at is not None and ended and at > ended), default=None)

    @cached_property
    def valid(self) -> tuple[Notice, ...]:
        """The notices that nothing has taken back: of each subject the newest, unless withdrawn."""
        last: dict[str, Notice] = {}
        for notice in sorted(self.notices, key=lambda n: (n.time, n.withdrawn)):
            last[notice.subject or notice.id] = notice
        return tuple(n for n in self.notices if n is last[n.subject or n.id] and not n.withdrawn)

    @cached_property
    def withdrawn(self) -> bool:
        """Whether nothing that was announced counts any more: it was taken back, or outlived."""
        return bool(self.notices) and not self.standing and not self.upcoming

    @cached_property
    def standing(self) -> tuple[Notice, ...]:
        """The notices that still count: a newer one tells that the instance outlived a deadline.

        So does a real notice after a drill on the same instance, and a state in which the instance
        lives. What follows from an end does not: that it shuts down, that its group lets it go.
        A hook tells that only of an earlier one, for the instance went to a warm pool and back; and
        of a deadline long past, for its group keeps no instance that is gone.
        """
        valid = self.valid
        newest = max((n.time for n in valid if n.living or n.kind not in _FOLLOWS), default=0.0)
        hooks = tuple(n.time for n in valid if n.kind is Kind.LIFECYCLE_TERMINATION)
        ends = (n for n in valid if not n.living and n.id not in self.asleep)
        return tuple(n for n in ends if _counts(n, newest, hooks))

    @cached_property
    def upcoming(self) -> tuple[Notice, ...]:
        """The scheduled changes whose time to act has not come."""
        return tuple(n for n in self.valid if n.id in self.ahead)

    @property
    def dormant(self) -> bool:
        """Whether there is nothing to do but to wait for a scheduled change."""
        return bool(self.upcoming) and not self.standing

    @cached_property
    def deadline(self) -> Instant | None:
        """When the instance goes: the earliest announced moment; None while nothing is announced."""
        told = self.standing or self.upcoming
        return min((n.deadline for n in told if n.deadline is not None), default=None)

    @cached_property
    def kind(self) -> Kind:
        """The gravest kind among the notices: an interruption upgrades a rebalance in place.

        Where none of them stands any more, it is the gravest that was.
        """
        ends = tuple(n for n in self.notices if not n.living)
        kinds = (n.kind for n in self.standing or self.upcoming or ends)
        return min(kinds, key=lambda kind: kind.gravity, default=Kind.REBALANCE)

    @property
    def noticed_at(self) -> Instant:
        """The time of the newest notice that counts: one that is taken back makes none newer."""
        told = self.standing or self.upcoming or self.notices
        return max((n.time for n in told), default=0.0)

    @property
    def over(self) -> bool:
        """Whether it has ended and every notice that came was known at that end.

        Counted, not compared by time: a notice may come after the end and have been sent before it.
        """
        return self.phase.over and len(self.notices) <= self.observed_notices

    def reopened(self) -> Interruption:
        """Begin again after an end: what a new notice finds has no history yet."""
        return replace(
            self,
            phase=Phase.PENDING,
            started_at=None,
            finished_at=None,
            judged=False,
            conditions=(),
            timeline=(),
        )

    def knows(self, notice: Notice) -> bool:
        """Tell whether this very event was recorded before."""
        return any(n.id == notice.id for n in self.notices)


def _counts(notice: Notice, newest: Instant, hooks: Iterable[Instant]) -> bool:
    """Tell whether a notice stands though the instance lived at `newest`, and waited in `hooks`."""
    if notice.deadline is None:
        return True
    follows = 0.0 if notice.kind is Kind.LIFECYCLE_TERMINATION else FOLLOWS_SECONDS
    late = (time for time in hooks if time > notice.deadline + follows)
    alive = max((newest, *late))
    return notice.deadline > alive or notice.time >= alive


def is_older(version: str, other: str) -> bool:
    """Compare two resourceVersions of one object; they are growing numbers (KEP-5504)."""
    return version.isdecimal() and other.isdecimal() and int(version) < int(other)
