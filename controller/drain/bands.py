"""Priorities in ascending bands: who is asked to leave before whom."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from controller.domain.pod import SYSTEM_CRITICAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.domain.policy import Band, DrainPolicy

MAX_USER_BANDS = 4
"""More bands would spend more of the 120 s on order than order is worth."""


@dataclass(frozen=True, slots=True)
class Bands:
    """The bands of one node, numbered from 0.

    `of` is the band of each priority. `after` is how many seconds after the drain began each band
    starts at the latest. `critical` is the band that waits until all lower pods are gone, None
    where no band does.
    """

    of: Mapping[int, int] = field(default_factory=dict)
    after: Sequence[float] = (0.0,)
    critical: int | None = None


def bands_of(priorities: Iterable[int], policy: DrainPolicy) -> Bands:
    """Sort distinct priorities into bands.

    By the policy's table where it has one; else into at most four bands, neighbours merged evenly,
    that start a stagger apart. System-critical pods (>= 2,000,000,000) are a band of their own,
    unless the table names one there. Unordered, everybody is in band 0.
    """
    distinct = sorted(set(priorities))
    if not policy.ordered:
        return Bands(dict.fromkeys(distinct, 0))
    if policy.bands and max(band.min_priority for band in policy.bands) >= SYSTEM_CRITICAL:
        return _by_table(distinct, policy.bands)
    user = [p for p in distinct if p < SYSTEM_CRITICAL]
    bands = _by_table(user, policy.bands) if policy.bands else _merged(user, policy.band_stagger)
    critical = [p for p in distinct if p >= SYSTEM_CRITICAL]
    if not critical:
        return bands if user else Bands()
    last = len(bands.after)
    return Bands({**bands.of, **dict.fromkeys(critical, last)}, (*bands.after, 0.0), last)


def _merged(user: Sequence[int], stagger: float) -> Bands:
    count = min(len(user), MAX_USER_BANDS)
    assigned = {p: rank * count // len(user) for rank, p in enumerate(user)}
    return Bands(assigned, tuple(band * stagger for band in range(count)))


def _by_table(priorities: Iterable[int], table: Iterable[Band]) -> Bands:
    """Sort priorities into the entries of a table; the lowest also takes what is below it.

    A table that was stored before its checks existed may let a higher band start first: it then
    starts with the lower one.
    """
    rising = sorted(table, key=lambda band: band.min_priority)
    floors = [band.min_priority for band in rising]
    after = tuple(accumulate((band.start_after for band in rising), max))
    return Bands({p: max(0, bisect_right(floors, p) - 1) for p in priorities}, after)
