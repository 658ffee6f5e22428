"""The record of one instance's end: what it says follows from its notices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.domain.interruption import Interruption, Phase, is_older
from controller.domain.interruption_object import interruption_from, manifest
from controller.domain.notice import ENDING_STATES, LIVING_STATES, Kind, Notice
from tests.builders import (
    INSTANCE,
    T0,
    hook_notice,
    interruption,
    rebalance_notice,
    scheduled_notice,
    spot_notice,
)

WRITTEN: dict[str, Any] = {
    "id": "spot-1000.0",
    "kind": "SpotInterruption",
    "time": "1970-01-01T00:16:40Z",
    "source": "eventbridge",
    "deadline": "1970-01-01T00:18:40Z",
    "instanceAction": "terminate",
}


def test_the_earliest_deadline_counts() -> None:
    record = interruption(spot_notice(T0 + 30), rebalance_notice(), spot_notice(T0))
    assert record.deadline == T0 + 120


def test_without_an_announcement_there_is_no_deadline() -> None:
    assert interruption(rebalance_notice()).deadline is None


def test_an_interruption_is_graver_than_a_recommendation() -> None:
    assert interruption(rebalance_notice(), spot_notice()).kind is Kind.SPOT_INTERRUPTION
    assert interruption(rebalance_notice()).kind is Kind.REBALANCE
    assert Interruption(INSTANCE, "node-1", "u", ()).kind is Kind.REBALANCE


def test_a_deadline_that_the_instance_outlived_no_longer_counts() -> None:
    """A drill at T0 must not make the real notice an hour later look too late."""
    real = spot_notice(T0 + 3600)
    assert interruption(spot_notice(T0), real).deadline == T0 + 3720
    later = interruption(spot_notice(T0), rebalance_notice(T0 + 3600))
    assert (later.kind, later.deadline) == (Kind.REBALANCE, None)


def test_a_hook_after_the_deadline_of_another_is_of_an_instance_that_came_back() -> None:
    """From a warm pool; beside each other both count."""
    back = hook_notice(T0 + 5000)
    assert interruption(hook_notice(T0), back).deadline == T0 + 5900
    assert interruption(hook_notice(T0), hook_notice(T0 + 5)).deadline == T0 + 900


@pytest.mark.parametrize(
    ("hook", "deadline"), [(0, 120), (720, 120), (721, 721 + 900), (5000, 5000 + 900)]
)
def test_a_hook_long_after_a_deadline_is_of_an_instance_that_outlived_it(
    hook: float, deadline: float
) -> None:
    """EC2 did not take it, or there was a drill: its node was opened and has pods again."""
    record = interruption(spot_notice(T0), hook_notice(T0 + hook))
    assert record.deadline == T0 + deadline


def test_a_notice_from_a_clock_far_ahead_counts_though_its_deadline_was_bounded() -> None:
    ahead = spot_notice(T0 + 500, deadline=T0 + 120)
    assert interruption(ahead).deadline == T0 + 120


def _notice(kind: Kind, time: float, **fields: Any) -> Notice:
    return Notice(f"{kind}-{time}", kind, INSTANCE, time, **fields)


def test_kinds_are_listed_by_gravity() -> None:
    assert [kind.gravity for kind in Kind] == [0, 1, 2, 3, 4, 5]
    everything = [_notice(kind, T0) for kind in reversed(Kind)]
    kinds = [interruption(*everything[: count + 1]).kind for count in range(len(Kind))]
    assert kinds == list(reversed(Kind))


def test_a_scheduled_change_waits_behind_an_interruption() -> None:
    record = interruption(scheduled_notice(T0 + 86_400, T0), spot_notice(T0 + 60))
    assert (record.kind, record.deadline) == (Kind.SPOT_INTERRUPTION, T0 + 180)


def test_of_one_subject_the_newest_word_counts() -> None:
    record = interruption(scheduled_notice(T0 + 9000, T0 + 10), scheduled_notice(T0 + 5000, T0))
    assert record.deadline == T0 + 9000
    assert not record.withdrawn


def test_what_was_withdrawn_no_longer_counts() -> None:
    announced = scheduled_notice(T0 + 5000, T0)
    withdrawn = scheduled_notice(None, T0 + 10, withdrawn=True)
    record = interruption(announced, withdrawn)
    assert (record.withdrawn, record.standing, record.deadline) == (True, (), None)
    # What else was announced stands as before.
    record = interruption(spot_notice(T0), announced, withdrawn)
    assert (record.withdrawn, record.standing) == (False, (spot_notice(T0),))
    # Announced again after it was withdrawn.
    again = scheduled_notice(T0 + 7000, T0 + 20)
    assert interruption(announced, withdrawn, again).standing == (again,)


def test_of_two_words_in_the_same_second_the_withdrawal_counts() -> None:
    notices = (scheduled_notice(None, T0, withdrawn=True), scheduled_notice(T0 + 5000, T0))
    assert interruption(*notices).withdrawn
    assert interruption(*reversed(notices)).withdrawn


def test_a_record_without_notices_has_nothing_withdrawn() -> None:
    assert not Interruption(INSTANCE, "node-1", "u", ()).withdrawn


@pytest.mark.parametrize("state", sorted(ENDING_STATES))
def test_what_an_instance_does_at_its_end_bears_out_the_announcement(state: str) -> None:
    ends = _notice(Kind.STATE_CHANGE, T0 + 125, deadline=T0 + 125, action=state)
    record = interruption(spot_notice(T0), ends)
    assert (record.kind, record.deadline) == (Kind.SPOT_INTERRUPTION, T0 + 120)
    early = _notice(Kind.STATE_CHANGE, T0 + 90, deadline=T0 + 90, action=state)
    assert interruption(spot_notice(T0), early).deadline == T0 + 90
    assert interruption(ends).kind is Kind.STATE_CHANGE


@pytest.mark.parametrize("state", sorted(LIVING_STATES))
def test_an_instance_that_came_back_outlived_what_was_announced(state: str) -> None:
    stops = _notice(Kind.STATE_CHANGE, T0 + 125, deadline=T0 + 125, action="stopping")
    back = _notice(Kind.STATE_CHANGE, T0 + 600, action=state)
    assert back.living
    assert not stops.living
    assert interruption(spot_notice(T0, action="stop"), stops, back).standing == ()


def test_a_hook_that_is_called_for_a_dead_instance_does_not_outlive_its_deadline() -> None:
    called = _notice(Kind.LIFECYCLE_TERMINATION, T0 + 130)
    record = interruption(spot_notice(T0), called)
    assert (record.kind, record.deadline) == (Kind.SPOT_INTERRUPTION, T0 + 120)


def test_the_newest_notice_tells_when_it_was_noticed() -> None:
    assert interruption(spot_notice(T0), rebalance_notice(T0 + 9)).noticed_at == T0 + 9
    assert Interruption(INSTANCE, "node-1", "u", ()).noticed_at == 0.0


def test_an_event_is_known_by_its_id() -> None:
    record = interruption(spot_notice(id="e1"))
    assert record.knows(spot_notice(T0 + 50, id="e1"))
    assert not record.knows(spot_notice(id="e2"))


@pytest.mark.parametrize(
    ("phase", "over"),
    [
        (Phase.PENDING, False),
        (Phase.FENCED, False),
        (Phase.DRAINING, False),
        (Phase.DRAINED, False),
        (Phase.FINISHED, True),
        (Phase.EXPIRED, True),
        (Phase.CANCELLED, True),
    ],
)
def test_only_the_last_three_phases_are_over(phase: Phase, over: bool) -> None:
    assert phase.over is over
    assert interruption(rebalance_notice(), phase=phase, observed_notices=1).over is over


def test_a_notice_that_its_end_did_not_know_opens_an_interruption_again() -> None:
    """Whatever its time: it may have been sent before that end and have come after it."""
    ended = interruption(rebalance_notice(), phase=Phase.EXPIRED, observed_notices=1)
    again = replace(ended, notices=(*ended.notices, spot_notice(T0 - 1)))
    assert ended.over
    assert not again.over


def test_a_notice_of_another_version_is_left_out() -> None:
    unknown = WRITTEN | {"kind": "Earthquake"}
    record = interruption_from({"spec": {"notices": [unknown, WRITTEN]}})
    assert [n.id for n in record.notices] == ["spot-1000.0"]


def test_a_record_is_read_from_the_api_server() -> None:
    read = interruption_from(
        {
            "metadata": {"name": INSTANCE, "uid": "u9", "resourceVersion": "7"},
            "spec": {
                "instanceID": INSTANCE,
                "nodeName": "node-1",
                "nodeUID": "uid-node-1",
                "ttlSecondsAfterFinished": 60,
                "notices": [WRITTEN],
            },
            "status": {
                "phase": "Finished",
                "startedAt": "1970-01-01T00:16:41Z",
                "finishedAt": "1970-01-01T00:18:42.500000Z",
                "policy": "batch",
                "conditions": [{"type": "Drained"}],
                "timeline": [{"pod": "shop/web", "uid": "u1"}],
            },
        }
    )
    assert read == interruption(
        spot_notice(action="terminate"),
        uid="u9",
        resource_version="7",
        ttl=60,
        phase=Phase.FINISHED,
        started_at=T0 + 1,
        finished_at=T0 + 122.5,
        policy="batch",
        conditions=({"type": "Drained"},),
        timeline=({"pod": "shop/web", "uid": "u1"},),
    )


def test_a_record_without_a_status_is_pending_and_lives_a_day() -> None:
    read = interruption_from({"status": {"phase": "Levitating"}})
    assert (read.phase, read.ttl, read.started_at, read.over) == (
        Phase.PENDING,
        86_400,
        None,
        False,
    )


def test_a_new_record_is_named_after_its_instance() -> None:
    body = manifest(spot_notice(action="terminate"), "node-1", "uid-node-1")
    assert body == {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "NodeInterruption",
        "metadata": {"name": INSTANCE},
        "spec": {
            "instanceID": INSTANCE,
            "nodeName": "node-1",
            "nodeUID": "uid-node-1",
            "notices": [WRITTEN],
        },
    }


def test_a_reopened_record_has_its_notices_and_no_history() -> None:
    ended = interruption(
        spot_notice(),
        phase=Phase.FINISHED,
        started_at=T0,
        finished_at=T0 + 122,
        conditions=({"type": "Drained"},),
        timeline=({"pod": "shop/cart", "uid": "1"},),
    )

    assert interruption(spot_notice()) == ended.reopened()


@pytest.mark.parametrize(
    ("version", "other", "older"),
    [("9", "10", True), ("10", "9", False), ("9", "9", False), ("", "9", False), ("9", "x", False)],
)
def test_versions_are_compared_as_numbers_where_they_are_numbers(
    version: str, other: str, older: bool
) -> None:
    assert is_older(version, other) is older


def test_a_look_that_finds_nothing_new_gives_the_same_record() -> None:
    """What was worked out of the notices is kept in it; a drain looks at every news."""
    record = interruption()

    seen = record.seen(T0, 600.0, 900.0)

    assert seen is record
