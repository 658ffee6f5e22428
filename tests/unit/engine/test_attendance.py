"""Who is alive: by when we saw it renew, never by the times that it writes."""

from __future__ import annotations

import pytest

from controller.engine.attendance import (
    FORGET_SECONDS,
    HEARD_SECONDS,
    LAPSE_SECONDS,
    RENEW_SECONDS,
    Attendance,
)


def renewing(attendance: Attendance, *members: str, until: float, since: float = 0.0) -> None:
    """Have some members renew every two seconds."""
    now = since
    while now <= until:
        for member in members:
            attendance.seen(member, now)
        now += RENEW_SECONDS


def looking(attendance: Attendance, *, until: float, since: float = 0.0) -> None:
    """Ask twice a second whether another is heard."""
    while since <= until:
        attendance.heard(since)
        since += 0.5


@pytest.fixture
def attendance() -> Attendance:
    return Attendance("me")


def test_one_that_renews_is_alive(attendance: Attendance) -> None:
    renewing(attendance, "other", "me", until=100)

    assert attendance.alive(101.9) == {"other"}


def test_one_that_renews_no_longer_is_alive_until_its_lease_lapses(attendance: Attendance) -> None:
    attendance.seen("other", 0.0)
    renewing(attendance, "me", until=10)

    assert attendance.alive(LAPSE_SECONDS) == {"other"}
    assert attendance.alive(LAPSE_SECONDS + 0.1) == frozenset()


def test_one_that_takes_its_lease_away_is_gone_at_once(attendance: Attendance) -> None:
    renewing(attendance, "other", "me", until=10)
    attendance.left("other")
    attendance.left("stranger")

    assert attendance.alive(10.0) == frozenset()


def test_nobody_is_judged_while_our_own_renewals_do_not_come_through(
    attendance: Attendance,
) -> None:
    """The watch is silent then, not the others."""
    renewing(attendance, "other", "me", until=10)

    assert attendance.alive(1000.0) == {"other"}
    assert attendance.forgotten(1000.0) == frozenset()


def test_before_our_own_lease_is_there_nobody_is_judged(attendance: Attendance) -> None:
    attendance.seen("other", 0.0)

    assert attendance.alive(1000.0) == {"other"}


def test_after_a_gap_of_our_own_all_get_their_time_anew(attendance: Attendance) -> None:
    """As when the API server was away: the others come back a moment later than we do."""
    renewing(attendance, "other", "me", until=10)
    attendance.seen("me", 40.0)

    assert attendance.alive(40.0 + LAPSE_SECONDS) == {"other"}
    renewing(attendance, "me", since=42.0, until=50)
    assert attendance.alive(40.1 + LAPSE_SECONDS) == frozenset()


def test_one_that_is_long_dead_may_be_cleaned_up(attendance: Attendance) -> None:
    attendance.seen("other", 0.0)
    renewing(attendance, "me", until=FORGET_SECONDS + 10)

    assert attendance.forgotten(FORGET_SECONDS) == frozenset()
    assert attendance.forgotten(FORGET_SECONDS + 1) == {"other"}


def test_one_that_renews_is_heard(attendance: Attendance) -> None:
    looking(attendance, until=10)
    renewing(attendance, "other", until=10)

    assert attendance.heard(10 + HEARD_SECONDS)


def test_one_that_falls_silent_is_no_longer_heard_though_nobody_may_judge_it(
    attendance: Attendance,
) -> None:
    """As when the API server is slow for all: it may live, and we cannot renew either."""
    renewing(attendance, "other", "me", until=10)
    looking(attendance, until=100)

    assert not attendance.heard(100.5)
    assert attendance.alive(100.5) == {"other"}


def test_who_was_paused_hears_the_others_for_a_moment(attendance: Attendance) -> None:
    """What they did meanwhile is yet to be read: to go on at once could be the second to do so."""
    renewing(attendance, "other", "me", until=10)
    looking(attendance, until=10)

    assert attendance.heard(30.0)
    looking(attendance, since=30.5, until=40)
    assert not attendance.heard(40.5)


def test_nobody_is_heard_where_there_is_nobody(attendance: Attendance) -> None:
    renewing(attendance, "me", until=10)

    assert not attendance.heard(10.0)


def test_we_are_none_of_the_others(attendance: Attendance) -> None:
    renewing(attendance, "me", until=10)

    assert attendance.others() == frozenset()
