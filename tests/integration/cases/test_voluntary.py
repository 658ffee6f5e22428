"""Cases of drains for recommendations: budgets, upgrades, protected pods, uncordoned nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from controller.drain.fence import ANNOTATION
from tests.integration.controller_process import ControllerProcess
from tests.integration.fleet import Fleet, admitted, waits_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster

PROTECTED = {"karpenter.sh/do-not-disrupt": "true"}


@pytest.fixture
def fleet(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[Fleet]:
    made = Fleet(cluster, namespace, queue_url)
    yield made
    made.close()


def cordoned(node: Mapping[str, Any]) -> bool:
    return bool(node["spec"].get("unschedulable"))


def test_t47_a_protected_pod_stays_on_a_recommended_node_and_others_are_moved(
    fleet: Fleet, controller: ControllerProcess
) -> None:
    (stage,) = fleet.join()
    fleet.policy()
    stage.add_pods(stage.pod("keep", annotations=PROTECTED), stage.pod("move"))

    stage.send_rebalance()
    status = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("gone") == 1)["status"]

    assert status["phase"] == "Draining"
    assert [(w["pod"], w["reason"]) for w in status["waiting"]] == [
        (f"{fleet.namespace}/keep", "DoNotDisrupt")
    ]
    assert {request.pod for request in stage.requests()} == {"move"}
    assert cordoned(stage.wait_node(lambda _: True))


def test_t52_an_interruption_takes_over_a_voluntary_drain(
    fleet: Fleet, controller: ControllerProcess
) -> None:
    """The same record gets a deadline; what it waited for is planned anew, nothing asked twice."""
    (stage,) = fleet.join()
    fleet.policy()
    fleet.held("blocked", stage)
    stage.add_pods(stage.pod("keep", annotations=PROTECTED, grace=5), stage.pod("move"))
    stage.send_rebalance()
    before = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("gone") == 1)

    stage.send_spot(age=80)
    done = stage.wait_phase("Drained", "Finished")

    assert done["metadata"]["uid"] == before["metadata"]["uid"]
    assert [n["kind"] for n in done["spec"]["notices"]] == ["Rebalance", "SpotInterruption"]
    assert done["status"]["kind"] == "SpotInterruption"
    assert done["status"]["deadline"]
    assert done["status"]["pods"]["killed"] == 0
    accepted = [request.pod for request in stage.evictions() if request.code == 201]
    assert sorted(accepted) == ["keep", "move"]
    assert "blocked" in {request.pod for request in stage.deletions()}


def test_t59_whoever_uncordons_a_recommended_node_keeps_it(
    fleet: Fleet, controller: ControllerProcess
) -> None:
    draining, waiting = fleet.join(2)
    fleet.policy(budget={"nodes": 1})
    before = draining.wait_node(lambda _: True)
    fleet.held("held", draining)
    waiting.add_pods(waiting.pod("web"))
    draining.send_rebalance(age=5)
    draining.wait_phase("Draining")
    waiting.send_rebalance()
    waits_for(waiting, "NodeBudget")

    fleet.cluster.kubectl("uncordon", waiting.node_name, draining.node_name)

    for stage in (waiting, draining):
        ended = stage.wait_phase("Cancelled")["status"]
        assert ended["outcome"] == "Uncordoned"
        assert "somebody else uncordoned the node" in ended["message"]
    draining.wait_restored(before)
    assert "web" not in {request.pod for request in waiting.requests()}


def test_t59_an_uncordon_while_no_controller_runs_is_respected_too(
    cluster: LocalCluster, fleet: Fleet
) -> None:
    (stage,) = fleet.join()
    fleet.policy()
    queue = ("--queue-url", fleet.queue_url)
    fleet.held("held", stage)
    with ControllerProcess(cluster, *queue) as first:
        first.wait_ready()
        stage.send_rebalance()
        stage.wait_phase("Draining")

    cluster.kubectl("uncordon", stage.node_name)
    with ControllerProcess(cluster, *queue):
        stage.wait_phase("Cancelled")
    assert not cordoned(stage.wait_node(lambda n: ANNOTATION not in n["metadata"]["annotations"]))


def test_t59_a_doomed_node_is_cordoned_again_once(
    fleet: Fleet, controller: ControllerProcess
) -> None:
    (stage,) = fleet.join()
    fleet.held("held", stage)
    stage.send_spot(age=60)
    stage.wait_node(cordoned)
    stage.wait_phase("Draining", "Drained")

    fleet.cluster.kubectl("uncordon", stage.node_name)
    stage.wait_node(
        lambda n: cordoned(n) and "cordonedAgain" in n["metadata"]["annotations"][ANNOTATION]
    )
    fleet.cluster.kubectl("uncordon", stage.node_name)
    controller.wait_for_words("it stays open until EC2 takes it")

    assert not cordoned(stage.wait_node(lambda _: True))
    ended = stage.wait_phase("Drained", "Finished")["status"]
    assert ended["pods"]["killed"] == 0


def test_t60_ten_nodes_that_share_a_budget_ask_it_one_at_a_time(
    fleet: Fleet, controller: ControllerProcess
) -> None:
    """The lane of a budget is one for all nodes; every node gets its turn, and nobody is forced."""
    doomed = fleet.join(10, cpu="1")
    fleet.replicas("web", 10, cpu="800m")
    fleet.join(3)

    for stage in doomed:
        stage.send_spot()
    ended = [stage.wait_phase("Drained", "Finished")["status"] for stage in doomed]

    assert {status["pods"]["gone"] for status in ended} == {1}
    assert {status["pods"]["forced"] for status in ended} == {0}
    asked = doomed[0].evictions()
    assert sum(request.code == 201 for request in asked) == 10
    assert {request.code for request in asked} <= {201, 429}
    # A budget without room is asked once a second, and once more whenever it shows some. Free for
    # all, nine nodes would be refused in each of these seconds.
    seconds = asked[-1].at - asked[0].at
    assert sum(request.code == 429 for request in asked) <= seconds + 20


def test_t61_a_budget_of_one_lets_one_drain_and_an_interruption_passes_it(
    fleet: Fleet, controller: ControllerProcess
) -> None:
    first, second, third = fleet.join(3)
    fleet.policy(budget={"nodes": 1})
    fleet.held("web-1", first)
    second.add_pods(second.pod("web-2"))
    third.add_pods(third.pod("web-3"))

    first.send_rebalance()
    first.wait_phase("Draining")
    second.send_rebalance(age=1)
    third.send_rebalance()
    for stage in (second, third):
        assert waits_for(stage, "NodeBudget")["phase"] == "Fenced"
        assert cordoned(stage.wait_node(lambda _: True))
    assert {request.pod for request in first.requests()} == {"web-1"}

    second.send_spot(age=110)
    second.wait_phase("Drained", "Finished")
    assert admitted(third.wait_phase("Fenced"))["status"] == "False"
    assert "web-3" not in {request.pod for request in third.requests()}

    fleet.release("web-1")
    first.wait_phase("Drained")
    third.wait_phase("Drained")
