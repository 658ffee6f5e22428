"""Which notices of a record ask for something at a moment."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.interruption import Phase
from controller.domain.notice import Kind
from tests.builders import (
    T0,
    interruption,
    rebalance_notice,
    scheduled_notice,
    spot_notice,
    state_notice,
)

DAY, LEAD, EXPIRY = 86_400.0, 1800.0, 7200.0


def test_a_scheduled_change_sleeps_until_its_lead_time() -> None:
    record = interruption(scheduled_notice(T0 + DAY, T0))
    asleep = record.seen(T0 + DAY - LEAD - 1, LEAD, EXPIRY)
    assert (asleep.dormant, asleep.standing) == (True, ())
    assert (asleep.kind, asleep.deadline) == (Kind.SCHEDULED_CHANGE, T0 + DAY)

    awake = record.seen(T0 + DAY - LEAD, LEAD, EXPIRY)
    assert not awake.dormant
    assert awake.deadline == T0 + DAY


def test_beside_a_change_days_ahead_a_recommendation_counts_until_it_expires() -> None:
    record = interruption(scheduled_notice(T0 + DAY, T0), rebalance_notice())
    seen = record.seen(T0 + EXPIRY - 1, LEAD, EXPIRY)
    assert (seen.kind, seen.deadline, seen.dormant) == (Kind.REBALANCE, None, False)
    assert record.seen(T0 + EXPIRY, LEAD, EXPIRY).dormant


def test_a_record_of_which_everything_was_taken_back_keeps_its_kind() -> None:
    record = interruption(
        scheduled_notice(T0 + DAY, T0), scheduled_notice(None, T0 + 1, withdrawn=True)
    )
    assert (record.withdrawn, record.kind) == (True, Kind.SCHEDULED_CHANGE)


def test_a_deadline_that_was_outlived_does_not_hurry_what_is_announced_later() -> None:
    """Else the pods of an instance that was stopped and runs again would be cut to one second."""
    ends = replace(state_notice(time=T0 + 5000), deadline=T0 + 5010)
    record = interruption(spot_notice(), ends)
    seen = record.seen(T0 + 5000, LEAD, EXPIRY)
    assert (seen.kind, seen.deadline) == (Kind.STATE_CHANGE, T0 + 5010)
    # Not yet outlived: EC2's times are approximate.
    assert record.seen(T0 + 720, LEAD, EXPIRY).deadline == T0 + 120
    # Beside a change that was announced before it.
    planned = interruption(scheduled_notice(T0 + 5000, T0 - 1), spot_notice())
    seen = planned.seen(T0 + 4000, LEAD, EXPIRY)
    assert (seen.kind, seen.deadline) == (Kind.SCHEDULED_CHANGE, T0 + 5000)


def test_a_deadline_that_was_outlived_is_told_where_there_is_nothing_else_to_tell() -> None:
    """A notice that is found long after it: how it ended is written all the same."""
    for record in (interruption(), interruption(rebalance_notice(T0 - 60), spot_notice())):
        seen = record.seen(T0 + 5000, LEAD, EXPIRY)
        assert (seen.kind, seen.deadline) == (Kind.SPOT_INTERRUPTION, T0 + 120)


def test_taking_a_change_back_does_not_bring_back_a_deadline_that_was_outlived() -> None:
    announced, taken_back = (
        scheduled_notice(T0 + DAY, T0 + 5000),
        scheduled_notice(None, T0 + 6000, withdrawn=True),
    )
    seen = interruption(spot_notice(), announced, taken_back).seen(T0 + 6000, LEAD, EXPIRY)
    assert (seen.withdrawn, seen.deadline) == (True, None)


def test_taking_a_change_back_makes_no_recommendation_newer() -> None:
    announced, taken_back = (
        scheduled_notice(T0 + DAY, T0 + 10),
        scheduled_notice(None, T0 + 5000, withdrawn=True),
    )
    record = interruption(rebalance_notice(), announced, taken_back).seen(T0 + 5000, LEAD, EXPIRY)
    assert (record.kind, record.noticed_at) == (Kind.REBALANCE, T0)


def test_what_ended_before_its_scheduled_change_resumes_for_it() -> None:
    """Somebody opened the node after a recommendation: the change is to come all the same."""
    change = scheduled_notice(T0 + DAY, T0)
    ended = interruption(
        rebalance_notice(), change, phase=Phase.CANCELLED, finished_at=T0 + 60, observed_notices=2
    )
    assert ended.over
    begins, later = T0 + DAY - LEAD, T0 + 90
    assert ended.resumes_at(later, LEAD) == begins
    # Its time came while nobody looked, but not yet the change.
    assert ended.resumes_at(begins + 60, LEAD) == begins
    assert ended.resumes_at(T0 + DAY, LEAD) is None
    assert replace(ended, finished_at=begins + 1).resumes_at(later, LEAD) is None
    assert replace(ended, finished_at=None).resumes_at(later, LEAD) is None
    assert interruption(finished_at=T0 + 122).resumes_at(later, LEAD) is None
    taken_back = scheduled_notice(None, T0 + 10, withdrawn=True)
    assert replace(ended, notices=(*ended.notices, taken_back)).resumes_at(later, LEAD) is None


def test_a_drain_that_is_put_off_begins_anew_in_its_time() -> None:
    """Else its bands would count from the first beginning, days ago: all pods at once."""
    record = interruption(
        scheduled_notice(T0 + LEAD, T0), scheduled_notice(T0 + DAY, T0 + 9), started_at=T0
    )
    assert record.seen(T0 + 10, LEAD, EXPIRY).started_at is None
    assert record.seen(T0 + DAY - LEAD, LEAD, EXPIRY).started_at == T0
