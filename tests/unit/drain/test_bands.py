"""Priorities in ascending bands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.drain.bands import MAX_USER_BANDS, bands_of
from tests.builders import CRITICAL

PRIORITIES = st.lists(
    st.integers(-2_147_483_648, 1_000_000_000) | st.integers(CRITICAL, CRITICAL + 1000)
)


@pytest.mark.parametrize(
    ("priorities", "bands"),
    [
        ([], {}),
        ([0, 0, 0], {0: 0}),
        ([1000, -10, 0], {-10: 0, 0: 1, 1000: 2}),
        ([0, CRITICAL], {0: 0, CRITICAL: 1}),
        ([CRITICAL], {CRITICAL: 0}),
        # Both system classes are one band.
        ([0, CRITICAL, CRITICAL + 1000], {0: 0, CRITICAL: 1, CRITICAL + 1000: 1}),
        # Five user priorities in four bands: 0*4//5, 1*4//5, 2*4//5, 3*4//5, 4*4//5.
        ([1, 2, 3, 4, 5], {1: 0, 2: 0, 3: 1, 4: 2, 5: 3}),
        # Eight in four: pairs; the critical band comes on top.
        (
            [1, 2, 3, 4, 5, 6, 7, 8, CRITICAL],
            {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 2, 7: 3, 8: 3, CRITICAL: 4},
        ),
    ],
)
def test_distinct_priorities_are_merged_into_at_most_four_bands_and_the_critical_one(
    priorities: list[int], bands: dict[int, int]
) -> None:
    assert bands_of(priorities) == bands


def test_without_order_everything_is_one_band() -> None:
    assert bands_of([5, CRITICAL, -3], ordered=False) == {-3: 0, 5: 0, CRITICAL: 0}


@given(PRIORITIES)
def test_a_higher_priority_is_never_in_a_lower_band(priorities: list[int]) -> None:
    bands = bands_of(priorities)
    ascending = [bands[priority] for priority in sorted(bands)]
    assert ascending == sorted(ascending)
    assert set(bands) == set(priorities)


@given(PRIORITIES)
def test_bands_are_numbered_without_gaps_and_critical_pods_share_none(
    priorities: list[int],
) -> None:
    bands = bands_of(priorities)
    user = {band for priority, band in bands.items() if priority < CRITICAL}
    critical = {band for priority, band in bands.items() if priority >= CRITICAL}
    assert len(user) <= MAX_USER_BANDS
    assert len(critical) <= 1
    assert not user & critical
    assert sorted(user | critical) == list(range(len(user | critical)))
