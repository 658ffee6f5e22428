"""Durations as Kubernetes writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("90s", 90.0),
        ("2m30s", 150.0),
        ("1.5h", 5400.0),
        ("1h0m0.5s", 3600.5),
        ("250ms", 0.25),
    ],
)
def test_reads_what_go_reads(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "value", ["", "true", "90", "-5s", "5 s", "s", "1d", "1h30", "5s\n", None, 7, ["90s"]]
)
def test_anything_else_is_no_duration(value: object) -> None:
    assert parse_duration(value) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (-3.0, "0s"),
        (45.4, "45s"),
        (59.6, "1m"),
        (60.0, "1m"),
        (125.0, "2m5s"),
        (3600.0, "1h"),
        (3659.0, "1h"),
        (12_000.0, "3h20m"),
    ],
)
def test_writes_durations_for_sentences(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 3599))
def test_below_an_hour_what_is_written_reads_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds
