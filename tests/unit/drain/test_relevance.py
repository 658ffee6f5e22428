"""Which notices about our nodes ask nothing of us, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controller.domain.interruption import Phase
from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.policy import Action, Policy
from controller.drain.relevance import Case, needless, waits_to_act
from tests.builders import (
    T0,
    hook_notice,
    interruption,
    node,
    rebalance_notice,
    scheduled_notice,
    spot_notice,
    state_notice,
)

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.notice import Notice

NODE, DAY = node(), 86_400.0
DOOMED = node(taints=(Taint("ToBeDeletedByClusterAutoscaler", "NoSchedule"),))
KARPENTERS = node(deleting=True, taints=(Taint("karpenter.sh/disrupted", "NoSchedule"),))
IGNORED = Policy(actions={**Policy().actions, Kind.STATE_CHANGE: Action.IGNORE})
TAKEN_BACK = scheduled_notice(None, T0 + 1, withdrawn=True)
KNOWN = interruption(scheduled_notice(T0 + DAY))
SPOT = interruption()


def reason(notice: Notice, known: Interruption | None = None, now: float = T0) -> str | None:
    verdict = needless(Case(notice, NODE, Policy(), known), now)
    return None if verdict is None else verdict.reason


@pytest.mark.parametrize(
    "notice", [spot_notice(), rebalance_notice(), scheduled_notice(T0 + DAY), state_notice()]
)
def test_what_announces_an_end_asks_for_something(notice: Notice) -> None:
    assert reason(notice) is None


def test_a_policy_may_ignore_a_kind() -> None:
    verdict = needless(Case(state_notice(), NODE, IGNORED), T0)
    assert verdict == ("policy", "the policy says Ignore")


def test_that_an_instance_lives_is_good_news() -> None:
    assert reason(state_notice("running")) == "living"


def test_only_what_was_announced_here_can_be_taken_back() -> None:
    assert reason(TAKEN_BACK) == "not_announced"
    assert reason(TAKEN_BACK, SPOT) == "not_announced"
    assert reason(TAKEN_BACK, KNOWN) is None


def test_a_change_is_taken_back_also_where_the_policy_ignores_changes_by_now() -> None:
    """Else a policy that is put right again would have the node drained for it."""
    ignores = Policy(actions={**Policy().actions, Kind.SCHEDULED_CHANGE: Action.IGNORE})
    assert needless(Case(TAKEN_BACK, NODE, ignores, KNOWN), T0) is None
    assert needless(Case(TAKEN_BACK, NODE, ignores), T0) == ("policy", "the policy says Ignore")


def test_what_is_long_past_is_stale_and_a_scheduled_change_only_after_a_day() -> None:
    assert reason(spot_notice(), now=T0 + 421) == "stale"
    assert reason(spot_notice(), now=T0 + 420) is None
    assert reason(scheduled_notice(T0), now=T0 + DAY) is None
    assert reason(scheduled_notice(T0), now=T0 + DAY + 1) == "stale"


def test_what_an_autoscaler_takes_away_is_no_interruption_unless_it_has_a_record() -> None:
    doomed = needless(Case(state_notice(), DOOMED, Policy()), T0)
    assert doomed == ("scale_down", "an autoscaler takes the node away")
    known = interruption(rebalance_notice())
    assert needless(Case(state_notice(), DOOMED, Policy(), known), T0) is None


@pytest.mark.parametrize(
    "known",
    [None, interruption(rebalance_notice()), SPOT, KNOWN],
    ids=["none", "hint", "spot", "plan"],
)
def test_karpenter_ends_what_it_has_emptied_also_before_the_announced_time(
    known: Interruption | None,
) -> None:
    early = state_notice(time=T0 + 40)
    told = needless(Case(early, KARPENTERS, Policy(), known), T0 + 40)
    assert told == ("scale_down", "an autoscaler takes the node away")
    # It also taints nodes that it may replace, or not, and empties none of them before that.
    tainted = replace(KARPENTERS, deleting=False)
    assert needless(Case(early, tainted, Policy(), known), T0 + 40) is None


def test_what_ec2_takes_from_karpenter_at_the_announced_time_is_announced() -> None:
    told = needless(Case(state_notice(time=T0 + 120), KARPENTERS, Policy(), SPOT), T0 + 120)
    assert told == ("announced", "it ends as announced")


def test_an_end_that_was_announced_is_no_news_and_an_early_one_is() -> None:
    assert reason(state_notice(time=T0 + 115), SPOT) == "announced"
    assert reason(state_notice(time=T0 + 114), SPOT) is None
    over = replace(SPOT, phase=Phase.FINISHED)
    assert reason(state_notice(time=T0 + 20), over) == "announced"


@pytest.mark.parametrize(
    ("known", "spot", "expected"),
    [
        (
            SPOT,
            Action.DRAIN,
            ("policy", "the policy says Observe about it; the drain under way goes on"),
        ),
        (SPOT, Action.CORDON, None),
        (None, Action.DRAIN, None),
        (interruption(phase=Phase.EXPIRED, observed_notices=1), Action.DRAIN, None),
    ],
)
def test_a_drain_goes_on_where_the_policy_only_observes_what_comes_early(
    known: Interruption | None, spot: Action, expected: tuple[str, str] | None
) -> None:
    said = {Kind.STATE_CHANGE: Action.OBSERVE, Kind.SPOT_INTERRUPTION: spot}
    actions = {**Policy().actions, **said}
    assert needless(Case(state_notice(), NODE, Policy(actions=actions), known), T0) == expected


def test_the_end_of_an_instance_that_outlived_what_was_announced_is_another_end() -> None:
    """It was stopped and started again, or EC2 did not take it: its pods have heard of nothing."""
    over = replace(SPOT, phase=Phase.FINISHED)
    assert reason(state_notice(time=T0 + 720), over, T0 + 720) == "announced"
    assert reason(state_notice(time=T0 + 721), over, T0 + 721) is None
    # A node that is silent is at its end all that time.
    silent = Case(state_notice("terminated", T0 + 721), replace(NODE, ready=False), Policy(), over)
    assert needless(silent, T0 + 721) == ("announced", "it ends as announced")
    # A scheduled change only opens a window of two hours.
    change = interruption(scheduled_notice(T0), phase=Phase.FINISHED)
    assert reason(state_notice(time=T0 + 7200), change, T0 + 7200) == "announced"
    assert reason(state_notice(time=T0 + 7201), change, T0 + 7201) is None


def test_a_node_is_left_as_it_is_for_good_news_and_for_what_is_days_ahead() -> None:
    policy = Policy(lead_time=1800.0)
    assert waits_to_act(TAKEN_BACK, policy, T0)
    assert waits_to_act(scheduled_notice(T0 + 1801), policy, T0)
    assert not waits_to_act(scheduled_notice(T0 + 1800), policy, T0)
    assert not waits_to_act(spot_notice(), policy, T0)


@pytest.mark.parametrize(
    ("phase", "completed", "expected"),
    [
        (Phase.DRAINED, True, "announced"),
        (Phase.DRAINED, False, None),
        (Phase.DRAINING, True, None),
    ],
)
def test_an_instance_that_was_let_go_after_its_drain_ends_as_announced(
    phase: Phase, expected: str | None, *, completed: bool
) -> None:
    """Long before the deadline; a hook that was over in mid-drain let it end early."""
    hook = hook_notice()
    ended = (hook.id,) if completed else ()
    known = interruption(hook, phase=phase, completed_hooks=ended)
    assert reason(state_notice(), known) == expected
