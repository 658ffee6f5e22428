"""Durations summed up, and how they are written."""

from __future__ import annotations

import pytest

from bench.figures import duration, percentile, ratio, spread


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00831, "8.31 ms"),
        (0.0142, "14.2 ms"),
        (0.1421, "142 ms"),
        (1.837, "1.84 s"),
        (18.37, "18.4 s"),
        (183.7, "184 s"),
    ],
)
def test_three_figures_of_a_duration_can_be_read(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]

    assert [percentile(values, p) for p in (1, 50, 95, 99, 100)] == [1, 50, 95, 99, 100]
    assert percentile([7.0], 1) == 7.0


def test_a_spread_takes_values_in_any_order() -> None:
    found = spread([3.0, 1.0, 2.0])

    assert (found.number, found.least, found.median, found.p95, found.most) == (3, 1, 2, 3, 3)
    assert found.sentence() == "median 2.00 s   p95 3.00 s   p99 3.00 s   most 3.00 s"


def test_without_values_there_is_nothing_to_sum_up() -> None:
    with pytest.raises(ValueError, match="nothing"):
        spread([])


def test_a_ratio_without_a_floor_is_left_out() -> None:
    assert (ratio(3.0, 2.0), ratio(3.0, 0.0)) == ("1.5 x", "-")
