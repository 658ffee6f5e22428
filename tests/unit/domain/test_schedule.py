"""Schedules of voluntary drains: when they are open, in which time zone, and what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.policy import Opening
from controller.domain.schedule import is_open, next_time, opens_at, trouble_with
from controller.domain.times import parse_rfc3339

HOUR = 3600.0
NIGHTS = Opening("0 22 * * *", 8 * HOUR)
BERLIN = Opening("0 22 * * mon-fri", 8 * HOUR, "Europe/Berlin")


def at(text: str) -> float:
    found = parse_rfc3339(text)
    assert found is not None
    return found


def test_without_a_schedule_it_is_always_open() -> None:
    assert is_open((), at("2026-01-05T12:00:00Z"))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-01-05T21:59:59Z", False),
        ("2026-01-05T22:00:00Z", True),
        ("2026-01-06T05:59:59Z", True),
        ("2026-01-06T06:00:00Z", False),
    ],
)
def test_it_is_open_from_its_time_on_for_its_duration(moment: str, expected: bool) -> None:
    assert is_open([NIGHTS], at(moment)) is expected


def test_one_open_schedule_of_several_is_enough() -> None:
    noon = Opening("0 12 * * *", HOUR)
    assert is_open([noon, NIGHTS], at("2026-01-05T12:30:00Z"))
    assert not is_open([noon, NIGHTS], at("2026-01-05T13:30:00Z"))
    assert opens_at([noon, NIGHTS], at("2026-01-05T13:30:00Z")) == at("2026-01-05T22:00:00Z")


def test_the_fields_are_read_in_the_schedules_time_zone() -> None:
    winter, summer = at("2026-01-05T12:00:00Z"), at("2026-07-06T12:00:00Z")
    assert next_time(BERLIN, winter) == at("2026-01-05T21:00:00Z")
    assert next_time(BERLIN, summer) == at("2026-07-06T20:00:00Z")


def test_the_night_of_friday_reaches_into_saturday_and_no_further() -> None:
    assert is_open([BERLIN], at("2026-01-10T04:00:00Z"))
    assert not is_open([BERLIN], at("2026-01-10T22:30:00Z"))


def test_a_time_that_the_clock_change_skips_comes_right_after_it() -> None:
    # In Berlin 02:30 does not exist on 29 March 2026: the clock goes from 02:00 to 03:00.
    skipped = Opening("30 2 * * *", HOUR, "Europe/Berlin")
    assert next_time(skipped, at("2026-03-29T00:00:00Z")) == at("2026-03-29T01:00:00Z")


def test_a_time_that_the_clock_change_repeats_comes_once() -> None:
    # 02:30 comes twice on 25 October 2026, at 00:30Z and 01:30Z.
    repeated = Opening("30 2 * * *", HOUR, "Europe/Berlin")
    first = next_time(repeated, at("2026-10-24T12:00:00Z"))
    assert first == at("2026-10-25T00:30:00Z")
    assert next_time(repeated, first) == at("2026-10-26T01:30:00Z")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("@hourly", "2026-01-05T13:00:00Z"),
        ("@daily", "2026-01-06T00:00:00Z"),
        ("@midnight", "2026-01-06T00:00:00Z"),
        ("@weekly", "2026-01-11T00:00:00Z"),
        ("@monthly", "2026-02-01T00:00:00Z"),
        ("@yearly", "2027-01-01T00:00:00Z"),
        ("@annually", "2027-01-01T00:00:00Z"),
    ],
)
def test_the_names_of_a_cronjob_are_known(name: str, expected: str) -> None:
    assert trouble_with(Opening(name, HOUR)) == ""
    assert next_time(Opening(name, HOUR), at("2026-01-05T12:30:00Z")) == at(expected)


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("0 25 * * *", "Bad hour"),
        ("0 22 * * mon-xyz", "Bad day-of-week"),
        ("0 0 31 2 *", "Bad day-of-month"),
        ("@reboot", "five fields"),
        ("0 0 22 * * *", "five fields"),
        ("", "five fields"),
    ],
)
def test_a_cron_text_that_cannot_be_used_gets_a_sentence(cron: str, says: str) -> None:
    found = trouble_with(Opening(cron, HOUR))
    assert repr(cron) in found
    assert says in found


@pytest.mark.parametrize("zone", ["Europe/Berlln", "", "../etc/passwd", "Europe", "a\0b"])
def test_a_time_zone_that_nobody_knows_gets_a_sentence(zone: str) -> None:
    assert repr(zone) in trouble_with(Opening("@daily", HOUR, zone))


fields = st.tuples(
    st.sampled_from(["*", "0", "*/15", "7,30"]),
    st.sampled_from(["*", "0", "22", "9-17"]),
    st.sampled_from(["*", "1", "15", "31"]),
    st.sampled_from(["*", "1", "2-6"]),
    st.sampled_from(["*", "mon-fri", "sun"]),
).map(" ".join)

openings = st.builds(
    Opening,
    fields,
    st.sampled_from([60.0, HOUR, 8 * HOUR]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
).filter(lambda opening: trouble_with(opening) == "")

moments = st.floats(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))


@given(openings, moments)
def test_it_is_open_whenever_it_says_that_it_opens(opening: Opening, now: float) -> None:
    opens = opens_at([opening], now)
    assert opens > now
    assert is_open([opening], opens)
    assert is_open([opening], opens + opening.duration - 1)


@given(openings, moments)
def test_a_closed_schedule_stays_closed_until_it_opens(opening: Opening, now: float) -> None:
    if not is_open([opening], now):
        assert not is_open([opening], opens_at([opening], now) - 1)
