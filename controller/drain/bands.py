"""Priorities in ascending bands: who is asked to leave before whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.pod import SYSTEM_CRITICAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_USER_BANDS = 4
"""More bands would spend more of the 120 s on order than order is worth."""


def bands_of(priorities: Iterable[int], *, ordered: bool = True) -> Mapping[int, int]:
    """Assign each distinct priority its band, 0 first.

    At most four bands of user priorities, neighbours merged evenly, then one for system-critical
    pods (>= 2,000,000,000). Without `ordered` everything is band 0.
    """
    distinct = sorted(set(priorities))
    if not ordered:
        return dict.fromkeys(distinct, 0)
    user = [p for p in distinct if p < SYSTEM_CRITICAL]
    count = min(len(user), MAX_USER_BANDS)
    assigned = {p: rank * count // len(user) for rank, p in enumerate(user)}
    return assigned | {p: count for p in distinct if p >= SYSTEM_CRITICAL}
