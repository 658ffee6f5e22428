"""Rights that RBAC takes away while the controller runs, and gives back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hack.cluster.install import CONTROLLER
from tests.integration.cases import budgets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

PODS = 12
SLOW = 10
UNAVAILABLE = 503


@contextmanager
def without(cluster: LocalCluster, resource: str, verb: str) -> Iterator[None]:
    """Take one verb on one resource from the controller's ClusterRole for the block."""
    before = json.loads(cluster.kubectl("get", "clusterrole", CONTROLLER, "-o", "json"))["rules"]
    _write(cluster, [kept for rule in before for kept in _less(rule, resource, verb)])
    try:
        yield
    finally:
        _write(cluster, before)


def _less(rule: Mapping[str, Any], resource: str, verb: str) -> list[dict[str, Any]]:
    """Split a rule into what is left of it."""
    others = [r for r in rule["resources"] if r != resource]
    verbs = [v for v in rule["verbs"] if v != verb]
    if resource not in rule["resources"]:
        return [dict(rule)]
    parts = [{**rule, "resources": others}, {**rule, "resources": [resource], "verbs": verbs}]
    return [part for part in parts if part["resources"] and part["verbs"]]


def _write(cluster: LocalCluster, rules: list[dict[str, Any]]) -> None:
    patch = json.dumps({"rules": rules})
    cluster.kubectl("patch", "clusterrole", CONTROLLER, "--type=merge", f"--patch={patch}")


def permitted(ni: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the condition Permitted of a NodeInterruption, if it has one."""
    conditions = ni.get("status", {}).get("conditions", [])
    return [(c["status"], c["message"]) for c in conditions if c["type"] == "Permitted"]


def test_t16_a_missing_right_is_one_condition_and_no_storm_of_calls(
    controller: ControllerProcess, stage: Stage
) -> None:
    """RBAC 403 for twelve pods: each is refused once, then one of them asks every ten seconds.

    The condition tells what is missing and what to do. It goes on when the right is back.
    """
    stage.add_pods(*(stage.pod(f"pod-{n}", grace=5) for n in range(PODS)))
    with without(stage.cluster, "pods/eviction", "create"):
        stage.send_spot()
        told = stage.wait(lambda ni: bool(permitted(ni)))
        controller.wait_for_words("evict ", stage.namespace, "cannot create resource")
        since = len(controller.lines)
        # The first that asks again for all: ten seconds after the first refusals.
        controller.wait_for(lambda line: _asked_again(line, stage), since=since)
    ended = stage.wait_phase("Drained", "Finished")

    [(status, message)] = permitted(told)
    assert status == "False"
    assert 'cannot create resource "pods/eviction"' in message
    assert message.endswith("bind the ClusterRole of the chart to this ServiceAccount")
    refusals = [r for r in stage.evictions() if r.code == 403]
    span = refusals[-1].at - refusals[0].at
    # The one that asks again may do so when the right is back, and is let through.
    assert PODS <= len(refusals) <= PODS + span / SLOW + 1
    assert permitted(ended)[0][0] == "True"
    assert ended["status"]["pods"]["evicted"] == PODS
    assert stage.deletions() == []


def test_no_message_is_lost_while_our_own_writes_are_forbidden(
    controller: ControllerProcess, stage: Stage
) -> None:
    """They wait in the queue, visible to all, until the right is back.

    Each receive would bring them nearer to the dead-letter queue: a receive that had begun before
    may still take them once, and no other does. /readyz says what is missing.
    """
    stage.add_pods(stage.pod("waiting", grace=5))
    with without(stage.cluster, "nodeinterruptions", "create"):
        stage.send_spot()
        stage.send_rebalance()
        controller.wait_for_words("cannot record and fence", stage.node_name)
        line = controller.wait_for_words("no message is taken: not allowed to create")
        ready = controller.get("/readyz")
        # Two receivers that poll would take them in the moment in which they are visible again.
        stage.wait_waiting(2)
    controller.wait_for_words("taking messages again", since=controller.lines.index(line))
    record = stage.wait_phase("Drained")

    assert ready.code == UNAVAILABLE
    assert "nodeinterruptions" in ready.text
    assert len(record["spec"]["notices"]) >= 1
    assert record["status"]["kind"] == "SpotInterruption"


def test_a_budget_is_not_asked_about_while_the_right_is_missing(
    controller: ControllerProcess, stage: Stage
) -> None:
    """The lane of a budget goes on by itself once a second; a missing right stops that too."""
    stage.add_pods(stage.pod("guarded", grace=5, labels={"by": "full"}))
    budgets.make(stage, "full", minAvailable=1, selector=budgets.select(by="full"))
    with without(stage.cluster, "pods/eviction", "create"):
        stage.send_spot(age=75)
        stage.wait(lambda ni: bool(permitted(ni)))
        ended = stage.wait_phase("Drained", "Finished")

    refusals = stage.evictions()
    assert {r.code for r in refusals} == {403}
    assert len(refusals) <= (refusals[-1].at - refusals[0].at) / SLOW + 2
    assert [r.code for r in stage.deletions()] == [200]
    assert ended["status"]["pods"]["forced"] == 1


def _asked_again(line: Mapping[str, Any], stage: Stage) -> bool:
    refused = "cannot create resource" in line["message"]
    return refused and line["level"] == "debug" and stage.namespace in line["message"]
