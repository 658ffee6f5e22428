"""Pods behind a load balancer that sends to instances stay until it has heard that the node goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from controller.domain.times import parse_rfc3339
from controller.drain.fence import ANNOTATION

if TYPE_CHECKING:
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
    stage.wait_phase("Drained")
    node = stage.wait_node(lambda n: ANNOTATION in n["metadata"]["annotations"])

    excluded = parse_rfc3339(json.loads(node["metadata"]["annotations"][ANNOTATION])["excludedAt"])
    assert excluded is not None
    asked = {r.pod: r.at for r in stage.evictions()}
    assert sorted(asked, key=lambda pod: asked[pod])[2:] in (
        ["balanced", "ingress"],
        ["ingress", "balanced"],
    )
    assert min(asked["balanced"], asked["ingress"]) >= excluded + SETTLE


def test_a_late_notice_holds_nobody_past_the_last_safe_moment(
    stage: Stage, controller: ControllerProcess
) -> None:
    """With 40 s left and a grace of 30 s the last safe moment has passed when the notice comes."""
    stage.cluster.apply([service(stage, "balanced", "LoadBalancer", {})])
    stage.add_pods(stage.pod("balanced"))

    stage.send_spot(age=80)
    stage.wait_phase("Drained")
    node = stage.wait_node(lambda n: ANNOTATION in n["metadata"]["annotations"])

    excluded = parse_rfc3339(json.loads(node["metadata"]["annotations"][ANNOTATION])["excludedAt"])
    assert excluded is not None
    assert stage.evictions()[0].at < excluded + SETTLE
