"""Budgets that have no room, by the numbers of the catalogue: which are waited for, which never."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.selector import Requirement, Selector
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.coverage import FREE, Budgets, Coverage
from controller.drain.plan import Call
from controller.drain.planner import plan
from tests.builders import T0, alone, at, budget, pod, situation

REFUSED = Attempt(refused=Verdict("DisruptionBudget", "needs 2 and has 1"), tries=1)
UNREADY = pod(ready=False)
NONE_READY: dict[str, Any] = {"healthy": 0, "desired": 0, "allowed": 0}
BARE: dict[str, Any] = {"expected": 0, "desired": 0, "healthy": 3, "allowed": 0}


def test_t19_an_unready_pod_of_a_disrupted_app_is_blocked_and_then_forced() -> None:
    """IfHealthyBudget holds it: the app has fewer healthy pods than it needs."""
    guard = budget(healthy=1, desired=2)
    found = alone(situation(UNREADY, budgets=[guard], attempts={"web": REFUSED}), T0 + 9)
    assert found.coverage == Coverage(lane="shop/web")
    assert found.step is not None
    assert found.force is not None
    assert (found.step.call, found.force.call) == (Call.EVICT, Call.DELETE)
    assert found.force.at == T0 + 79


def test_t21_a_budget_that_wants_none_and_has_none_ready_is_a_permanent_block() -> None:
    """The API server lets an unready pod go only where the app wants some and has them."""
    found = alone(situation(UNREADY, budgets=[budget(**NONE_READY)]))
    assert found.coverage.stuck is not None
    assert found.coverage.stuck.reason == "DisruptionBudgetHoldsUnready"
    assert "AlwaysAllow" in found.coverage.stuck.message
    assert found.step is None  # nobody asks a question that has but one answer
    assert found.force is not None
    assert found.force.at == T0 + 79


def test_t21_it_starves_no_higher_band() -> None:
    given = situation(UNREADY, pod("high", priority=9), budgets=[budget(**NONE_READY)])
    assert at(plan(given, T0), "high") == 0


@pytest.mark.parametrize(
    ("fields", "ready"),
    [
        (NONE_READY, True),
        (NONE_READY | {"healthy": 1}, False),
        (NONE_READY | {"desired": 1}, False),
        (NONE_READY | {"fresh": False}, False),
        (NONE_READY | {"allowed": 1}, False),
    ],
)
def test_t21_any_other_unready_pod_is_asked_about(fields: dict[str, Any], ready: bool) -> None:
    assert Budgets([budget(**fields)]).of(pod(ready=ready)) == Coverage(lane="shop/web")


def test_t21_always_allow_lets_it_go() -> None:
    guard = budget(**NONE_READY, always_allow_unhealthy=True)
    assert Budgets([guard]).of(UNREADY) == FREE


def test_t23_a_budget_that_counts_no_pods_is_a_permanent_block() -> None:
    """`maxUnavailable` and percentages need the scale of a controller, which bare pods lack."""
    found = alone(situation(pod(), budgets=[budget(**BARE)]))
    assert found.coverage.stuck is not None
    assert found.coverage.stuck.reason == "DisruptionBudgetCountsNoPods"
    assert found.step is None
    assert found.force is not None
    assert found.force.overrides == found.coverage.stuck


def test_t23_while_its_status_lags_behind_its_spec_it_is_asked() -> None:
    guard = budget(**BARE, fresh=False)
    assert Budgets([guard]).of(pod()) == Coverage(lane="shop/web")


@pytest.mark.parametrize(
    "selector",
    [
        Selector(),
        Selector((Requirement("app", "In", ("web", "api")),)),
        Selector((Requirement("app", "In", ("web",)), Requirement("app", "Exists"))),
        Selector((Requirement("tier", "DoesNotExist"), Requirement("app", "In", ("web",)))),
        Selector((Requirement("app", "NotIn", ("api",)),)),
    ],
)
def test_a_budget_is_found_by_whatever_kind_of_selector_it_has(selector: Selector) -> None:
    budgets = Budgets([budget("other"), budget("it", selector=selector)])
    assert budgets.of(pod()).lane == "shop/it"


def test_a_label_that_is_found_is_no_match_yet() -> None:
    both = Selector((Requirement("app", "In", ("web",)), Requirement("tier", "In", ("front",))))
    assert Budgets([budget(selector=both)]).of(pod()) == FREE


def test_a_pod_that_holds_the_room_itself_is_deleted_once_its_eviction_is_surely_over() -> None:
    """The API server takes the room first and deletes then.

    Who is cut off in between leaves the room to this pod for two minutes, and everybody who asks is
    refused, this pod too.
    """
    guard = budget(allowed=0, disrupted={"web": T0 + 1})
    given = situation(pod(start_time=T0), pod("other", app="web"), budgets=[guard])

    holder, other = sorted(plan(given, T0 + 2).entries, key=lambda e: e.pod.name == "other")

    assert holder.step is not None
    assert other.step is not None
    assert (holder.step.call, holder.step.at) == (Call.DELETE, T0 + 4)
    assert holder.step.overrides is None
    assert other.step.call is Call.EVICT


@pytest.mark.parametrize(
    ("started", "now", "why"),
    [
        (T0 + 2, T0 + 5, "the room was given to a pod that had its name before"),
        (None, T0 + 5, "nobody knows whether it is that pod"),
        (T0, T0 + 102, "the room may be somebody else's by now"),
    ],
)
def test_room_that_was_given_to_another_or_long_ago_is_asked_for(
    started: float | None, now: float, why: str
) -> None:
    guard = budget(allowed=0, disrupted={"web": T0 + 1})
    given = situation(pod(start_time=started), budgets=[guard], voluntary=True)
    step = alone(given, now).step
    assert step is not None
    assert step.call is Call.EVICT, why
