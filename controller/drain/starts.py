"""When each band may start: order the starts, never wait for the ends to anybody's harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.drain.classify import PodClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.drain.coverage import Coverage
    from controller.drain.window import Window

NEVER = float("inf")

LANE_LEAD = 1.0
"""Seconds before its last safe moment at which a guarded pod's budget is asked for room."""

_SERVED = frozenset({PodClass.NORMAL, PodClass.PROTECTED, PodClass.KEPT, PodClass.STOPPING})


@dataclass(frozen=True, slots=True)
class Member:
    """What the start of the bands depends on, for one pod.

    `settled`: its eviction was accepted, or refused and will be tried again.
    """

    pod: PodFacts
    pod_class: PodClass
    band: int
    coverage: Coverage
    last_safe: Instant | None
    settled: bool

    @property
    def latest(self) -> Instant | None:
        """The last moment for its own turn: a budget is asked a second before it is overridden."""
        if self.last_safe is None or self.coverage.lane is None:
            return self.last_safe
        return self.last_safe - LANE_LEAD

    @property
    def unasked(self) -> bool:
        """Whether a higher band lets this pod be asked first."""
        return self.pod_class is PodClass.NORMAL and not self.settled

    @property
    def served(self) -> bool:
        """Whether it is still there and may lean on a system-critical pod (DNS, storage, network)."""
        return self.pod_class in _SERVED

    @property
    def to_be_asked(self) -> bool:
        """Whether it still waits for its own call."""
        return self.pod_class in {PodClass.NORMAL, PodClass.PROTECTED}


def starts_of(
    members: Sequence[Member], window: Window, stagger: float, now: Instant
) -> Mapping[int, Instant]:
    """Compute the start of every band; a higher band never starts before a lower one.

    A band starts when every pod of the lower ones was accepted or refused, at the latest
    `stagger` seconds a band after the drain began. The system-critical band starts when all lower
    pods are gone. No band starts later than the last safe moment of any pod in it or above it:
    so order costs no pod its grace, and one unsatisfiable budget starves nobody.
    """
    starts: dict[int, Instant] = {}
    earliest = window.started
    for band in sorted({member.band for member in members}):
        lower = [m for m in members if m.band < band]
        critical = any(m.band == band and m.pod.system_critical for m in members)
        turn = window.started + band * stagger
        if any(m.served if critical else m.unasked for m in lower):
            wish = NEVER if critical else turn
        else:
            wish = min(now, turn)
        earliest = max(earliest, wish)
        starts[band] = min(earliest, _latest(m for m in members if m.band >= band))
    return starts


def _latest(members: Iterable[Member]) -> Instant:
    """Compute the first of the last safe moments of pods that still wait for their call."""
    safe = (m.latest for m in members if m.to_be_asked)
    return min((instant for instant in safe if instant is not None), default=NEVER)
