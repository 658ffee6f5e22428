"""What grows with what: a straight line through measured points."""

from __future__ import annotations

from statistics import linear_regression
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

THOUSAND = 1000


class Line(NamedTuple):
    """The figure at zero, and what each thousand adds."""

    at_zero: float
    a_thousand: float

    def at(self, number: float) -> float:
        """Read the line at a number."""
        return self.at_zero + self.a_thousand * number / THOUSAND


def line_of(numbers: Sequence[float], figures: Sequence[float]) -> Line:
    """Lay a line through points by least squares; raises StatisticsError with less than two numbers."""
    slope, intercept = linear_regression(numbers, figures)
    return Line(intercept, slope * THOUSAND)
