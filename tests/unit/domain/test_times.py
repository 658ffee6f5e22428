"""Instants and the texts of AWS and Kubernetes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.times import format_clock, format_micro, format_rfc3339, parse_rfc3339

NEW_YEAR_2026 = 1_767_225_600.0


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-01T00:00:00Z", NEW_YEAR_2026),
        ("2026-01-01T00:00:00", NEW_YEAR_2026),
        ("2026-01-01T00:00:00.250Z", NEW_YEAR_2026 + 0.25),
        ("2026-01-01T00:00:00.000001Z", NEW_YEAR_2026 + 0.000001),
        ("2026-01-01T01:30:00+01:30", NEW_YEAR_2026),
        ("2025-12-31T19:00:00-05:00", NEW_YEAR_2026),
    ],
)
def test_reads_whole_seconds_fractions_and_offsets(text: str, instant: float) -> None:
    assert parse_rfc3339(text) == pytest.approx(instant, abs=1e-6)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1767225600,
        "",
        "2026-01-01",
        "soon, but not yet at all",
        "2026-13-01T00:00:00Z",
        "2026-01-01T00:00:00Z" + "0" * 40,
    ],
)
def test_anything_else_is_no_time(value: object) -> None:
    assert parse_rfc3339(value) is None


def test_writes_times_as_kubernetes_does() -> None:
    instant = NEW_YEAR_2026 + 3725.75
    assert format_rfc3339(instant) == "2026-01-01T01:02:05Z"
    assert format_micro(instant) == "2026-01-01T01:02:05.750000Z"
    assert format_clock(instant) == "01:02:05Z"


@given(st.integers(0, 4_000_000_000))
def test_whole_seconds_read_back(seconds: int) -> None:
    assert parse_rfc3339(format_rfc3339(seconds)) == seconds


@given(st.floats(0, 4_000_000_000))
def test_micro_times_read_back_to_the_microsecond(instant: float) -> None:
    assert parse_rfc3339(format_micro(instant)) == pytest.approx(instant, abs=2e-6)
