"""How busy the machine is, by two readings of /proc/stat."""

from __future__ import annotations

import pytest

from bench.quiet import busy

BEFORE = "cpu  100 0 50 800 50 0 0 0 0 0"


@pytest.mark.parametrize(
    ("after", "share"),
    [
        ("cpu  100 0 50 900 50 0 0 0 0 0", 0.0),
        ("cpu  130 0 70 825 75 0 0 0 0 0", 0.5),
        ("cpu  160 10 70 800 50 5 5 0 0 0", 1.0),
    ],
)
def test_idle_and_waiting_for_a_disk_are_rest(after: str, share: float) -> None:
    assert busy(BEFORE, after) == pytest.approx(share)


def test_no_time_between_two_readings_is_no_division_by_zero() -> None:
    assert 0.0 <= busy(BEFORE, BEFORE) <= 1.0
