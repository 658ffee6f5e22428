"""How many calls the API server is asked to carry at once: a law, with time as a value.

Additive increase, multiplicative decrease, as TCP's (RFC 5681): a server that pushes back is asked
half as much, then ever more again, quickly up to where it was well and slowly beyond.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.times import Instant

LONGEST_PAUSE = 3.0
"""Seconds: a longer one would spend a window of 120 s."""

FIRST_PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class Limit:
    """The law's state between two answers.

    `size` is how many calls may be in flight, between `least` and `most`; up to `well` it grows by
    one an answer, above by one a round of answers. Nothing is sent before `not_before`. `cut_at` is
    when the size was last halved, `failures` how often in a row.
    """

    most: int
    least: int = 4
    size: float = 0.0
    well: float = 0.0
    cut_at: Instant = float("-inf")
    failures: int = 0
    not_before: Instant = 0.0

    @classmethod
    def wide(cls, most: int, least: int = 4) -> Limit:
        """Start with all that may be asked for: notices come out of a calm."""
        return cls(most, least, float(most), float(most))

    def answered(self) -> Limit:
        """Take note of an answer, whatever it said about the pod."""
        more = 1.0 if self.size < self.well else 1.0 / self.size
        return replace(self, size=min(self.size + more, float(self.most)), failures=0)

    def pushed_back(
        self, asked: Instant, now: Instant, pause: float = 0.0, in_flight: int = 0
    ) -> Limit:
        """Take note that the server shed a call of `asked`, broke it off, or did not answer.

        `pause` in seconds is what the server wants of everybody, 0 where it said nothing. What was
        `in_flight` was too much for it, however much more might have been; 0 where that is unknown.
        """
        not_before = max(self.not_before, now + min(pause, LONGEST_PAUSE))
        # It was on its way when we slowed down, and tells nothing new.
        if asked < self.cut_at:
            return replace(self, not_before=not_before)
        failures = self.failures + 1
        half = max(float(self.least), min(self.size, in_flight or self.size) / 2)
        # One round that failed may be a hiccup; a row of them is an outage.
        if failures > 1:
            doubled = min(FIRST_PAUSE * 2.0 ** (failures - 1), LONGEST_PAUSE)
            not_before = max(not_before, now + doubled)
        return replace(
            self, size=half, well=half, cut_at=now, failures=failures, not_before=not_before
        )
