"""Where an interruption stands, and when the clock alone changes that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.interruption import Phase
from controller.domain.policy import Action
from controller.drain.life import Facts, Stand, next_change, opens, stand_of
from tests.builders import (
    T0,
    hook_notice,
    interruption,
    rebalance_notice,
    scheduled_notice,
    spot_notice,
)

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption

SPOT, REBALANCE = interruption(spot_notice()), interruption(rebalance_notice())
HOURS = 7200.0


def facts(**fields: Any) -> Facts:
    given: dict[str, Any] = {
        "record": SPOT,
        "action": Action.DRAIN,
        "node_there": True,
        "fenced": True,
        "pods_left": 3,
        "expiry": HOURS,
    }
    return Facts(**(given | fields))


@pytest.mark.parametrize(
    ("fields", "after", "stand"),
    [
        pytest.param({"fenced": False}, 0, Stand(Phase.PENDING), id="not-yet-closed"),
        pytest.param({"pods_left": None}, 0, Stand(Phase.FENCED), id="pods-not-yet-known"),
        pytest.param({"action": Action.CORDON}, 0, Stand(Phase.FENCED), id="cordon-only"),
        pytest.param({}, 1, Stand(Phase.DRAINING), id="pods-left"),
        pytest.param({"pods_left": 0}, 60, Stand(Phase.DRAINED), id="no-pod-left"),
        pytest.param(
            {"pods_left": 0, "volumes_left": ("vol-1",)},
            60,
            Stand(Phase.DRAINING),
            id="t64-volumes-left",
        ),
        pytest.param(
            {"pods_left": 0, "volumes_left": ("vol-1",)},
            122,
            Stand(Phase.FINISHED, "Drained"),
            id="t64-volumes-left-at-the-end-are-no-pods-missed",
        ),
        pytest.param({}, 121.9, Stand(Phase.DRAINING), id="overtime-for-the-last-word"),
        pytest.param({}, 122, Stand(Phase.FINISHED, "DeadlineMissed"), id="pods-left-at-the-end"),
        pytest.param(
            {"pods_left": 0}, 122, Stand(Phase.FINISHED, "Drained"), id="empty-at-the-end"
        ),
        pytest.param(
            {"pods_left": None},
            122,
            Stand(Phase.FINISHED, "DeadlineMissed"),
            id="pods-never-known",
        ),
        pytest.param(
            {"action": Action.CORDON, "pods_left": None},
            122,
            Stand(Phase.FINISHED, "NotDrained"),
            id="cordoned-to-the-end",
        ),
        pytest.param(
            {"node_there": False}, 30, Stand(Phase.FINISHED, "NodeGone"), id="node-gone-with-pods"
        ),
        pytest.param(
            {"node_there": False, "pods_left": 0},
            30,
            Stand(Phase.FINISHED, "Drained"),
            id="node-gone-empty",
        ),
        pytest.param({"record": REBALANCE}, HOURS - 1, Stand(Phase.DRAINING), id="still-holds"),
        pytest.param(
            {"record": REBALANCE}, HOURS, Stand(Phase.EXPIRED, "NotInterrupted"), id="expired"
        ),
        pytest.param(
            {"record": REBALANCE, "admitted": False},
            60,
            Stand(Phase.FENCED),
            id="waits-for-its-turn",
        ),
        pytest.param(
            {"record": REBALANCE, "admitted": False, "pods_left": 0},
            60,
            Stand(Phase.DRAINED),
            id="empty-without-a-turn",
        ),
        pytest.param(
            {"record": REBALANCE, "admitted": False},
            HOURS,
            Stand(Phase.EXPIRED, "NotInterrupted"),
            id="expired-in-the-line",
        ),
        pytest.param(
            {"record": REBALANCE, "uncordoned": True},
            1,
            Stand(Phase.CANCELLED, "Uncordoned"),
            id="opened-by-somebody-else",
        ),
        pytest.param({"uncordoned": True}, 1, Stand(Phase.DRAINING), id="doomed-whoever-opens-it"),
        pytest.param(
            {"record": interruption(rebalance_notice(T0 - HOURS), spot_notice())},
            1,
            Stand(Phase.DRAINING),
            id="an-interruption-does-not-expire",
        ),
    ],
)
def test_the_first_check_that_speaks_tells_the_phase(
    fields: dict[str, Any], after: float, stand: Stand
) -> None:
    assert stand_of(facts(**fields), T0 + after) == stand


def test_the_clock_alone_ends_an_interruption_and_a_recommendation() -> None:
    assert next_change(facts(), T0) == T0 + 122
    assert next_change(facts(record=REBALANCE), T0) == T0 + HOURS


def test_a_drain_that_began_late_gets_ten_seconds_although_the_deadline_has_passed() -> None:
    """A hibernation begins with its notice, and a notice may come after its deadline."""
    late = facts(record=interruption(spot_notice(), started_at=T0 + 125))
    assert next_change(late, T0) == T0 + 135
    assert stand_of(late, T0 + 134).phase is Phase.DRAINING
    assert stand_of(late, T0 + 135) == Stand(Phase.FINISHED, "DeadlineMissed")


@pytest.mark.parametrize(
    ("fields", "after", "stand"),
    [
        ({"fenced": False}, 1, Stand(Phase.PENDING)),
        ({"pods_left": 0}, 60, Stand(Phase.PENDING)),
        ({}, 122, Stand(Phase.FINISHED, "DryRun")),
        ({"node_there": False}, 10, Stand(Phase.FINISHED, "DryRun")),
        ({"record": REBALANCE}, 7200, Stand(Phase.FINISHED, "DryRun")),
    ],
)
def test_a_dry_run_never_says_that_something_was_done(
    fields: dict[str, Any], after: float, stand: Stand
) -> None:
    assert stand_of(facts(rehearsed=True, **fields), T0 + after) == stand


DAY, LEAD = 86_400.0, 1800.0
AHEAD = interruption(scheduled_notice(T0 + DAY))
TAKEN_BACK = interruption(
    scheduled_notice(T0 + DAY), scheduled_notice(None, T0 + 1, withdrawn=True)
)


def ahead(now: float, **fields: Any) -> Facts:
    return facts(record=AHEAD.seen(now, LEAD, HOURS), lead=LEAD, **fields)


def test_a_change_that_is_days_ahead_waits_for_its_time() -> None:
    assert stand_of(ahead(T0), T0) == Stand(Phase.PENDING)
    assert next_change(ahead(T0), T0) == T0 + DAY - LEAD
    begins = T0 + DAY - LEAD
    assert stand_of(ahead(begins), begins) == Stand(Phase.DRAINING)
    assert next_change(ahead(begins), begins) == T0 + DAY + 2


def test_a_lead_time_that_grew_meanwhile_has_come_at_once() -> None:
    """The notices were looked at with the old one: another look is due, not none."""
    sooner = replace(ahead(T0), lead=DAY + 60)
    assert next_change(sooner, T0) == T0 - 60


def test_what_has_no_deadline_and_is_no_recommendation_wakes_nobody_after_its_time() -> None:
    """Else the drain of a notice that was written by hand would look again without a pause."""
    by_hand = facts(record=interruption(hook_notice(deadline=None)))
    after = T0 + HOURS
    assert next_change(by_hand, after - 1) == after
    assert stand_of(by_hand, after) == Stand(Phase.DRAINING)
    assert next_change(by_hand, after) is None


def test_a_node_that_goes_before_its_change_was_removed() -> None:
    gone = ahead(T0, node_there=False, pods_left=None)
    assert stand_of(gone, T0) == Stand(Phase.FINISHED, "NodeRemoved")


@pytest.mark.parametrize("there", [True, False])
def test_what_was_taken_back_is_cancelled(there: bool) -> None:
    taken = facts(record=TAKEN_BACK, node_there=there)
    assert stand_of(taken, T0) == Stand(Phase.CANCELLED, "Withdrawn")


def test_a_dry_run_of_a_change_days_ahead_ends_when_it_is_taken_back() -> None:
    assert stand_of(ahead(T0, rehearsed=True), T0 + DAY + 60) == Stand(Phase.PENDING)
    taken = facts(record=TAKEN_BACK, rehearsed=True)
    assert stand_of(taken, T0) == Stand(Phase.FINISHED, "DryRun")


@pytest.mark.parametrize(
    ("record", "stand", "opened"),
    [
        (REBALANCE, Stand(Phase.EXPIRED, "NotInterrupted"), True),
        (TAKEN_BACK, Stand(Phase.CANCELLED, "Withdrawn"), True),
        (SPOT, Stand(Phase.FINISHED, "Drained"), False),
        (REBALANCE, Stand(Phase.FINISHED, "LeftToKarpenter"), False),
        # Closed before the policy was set to dry run: nobody else would open it.
        (REBALANCE, Stand(Phase.FINISHED, "DryRun"), True),
        (TAKEN_BACK, Stand(Phase.FINISHED, "DryRun"), True),
        (SPOT, Stand(Phase.FINISHED, "DryRun"), False),
    ],
)
def test_a_node_is_opened_when_nothing_is_left_of_what_it_was_closed_for(
    record: Interruption, stand: Stand, *, opened: bool
) -> None:
    assert opens(record, stand) is opened
