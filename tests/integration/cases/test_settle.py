"""Pods behind a load balancer that sends to instances stay until it has heard that the node goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from controller.domain.times import parse_rfc3339
from controller.drain.fence import ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

NLB_IP = {"service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip"}
SETTLE = 5.0


def service(stage: Stage, app: str, kind: str, annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": app, "namespace": stage.namespace, "annotations": annotations},
        "spec": {"type": kind, "selector": {"app": app}, "ports": [{"port": 80}]},
    }


def settled_at(node: Mapping[str, Any]) -> float:
    """Tell from when on the load balancers have heard that the node goes."""
    fence = json.loads(node["metadata"]["annotations"][ANNOTATION])
    return seconds(fence["excludedAt"]) + SETTLE


def held(ni: Mapping[str, Any]) -> set[str]:
    """List the pods that were not to be asked at the beginning of the drain.

    When they are asked tells nothing of the others: a machine that stands still holds up all.
    """
    status = ni["status"]
    # The beginning is written in whole seconds, cut off.
    begun = seconds(status["startedAt"]) + 1
    return {p["pod"].split("/")[1] for p in status["timeline"] if seconds(p["plannedAt"]) > begun}


def seconds(text: str) -> float:
    found = parse_rfc3339(text)
    assert found is not None
    return found


def test_only_what_a_load_balancer_reaches_through_the_node_is_held(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.cluster.apply(
        [
            service(stage, "balanced", "LoadBalancer", {}),
            service(stage, "ingress", "NodePort", {}),
            service(stage, "addressed", "LoadBalancer", NLB_IP),
            service(stage, "inner", "ClusterIP", {}),
        ]
    )
    stage.add_pods(*(stage.pod(name) for name in ("balanced", "ingress", "addressed", "inner")))

    stage.send_spot()
    done = stage.wait_phase("Drained")
    node = stage.wait_node(lambda n: ANNOTATION in n["metadata"]["annotations"])

    settled = settled_at(node)
    asked = {r.pod: r.at for r in stage.evictions()}
    assert asked.keys() == {"balanced", "ingress", "addressed", "inner"}
    assert min(asked["balanced"], asked["ingress"]) >= settled
    assert held(done) == {"balanced", "ingress"}


def test_a_late_notice_holds_nobody_past_the_last_safe_moment(
    stage: Stage, controller: ControllerProcess
) -> None:
    """With 40 s left and a grace of 30 s the last safe moment has passed when the notice comes."""
    stage.cluster.apply([service(stage, "balanced", "LoadBalancer", {})])
    stage.add_pods(stage.pod("balanced"))

    stage.send_spot(age=80)
    done = stage.wait_phase("Drained")

    assert [r.pod for r in stage.evictions()] == ["balanced"]
    assert held(done) == set()
