"""Nodes of Karpenter and of EKS, whose owners drain them by themselves; the test plays Karpenter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.stage import Stage
from tests.integration.test_event_kinds import CHANGE, STATE, WEEK, condition, executed, starts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess

KARPENTER = {"karpenter.sh/nodepool": "default", "karpenter.sh/capacity-type": "spot"}
FINALIZER = "karpenter.sh/termination"


class Node(Stage):
    """A node of its own, with a pod; what Karpenter does with it is done by hand."""

    __slots__ = ()

    def join(self, labels: Mapping[str, str], grace: int = 30) -> None:
        """Have it join with these labels, for Karpenter with its finalizer, and run a pod on it."""
        self.labels = labels
        self.add_node()
        if "karpenter.sh/nodepool" in labels:
            self.patch({"metadata": {"finalizers": [FINALIZER]}})
        self.add_pods(self.pod("web", grace=grace))

    def taint(self) -> None:
        """Taint it as Karpenter does before a drain, and also before it looks for a replacement."""
        self.kubectl("taint", "node", self.node_name, "karpenter.sh/disrupted:NoSchedule")

    def delete(self) -> None:
        """Delete it as Karpenter does for an interruption; its finalizer holds it."""
        self.kubectl("delete", "node", self.node_name, "--wait=false")

    def let_go(self) -> None:
        """Take the finalizer away, as Karpenter does when the instance is gone."""
        self.patch({"metadata": {"finalizers": None}})

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Merge into the Node."""
        self.kubectl("patch", "node", self.node_name, "--type=merge", "-p", json.dumps(patch))

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl as the administrator."""
        return self.cluster.kubectl(*arguments)

    def leave(self) -> None:
        """Take it away for good."""
        self.remove()
        if self.kubectl("get", "node", self.node_name, "--ignore-not-found"):
            self.let_go()

    @property
    def closed(self) -> bool:
        """Whether our fence is on it."""
        found = json.loads(self.kubectl("get", "node", self.node_name, "-o", "json"))
        return "spotdrain.io/fence" in found["metadata"].get("annotations", {})


@pytest.fixture
def node(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[Node]:
    """Give a test its own node, which has not joined yet; it goes with the test."""
    made = Node(cluster, namespace, queue_url)
    yield made
    made.leave()


def left(ni: Mapping[str, Any]) -> tuple[str, str]:
    """Take the condition that tells whose the drain is: its status and reason."""
    told = condition(ni, "LeftToKarpenter")
    return told.get("status", ""), told.get("reason", "")


def test_what_karpenter_drains_is_left_to_it(node: Node, controller: ControllerProcess) -> None:
    before = controller.metric("spotdrain_left_to_karpenter_total", result="left")
    node.join(KARPENTER)
    # Before, and the rest as soon as it is awaited: it is for ten seconds only.
    node.taint()
    node.send_spot()
    awaited = node.wait(lambda ni: left(ni) == ("Unknown", "AwaitingKarpenter"))["status"]
    node.delete()
    assert awaited["message"].startswith("left to Karpenter, unless it has not begun")

    told = node.wait(lambda ni: left(ni) == ("True", "KarpenterDrains"))["status"]
    assert told["message"] == "left to Karpenter, which drains the node"
    assert not node.closed
    assert "left to Karpenter" in node.node_event("SpotInterruption")["note"]

    since = len(controller.lines)
    node.send_golden(STATE, state="shutting-down")
    controller.wait_for_words(node.node_name, "an autoscaler takes the node away", since=since)
    node.let_go()
    ended = node.wait_phase("Finished")["status"]
    assert (ended["kind"], ended["outcome"]) == ("SpotInterruption", "LeftToKarpenter")
    assert executed(node) == ("True", "AsAnnounced")
    assert "DeadlineMet" not in {c["type"] for c in ended["conditions"]}
    assert node.requests() == []
    controller.wait_metric(before + 1, "spotdrain_left_to_karpenter_total", result="left")


def test_karpenter_waits_for_no_date_and_the_change_is_not_executed(
    node: Node, controller: ControllerProcess
) -> None:
    node.join(KARPENTER)
    node.send_golden(CHANGE, **starts(WEEK, "first"))
    ahead = node.wait(lambda ni: "is scheduled for" in ni.get("status", {}).get("message", ""))
    node.delete()
    node.taint()
    node.wait(lambda ni: left(ni) == ("True", "KarpenterDrains"))
    node.let_go()

    ended = node.wait_phase("Finished")["status"]
    assert left(ahead) == ("", "")
    assert ended["outcome"] == "LeftToKarpenter"
    assert executed(node) == ("False", "NodeRemoved")
    assert node.requests() == []
    controller.wait_for_words(node.node_name, "left to Karpenter, which drains the node")


@pytest.mark.parametrize(
    "labels",
    [KARPENTER, KARPENTER | {"eks.amazonaws.com/compute-type": "auto"}],
    ids=["karpenter", "auto-mode"],
)
def test_a_node_that_karpenter_does_not_drain_is_drained_in_time(
    node: Node, controller: ControllerProcess, labels: dict[str, str]
) -> None:
    """Karpenter's taint alone is no drain: it also has it while a replacement is looked for."""
    before = controller.metric("spotdrain_left_to_karpenter_total", result="taken_over")
    node.join(labels)
    node.taint()
    node.send_spot()

    ended = node.wait_phase("Drained")
    assert left(ended) == ("False", "KarpenterHasNotBegun")
    assert node.closed
    assert [request.pod for request in node.evictions()] == ["web"]
    controller.wait_metric(before + 1, "spotdrain_left_to_karpenter_total", result="taken_over")


def test_a_drain_that_we_took_over_asks_nobody_once_karpenter_has_begun(
    node: Node, controller: ControllerProcess
) -> None:
    """Not even the pod whose last safe moment comes: 16 s before the end, of the 70 s left."""
    node.join(KARPENTER, grace=5)
    node.add_budget("web", 1, {"app": "web"})
    node.send_spot(age=50)
    node.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
    node.delete()
    node.taint()

    told = node.wait(lambda ni: left(ni) == ("True", "KarpenterDrains"))["status"]
    assert told["phase"] == "Fenced"
    assert node.wait_phase("Finished")["status"]["outcome"] == "LeftToKarpenter"
    assert node.closed
    assert {(request.verb, request.code) for request in node.requests()} == {("evict", 429)}
    controller.wait_for_words(node.node_name, "left to Karpenter, which drains the node")


def test_a_rebalance_recommendation_is_ours_and_the_interruption_then_karpenters(
    node: Node, controller: ControllerProcess
) -> None:
    node.join(KARPENTER)
    node.send_rebalance()
    told = node.wait_phase("Fenced")
    assert left(told) == ("", "")
    assert node.closed

    node.taint()
    node.send_spot()
    node.wait(lambda ni: left(ni)[0] == "Unknown")
    node.delete()
    told = node.wait(lambda ni: left(ni)[0] == "True")
    assert told["status"]["kind"] == "SpotInterruption"
    node.let_go()
    assert node.wait_phase("Finished")["status"]["outcome"] == "LeftToKarpenter"
    assert node.requests() == []
    controller.wait_for_words(node.node_name, "left to Karpenter")


def test_a_policy_has_karpenters_nodes_handled_as_any_other(
    node: Node, controller: ControllerProcess
) -> None:
    name = f"handle-{node.instance_id[2:10]}"
    selector = {"matchLabels": {"kubernetes.io/hostname": node.node_name}}
    spec = {"weight": 100, "nodeSelector": selector, "karpenterNodes": "Handle"}
    kind = {"apiVersion": "spotdrain.io/v1alpha1", "kind": "SpotPolicy"}
    node.cluster.apply([kind | {"metadata": {"name": name}, "spec": spec}])
    node.kubectl("wait", f"spotpolicy/{name}", "--for=condition=Accepted", "--timeout=60s")
    try:
        node.join(KARPENTER)
        node.delete()
        node.taint()
        node.send_spot()

        ended = node.wait_phase("Drained")
        assert left(ended) == ("", "")
        assert [request.pod for request in node.evictions()] == ["web"]
        controller.wait_for_words(node.node_name, "fenced")
    finally:
        node.kubectl("delete", "spotpolicy", name)


def test_nodes_of_a_managed_node_group_are_drained_and_counted(
    node: Node, controller: ControllerProcess
) -> None:
    node.join({"eks.amazonaws.com/nodegroup": "spot"})
    node.send_spot()

    ended = node.wait_phase("Drained")
    assert left(ended) == ("", "")
    assert [request.pod for request in node.evictions()] == ["web"]
    controller.wait_metric(1, "spotdrain_nodes", provisioner="managed_node_group")
