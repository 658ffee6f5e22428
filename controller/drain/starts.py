"""When each band may start: order the starts, never wait for the ends to anybody's harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.drain.treatment import ASKED, UNCOUNTED, PodClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.drain.attempt import Attempt
    from controller.drain.bands import Bands
    from controller.drain.coverage import Coverage
    from controller.drain.treatment import Classified
    from controller.drain.window import Window

NEVER = float("inf")

LANE_LEAD = 1.0
"""Seconds before its last safe moment at which a guarded pod's budget is asked for room."""


@dataclass(frozen=True, slots=True)
class Member:
    """What is known of one pod before its turn is worked out.

    `lane_blocked`: its budget refused the last eviction asked of it, whichever pod that was for.
    """

    pod: PodFacts
    treated: Classified
    band: int
    coverage: Coverage
    attempt: Attempt
    last_safe: Instant | None
    lane_blocked: bool = False

    @property
    def latest(self) -> Instant | None:
        """The last moment for its own turn: a budget is asked a second before it is overridden."""
        if self.last_safe is None or self.coverage.lane is None:
            return self.last_safe
        return self.last_safe - LANE_LEAD

    @property
    def settled(self) -> bool:
        """Whether its eviction was accepted, or refused and will be tried again."""
        refused = self.attempt.refused is not None or self.coverage.stuck is not None
        return self.attempt.accepted or refused or self.lane_blocked

    @property
    def unasked(self) -> bool:
        """Whether a higher band lets this pod be asked first."""
        return self.treated.pod_class is PodClass.NORMAL and not self.settled

    @property
    def served(self) -> bool:
        """Whether it is still there and may lean on a system-critical pod (DNS, storage, network)."""
        return self.treated.pod_class not in UNCOUNTED and self.treated.pod_class.rank == 0

    @property
    def in_bands(self) -> bool:
        """Whether it still waits for its call, and the start of its band depends on it."""
        return self.treated.pod_class in ASKED and self.treated.pod_class.rank == 0


def starts_of(
    members: Sequence[Member], bands: Bands, window: Window, now: Instant
) -> Mapping[int, Instant]:
    """Compute the start of every band; a higher band never starts before a lower one.

    A band starts when every pod of the lower ones was accepted or refused, at the latest when the
    policy says. The system-critical band starts when all lower pods are gone. No band starts later
    than the last safe moment of any pod in it or above it: so order costs no pod its grace, and one
    unsatisfiable budget starves nobody.
    """
    starts: dict[int, Instant] = {}
    for band in sorted({member.band for member in members}):
        lower = [m for m in members if m.band < band]
        critical = band == bands.critical
        turn = window.started + bands.after[band]
        # What comes first: all that it waits for is done, or its time has come.
        if any(m.served if critical else m.unasked for m in lower):
            wish = NEVER if critical else turn
        else:
            wish = min(now, turn)
        starts[band] = min(wish, _latest(m for m in members if m.band >= band))
    return starts


def start_of(
    member: Member, starts: Mapping[int, Instant], ranks: frozenset[int], now: Instant
) -> Instant:
    """Compute when one pod starts: with its band, or when all pods of lower ranks are gone.

    `ranks` are those of all pods that the drain waits for.
    """
    rank = member.treated.pod_class.rank
    if rank == 0:
        return starts[member.band]
    return NEVER if min(ranks) < rank else now


def _latest(members: Iterable[Member]) -> Instant:
    """Compute the first of the last safe moments of pods that still wait for their call."""
    safe = (m.latest for m in members if m.in_bands)
    return min((instant for instant in safe if instant is not None), default=NEVER)
