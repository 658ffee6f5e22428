"""Many times of the same thing, as the few numbers that people compare."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Spread(NamedTuple):
    """How a number of durations (seconds) lie."""

    number: int
    least: float
    median: float
    p95: float
    p99: float
    most: float

    def sentence(self) -> str:
        """Say them in one line."""
        parts = ("median", self.median), ("p95", self.p95), ("p99", self.p99), ("most", self.most)
        return "   ".join(f"{name} {duration(value)}" for name, value in parts)


def spread(values: Sequence[float]) -> Spread:
    """Sum durations up; raises ValueError without any."""
    if not values:
        raise ValueError("there is nothing to sum up")
    return Spread(
        number=len(values),
        least=min(values),
        median=median(values),
        p95=percentile(values, 95),
        p99=percentile(values, 99),
        most=max(values),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: a value that was measured, never one in between."""
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


def duration(seconds: float) -> str:
    """Write a duration so that three figures of it can be read: `8.31 ms`, `142 ms`, `1.84 s`."""
    value, unit = (seconds, "s") if abs(seconds) >= 1 else (seconds * 1000, "ms")
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004 - powers of ten
    return f"{value:.{digits}f} {unit}"


def ratio(ours: float, floor: float) -> str:
    """Say how many times the floor something took."""
    return f"{ours / floor:.1f} x" if floor > 0 else "-"


def megabytes(number: float) -> str:
    """Write an amount of bytes in millions."""
    return f"{number / 1_000_000:.0f} MB"
