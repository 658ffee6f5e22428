"""Instants and the texts of AWS and Kubernetes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.times import (
    format_clock,
    format_micro,
    format_rfc3339,
    parse_rfc1123,
    parse_rfc3339,
)

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
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_anything_else_is_no_time(value: object) -> None:
    assert parse_rfc3339(value) is None


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 01 Jan 2026 00:00:00 GMT",
        "Thu, 1 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 01:30:00 +0130",
        "Mon, 01 Jan 2026 00:00:00 GMT",  # the name of the day is not believed
    ],
)
def test_reads_the_times_of_aws_health(text: str) -> None:
    assert parse_rfc1123(text) == NEW_YEAR_2026


@pytest.mark.parametrize(
    "value",
    [
        None,
        1767225600,
        "",
        "GMT",
        "Thu, 01 Jan 2026 00:00:00",
        "Thu, 31 Feb 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 25:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +1400",
        "Thu, 01 Jan 2026 00:00:00 GMT" + " " * 40,
    ],
)
def test_anything_else_is_no_time_of_aws_health(value: object) -> None:
    assert parse_rfc1123(value) is None


@given(st.text())
def test_what_is_read_can_be_written(text: str) -> None:
    for instant in (parse_rfc3339(text), parse_rfc1123(text)):
        assert instant is None or format_rfc3339(instant)


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
