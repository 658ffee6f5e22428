"""Drains for recommendations: how many at once, when, and what those who wait are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.fleet import Fleet, admitted, waits_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster

pytestmark = pytest.mark.usefixtures("controller")


@pytest.fixture
def fleet(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[Fleet]:
    made = Fleet(cluster, namespace, queue_url)
    yield made
    made.close()


def test_a_percentage_of_the_policys_nodes_drains_at_once_and_the_next_follows(
    fleet: Fleet,
) -> None:
    """40% of three nodes are two, rounded up."""
    first, second, third = fleet.join(3)
    fleet.policy(budget={"nodes": "40%"})
    fleet.held("web-1", first)
    fleet.held("web-2", second)
    third.add_pods(third.pod("web-3"))

    for stage in (first, second):
        stage.send_rebalance()
        stage.wait_phase("Draining")
    third.send_rebalance()
    told = waits_for(third, "NodeBudget")

    assert told["phase"] == "Fenced"
    assert "at most 2 of the 3 nodes of this policy may drain at once" in told["message"]
    assert f"{third.node_name} is 1st in line" in told["message"]
    assert {w["reason"] for w in told["waiting"]} == {"NodeBudget"}
    assert "web-3" not in {request.pod for request in third.requests()}

    fleet.release("web-2")
    second.wait_phase("Drained")
    done = third.wait_phase("Drained")
    assert admitted(done)["status"] == "True"
    assert admitted(first.wait_phase("Draining"))["status"] == "True"


def test_a_zone_has_a_budget_of_its_own(fleet: Fleet) -> None:
    first, second = fleet.join(2, zone="us-east-1a")
    (other,) = fleet.join(1, zone="us-east-1b")
    fleet.policy(budget={"nodes": 100, "perZone": "50%"})
    fleet.held("a-1", first)
    second.add_pods(second.pod("a-2"))
    other.add_pods(other.pod("b-1"))

    first.send_rebalance()
    first.wait_phase("Draining")
    second.send_rebalance(age=1)
    other.send_rebalance()
    told = waits_for(second, "ZoneBudget")
    other.wait_phase("Drained")

    assert "at most 1 of the 2 nodes of this policy in us-east-1a" in told["message"]
    assert first.node_name in told["message"]
    assert {r.pod for r in first.requests()} == {"a-1", "b-1"}

    fleet.release("a-1")
    second.wait_phase("Drained")


def test_drains_begin_only_while_a_schedule_is_open(fleet: Fleet) -> None:
    (stage,) = fleet.join()
    stage.add_pods(stage.pod("web"))
    # A minute of the year in which nobody runs tests.
    fleet.policy(budget={"schedules": [{"cron": "58 23 31 12 *", "duration": "1m"}]})

    stage.send_rebalance()
    told = waits_for(stage, "OutsideSchedule")
    assert told["message"].endswith("-12-31T23:58:00Z")
    assert told["phase"] == "Fenced"
    assert not stage.requests()

    fleet.apply(budget={"schedules": [{"cron": "* * * * *", "duration": "1h"}]})
    stage.wait_phase("Drained")
    assert [request.pod for request in stage.evictions()] == ["web"]


def test_a_recommendation_that_expires_in_the_line_is_undone_and_drained_nothing(
    fleet: Fleet,
) -> None:
    (stage,) = fleet.join()
    stage.add_pods(stage.pod("web"))
    fleet.policy(budget={"nodes": 0}, expireAfter="1m")
    before = stage.wait_node(lambda _: True)

    stage.send_rebalance(age=20)
    told = waits_for(stage, "NodeBudget")
    assert "the budget lets none of the 1 nodes of this policy drain" in told["message"]
    expired = stage.wait_phase("Expired")
    stage.wait_restored(before)

    assert expired["status"]["outcome"] == "NotInterrupted"
    assert stage.requests() == []


def test_a_cron_text_that_cannot_be_read_is_the_policys_own_sentence(fleet: Fleet) -> None:
    fleet.apply(budget={"schedules": [{"cron": "0 25 * * *", "duration": "1h"}]})
    wait = (f"spotpolicy/{fleet.name}", "--for=condition=Accepted=false", "--timeout=60s")
    fleet.cluster.kubectl("wait", *wait)
    path = "jsonpath={.status.conditions[0].message}"
    told = fleet.cluster.kubectl("get", "spotpolicy", fleet.name, "-o", path)
    assert told.startswith("spec.events.rebalance.budget.schedules: cron is '0 25 * * *': Bad hour")
