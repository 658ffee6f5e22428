"""Priorities in ascending bands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.policy import Band, DrainPolicy
from controller.drain.bands import MAX_USER_BANDS, Bands, bands_of
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
    assert bands_of(priorities, DrainPolicy()).of == bands


def test_bands_start_a_stagger_apart_and_the_critical_one_waits_for_the_lower_ones() -> None:
    found = bands_of([-10, 0, 1000, CRITICAL], DrainPolicy(band_stagger=7.0))
    assert list(found.after[:3]) == [0.0, 7.0, 14.0]
    assert found.critical == 3


def test_without_critical_pods_no_band_waits() -> None:
    assert bands_of([0, 5], DrainPolicy()).critical is None


def test_without_order_everything_is_one_band() -> None:
    assert bands_of([5, CRITICAL, -3], DrainPolicy(ordered=False)) == Bands(
        {-3: 0, 5: 0, CRITICAL: 0}
    )


TABLE = (Band(0, 3.0), Band(1000, 20.0), Band(100_000, 45.0))


def test_a_table_takes_the_place_of_the_bands_that_follow_from_the_pods() -> None:
    """A pod belongs to the last entry that it reaches, pods below the first to that one."""
    found = bands_of([-10, 0, 999, 1000, 5000, 100_000, CRITICAL], DrainPolicy(bands=TABLE))
    assert found.of == {-10: 0, 0: 0, 999: 0, 1000: 1, 5000: 1, 100_000: 2, CRITICAL: 3}
    assert list(found.after[:3]) == [3.0, 20.0, 45.0]
    assert found.critical == 3


def test_a_table_that_names_a_critical_band_decides_about_critical_pods_too() -> None:
    table = (*TABLE, Band(CRITICAL + 1000, 60.0))
    found = bands_of([0, CRITICAL, CRITICAL + 1000], DrainPolicy(bands=table))
    assert found == Bands({0: 0, CRITICAL: 2, CRITICAL + 1000: 3}, (3.0, 20.0, 45.0, 60.0))


def test_a_table_out_of_order_starts_no_higher_band_before_a_lower_one() -> None:
    """The API server refuses it; one that was stored before its checks existed still orders."""
    table = (Band(1000, 5.0), Band(0, 30.0))
    found = bands_of([0, 1000], DrainPolicy(bands=table))
    assert found == Bands({0: 0, 1000: 1}, (30.0, 30.0))


TABLES = st.sampled_from([(), TABLE, (Band(7, 0.0),), (*TABLE, Band(CRITICAL, 60.0))])


@given(PRIORITIES, TABLES)
def test_a_higher_priority_is_never_in_a_lower_band_nor_starts_before_it(
    priorities: list[int], table: tuple[Band, ...]
) -> None:
    bands = bands_of(priorities, DrainPolicy(bands=table))
    ascending = [bands.of[priority] for priority in sorted(bands.of)]
    assert ascending == sorted(ascending)
    assert set(bands.of) == set(priorities)
    starts = [bands.after[band] for band in ascending if band != bands.critical]
    assert starts == sorted(starts)


@given(PRIORITIES)
def test_bands_are_numbered_without_gaps_and_critical_pods_share_none(
    priorities: list[int],
) -> None:
    bands = bands_of(priorities, DrainPolicy()).of
    user = {band for priority, band in bands.items() if priority < CRITICAL}
    critical = {band for priority, band in bands.items() if priority >= CRITICAL}
    assert len(user) <= MAX_USER_BANDS
    assert len(critical) <= 1
    assert not user & critical
    assert sorted(user | critical) == list(range(len(user | critical)))
