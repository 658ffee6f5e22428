"""Graces, late notices, order and clocks, by the numbers of the catalogue.

A notice at T0 has its deadline at T0 + 120 and its window ends at T0 + 112.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.domain.notice_entry import clamp_deadline
from controller.domain.pod import pod_from
from controller.domain.policy import Band, BudgetMode
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.plan import Call, Surroundings
from controller.drain.planner import plan
from tests.builders import (
    CRITICAL,
    PROTECT,
    T0,
    alone,
    at,
    budget,
    entry,
    pod,
    situation,
    spot_notice,
    window,
)

ACCEPTED = Attempt(requested_at=T0, accepted_at=T0)


def asked_grace(own: int, now: float) -> int | None:
    step = alone(situation(pod(grace=own)), now).step
    assert step is not None
    return step.grace


def test_t38_a_grace_of_five_minutes_is_sent_as_what_is_left() -> None:
    """110 s before the deadline 102 s of the window are left, 8 s of it are the reserve."""
    assert asked_grace(300, T0 + 10) == 102
    assert alone(situation(pod(grace=300)), T0 + 10).truncated


def test_t39_a_grace_that_fits_is_left_to_the_pod() -> None:
    assert asked_grace(30, T0 + 10) is None
    assert not alone(situation(pod(grace=30)), T0 + 10).truncated


@pytest.mark.parametrize("now", [T0, T0 + 111, T0 + 119])
def test_t40_a_grace_of_zero_is_the_pods_own_and_never_ours(now: float) -> None:
    assert asked_grace(0, now) is None
    assert not alone(situation(pod(grace=0)), now).truncated


@pytest.mark.parametrize(("left", "grace"), [(9.5, 7), (5.0, 3), (2.5, 1), (0.0, 1), (-60.0, 1)])
def test_t41_a_late_notice_is_one_wave_lowest_first_with_the_grace_that_is_left(
    left: float, grace: int
) -> None:
    """Two seconds are kept free. A pod that no budget guards is evicted rather than deleted.

    For such a pod the two calls do the same, and an eviction has its DisruptionTarget written by the
    API server in the same call.
    """
    began = T0 + 120 - left
    given = replace(
        situation(
            pod("me", priority=-50),
            pod("dns", priority=CRITICAL, grace=1),
            pod("guarded", priority=5),
            pod("job", priority=1, annotations=PROTECT),
            pod("behind-lb"),
            pod("low", priority=-10),
            budgets=[budget("guarded"), budget("job")],
            around=Surroundings(
                own_pod="shop/me",
                balanced=frozenset({"uid-behind-lb"}),
                settled_at=began + 5,
            ),
        ),
        window=window(started=began),
    )
    drain = plan(given, began)
    assert [(s.pod.name, s.call) for s in drain.due(began)] == [
        ("low", Call.EVICT),
        ("behind-lb", Call.EVICT),
        ("job", Call.DELETE),
        ("guarded", Call.DELETE),
        ("dns", Call.EVICT),
        ("me", Call.EVICT),
    ]
    assert {s.grace for s in drain.due(began) if s.pod.grace > 1} == {grace}


def test_t41_a_budget_that_the_policy_always_respects_is_asked_even_then() -> None:
    given = replace(
        situation(pod(), budgets=[budget()], budgets_on_interruption=BudgetMode.ALWAYS),
        window=window(started=T0 + 115),
    )
    (step,) = plan(given, T0 + 115).due(T0 + 115)
    assert (step.call, step.lane) == (Call.EVICT, "shop/web")


def test_t41_a_notice_in_time_is_not_late_and_neither_is_a_recommendation() -> None:
    assert not situation(pod()).window.late
    assert not situation(pod(), voluntary=True).window.late


def test_t42_bands_start_in_ascending_order_a_stagger_apart_and_critical_ones_last() -> None:
    priorities = {"low": -10, "mid": 0, "high": 1000, "dns": CRITICAL}
    drain = plan(situation(*(pod(n, priority=p) for n, p in priorities.items())), T0)
    assert [(name, at(drain, name)) for name in priorities] == [
        ("low", 0),
        ("mid", 5),
        ("high", 10),
        ("dns", 79),
    ]


def test_t44_nobody_waits_for_a_band_that_is_empty() -> None:
    """The table's lower bands have no pods; a pod of the highest starts at once."""
    table = (Band(0, 0.0), Band(100, 30.0), Band(1000, 60.0))
    drain = plan(situation(pod(priority=5000), bands=table), T0)
    assert at(drain, "web") == 0
    done = situation(
        pod("low"), pod("high", priority=5000), attempts={"low": ACCEPTED}, bands=table
    )
    assert at(plan(done, T0 + 2), "high") == 2


def test_a_table_starts_its_bands_when_it_says_and_no_later_than_is_safe() -> None:
    """A pod with 60 s of grace is asked by T0 + 49, whatever the table says."""
    table = (Band(0, 0.0), Band(100, 20.0), Band(1000, 60.0))
    pods = (pod("low", priority=-5), pod("mid", priority=100), pod("high", priority=1000, grace=60))
    drain = plan(situation(*pods, pod("dns", priority=CRITICAL), bands=table), T0)
    assert [at(drain, name) for name in ("low", "mid", "high", "dns")] == [0, 20, 49, 79]


def test_a_table_with_a_critical_band_says_when_that_starts() -> None:
    table = (Band(0, 0.0), Band(CRITICAL, 25.0))
    pods = (pod("low"), pod("dns", priority=CRITICAL))
    assert at(plan(situation(*pods, bands=table), T0), "dns") == 25
    asked = situation(*pods, attempts={"low": ACCEPTED}, bands=table)
    assert at(plan(asked, T0 + 3), "dns") == 3


def test_t45_priority_is_the_integer_alone() -> None:
    """Null is 0, as the API server's own default; a class's name says nothing."""
    none = pod_from({"metadata": {"name": "n"}, "spec": {"priority": None}})
    default = pod_from({"spec": {"priority": 700}})  # admission has filled in a globalDefault
    named = pod_from({"spec": {"priority": 5, "priorityClassName": "system-node-critical"}})
    assert (none.priority, default.priority, named.priority) == (0, 700, 5)
    assert not named.system_critical


def test_t46_a_critical_pod_starts_early_enough_for_a_minute_of_grace() -> None:
    drain = plan(situation(pod(), pod("dns", priority=CRITICAL, grace=60)), T0)
    step = entry(drain, "dns").step
    assert step is not None
    assert (step.at, step.grace) == (T0 + 49, None)


def test_t46_with_a_longer_grace_it_gets_at_least_the_cap_and_is_told_to_be_truncated() -> None:
    drain = plan(situation(pod(), pod("dns", priority=CRITICAL, grace=90)), T0)
    found = entry(drain, "dns")
    assert found.step is not None
    assert (found.step.at, found.step.grace) == (T0 + 49, 63)
    assert found.truncated
    sent = replace(ACCEPTED, grace=63)
    asked = situation(pod("dns", priority=CRITICAL, grace=90), attempts={"dns": sent})
    assert alone(asked, T0 + 50).truncated
    whole = situation(pod("dns", grace=90), attempts={"dns": ACCEPTED})
    assert not alone(whole, T0 + 50).truncated


# --- pods behind a load balancer -----------------------------------------------------------------


def held(until: float) -> Surroundings:
    return Surroundings(balanced=frozenset({"uid-web"}), settled_at=until)


def test_pods_behind_a_load_balancer_wait_until_it_knows() -> None:
    drain = plan(situation(pod(), pod("batch"), around=held(T0 + 5)), T0)
    assert (at(drain, "web"), at(drain, "batch")) == (5, 0)
    assert drain.wake_at(T0) == T0 + 5


def test_they_never_wait_past_their_last_safe_moment() -> None:
    assert at(plan(situation(pod(), around=held(T0 + 300)), T0), "web") == 79
    guarded = alone(situation(pod(), budgets=[budget()], around=held(T0 + 300)))
    assert guarded.step is not None
    assert guarded.force is not None
    assert (guarded.step.at, guarded.force.at) == (T0 + 78, T0 + 79)


def test_on_a_voluntary_drain_they_wait_too() -> None:
    assert at(plan(situation(pod(), voluntary=True, around=held(T0 + 5)), T0), "web") == 5


# --- clocks that run apart -----------------------------------------------------------------------


@pytest.mark.parametrize("skew", [-30.0, 0.0, 30.0])
def test_t66_the_deadline_follows_the_event_and_is_at_most_two_minutes_away(skew: float) -> None:
    """`skew` is how far the sender's clock runs ahead of ours."""
    seen = clamp_deadline(spot_notice(T0 + skew), received=T0)
    assert seen.deadline == T0 + 120 + min(skew, 0.0)


def test_t66_an_event_from_the_future_does_not_put_off_the_drain() -> None:
    """A drain's bands count from its notice; one that is 30 s ahead would wait for so long."""
    assert clamp_deadline(spot_notice(T0 + 30), received=T0).time == T0
    assert clamp_deadline(spot_notice(T0 - 30), received=T0).time == T0 - 30


def test_t66_a_deadline_that_has_passed_already_leaves_what_a_drain_gets_at_least() -> None:
    """A clock that runs two minutes fast makes every notice look dead; its node is alive."""
    assert clamp_deadline(spot_notice(T0 - 150), received=T0).deadline == T0 + 10
    late = clamp_deadline(spot_notice(T0 - 115), received=T0)
    assert late.deadline == T0 + 5  # little is left, but something is: nothing is made up


def test_a_recommendation_from_the_future_has_no_deadline_and_is_dated_back() -> None:
    seen = clamp_deadline(replace(spot_notice(T0 + 30), deadline=None), received=T0)
    assert (seen.time, seen.deadline) == (T0, None)


def test_a_refusal_by_an_unseen_budget_is_overridden_on_a_silent_node() -> None:
    refused = Attempt(refused=Verdict("DisruptionBudget", "no room"))
    given = situation(pod(), attempts={"web": refused}, around=Surroundings(node_ready=False))
    (step,) = plan(given, T0 + 1).due(T0 + 1)
    assert step.call is Call.DELETE
