"""Which budgets the API server would ask about a pod."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.selector import Selector
from controller.domain.verdict import Verdict
from controller.drain.coverage import FREE, Budgets, Coverage
from tests.builders import T0, budget, pod


def test_a_pod_that_no_budget_selects_is_free() -> None:
    assert Budgets([budget("web")]).of(pod("api")) == FREE
    assert Budgets([]).of(pod("api")) == FREE


def test_a_pod_goes_through_the_lane_of_its_one_budget() -> None:
    assert Budgets([budget("web"), budget("api")]).of(pod("web")) == Coverage(lane="shop/web")


def test_a_budget_of_another_namespace_guards_nothing_here() -> None:
    assert Budgets([budget("web", namespace="test")]).of(pod("web")) == FREE


def test_an_empty_selector_guards_the_whole_namespace_and_an_absent_one_nothing() -> None:
    assert Budgets([budget("all", selector=Selector())]).of(pod("web")).lane == "shop/all"
    assert Budgets([budget("none", selector=None)]).of(pod("web")) == FREE


def test_two_budgets_on_a_pod_are_named_and_no_eviction_can_succeed() -> None:
    found = Budgets([budget("web"), budget("all", selector=Selector())]).of(pod("web"))
    say = "two or more PodDisruptionBudgets select it (shop/all, shop/web); keep only one"
    verdict = Verdict("MultiplePodDisruptionBudgets", say)
    assert found == Coverage(stuck=verdict, rivals=("shop/all", "shop/web"))


@pytest.mark.parametrize(
    "fields",
    [{"phase": "Pending"}, {"phase": "Succeeded"}, {"phase": "Failed"}, {"deletion_time": T0}],
)
def test_no_budget_is_asked_about_a_pod_that_serves_nobody(fields: dict[str, Any]) -> None:
    both = Budgets([budget("web"), budget("all", selector=Selector())])
    assert both.of(pod("web", **fields)) == FREE


@pytest.mark.parametrize(
    ("always_allow", "ready", "free"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_always_allow_frees_unready_pods_alone(
    always_allow: bool,
    ready: bool,
    free: bool,
) -> None:
    guard = Budgets([budget("web", always_allow_unhealthy=always_allow)])
    assert (guard.of(pod("web", ready=ready)) == FREE) is free


def test_the_budget_to_name_is_the_lanes_or_the_first_of_several() -> None:
    assert Coverage().guard == ""
    assert Coverage(lane="shop/web").guard == "shop/web"
    assert Coverage(rivals=("shop/all", "shop/web")).guard == "shop/all"
