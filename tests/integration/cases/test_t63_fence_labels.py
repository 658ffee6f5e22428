"""T63: the labels of a closed node come before the first eviction, and go with the fence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.drain.fence import ANNOTATION, EXCLUDE_LABEL
from hack.cluster.install import CONTROLLER
from tests.integration.cases.policy import apply, policy
from tests.integration.stage import first_patch, labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

DRAIN = {
    "events": {"rebalance": {"action": "Drain", "waitForCapacity": "0s"}},
    "drain": {"unmanagedPods": {"onVoluntary": "Evict"}},
}
"""No other node is needed, and the pods of these tests have no controller."""
GOING = "example.com/going"


def open_node(node: Mapping[str, Any]) -> bool:
    return ANNOTATION not in node["metadata"]["annotations"]


def test_t63_labels_stand_before_the_first_eviction_follow_the_policy_and_go_with_the_fence(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.cluster.kubectl("label", "node", stage.node_name, "team=batch")
    before = labels_of(stage.wait_node(lambda n: "team" in labels_of(n)))
    stage.add_pods(
        stage.pod("free"), stage.pod("stays", annotations={"karpenter.sh/do-not-disrupt": "true"})
    )
    fence = {"labels": {GOING: "yes", "team": "ours"}}

    with policy(stage, {**DRAIN, "fence": fence}):
        stage.send_rebalance()
        stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("gone") == 1)
        closed = stage.wait_node(lambda n: not open_node(n))
        assert labels_of(closed) == before | {EXCLUDE_LABEL: "true", GOING: "yes"}
        assert first_patch(stage, CONTROLLER) < stage.evictions()[0].at

        changed = {"excludeFromLoadBalancers": False, "taint": {"key": "example.com/leaves"}}
        apply(stage, {**DRAIN, "fence": {**changed, "labels": {GOING: "soon"}}})
        adapted = stage.wait_node(lambda n: labels_of(n).get(GOING) == "soon")
        assert labels_of(adapted) == before | {GOING: "soon"}
        ours = [t["key"] for t in adapted["spec"]["taints"] if "kubernetes.io" not in t["key"]]
        assert ours == ["example.com/leaves"]

        stage.cluster.kubectl("delete", "nodeinterruption", stage.instance_id)
        # Kubernetes takes the taint of an unschedulable node away a moment after the field.
        opened = stage.wait_node(lambda n: open_node(n) and not n["spec"].get("taints"))
    assert labels_of(opened) == before
    assert not opened["spec"].get("unschedulable")


def test_t63_an_expired_recommendation_leaves_the_label_of_somebody_else(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.cluster.kubectl("label", "node", stage.node_name, f"{EXCLUDE_LABEL}=false")
    before = labels_of(stage.wait_node(lambda n: EXCLUDE_LABEL in labels_of(n)))
    expiring = {"rebalance": {"action": "Cordon", "expireAfter": "10m"}}

    with policy(stage, {"events": expiring, "fence": {"labels": {GOING: "yes"}}}):
        # 25 s are left of it: enough for a slow machine to close the node.
        stage.send_rebalance(age=575)
        closed = stage.wait_node(lambda n: not open_node(n))
        assert labels_of(closed) == before | {GOING: "yes"}
        stage.wait_phase("Expired")
        opened = stage.wait_node(open_node)
    assert labels_of(opened) == before
