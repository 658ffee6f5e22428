"""Which Services a load balancer reaches through the nodes, and which pods are behind them."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.service import ServiceFacts, service_from
from tests.builders import pod

NLB = "service.beta.kubernetes.io/aws-load-balancer"


def service(annotations: dict[str, str] | None = None, **spec: Any) -> ServiceFacts:
    given: dict[str, Any] = {"selector": {"app": "web"}, "ports": [{"port": 80, "nodePort": 31080}]}
    meta = {"namespace": "shop", "name": "web", "uid": "u1", "annotations": annotations}
    return service_from({"metadata": meta, "spec": given | spec})


def test_a_service_is_reduced_to_its_facts() -> None:
    assert service() == ServiceFacts("shop", "u1", {"app": "web"}, through_nodes=True)
    assert service_from({}) == ServiceFacts("", "")


@pytest.mark.parametrize(
    ("annotations", "through_nodes"),
    [
        pytest.param({}, True, id="as-Kubernetes-has-it"),
        pytest.param({f"{NLB}-type": "nlb"}, True, id="the-service-controllers-nlb"),
        pytest.param({f"{NLB}-type": "external"}, True, id="left-to-another-controller"),
        pytest.param({f"{NLB}-nlb-target-type": "instance"}, True, id="instances-by-name"),
        pytest.param(
            {f"{NLB}-type": "external", f"{NLB}-nlb-target-type": "ip"}, False, id="addresses"
        ),
        pytest.param({f"{NLB}-type": "nlb-ip"}, False, id="addresses-the-old-way"),
        pytest.param({"alb.ingress.kubernetes.io/target-type": "ip"}, False, id="an-alb"),
    ],
)
def test_annotations_say_whether_the_targets_are_addresses(
    annotations: dict[str, str], through_nodes: bool
) -> None:
    assert service(annotations).through_nodes is through_nodes


def test_without_a_node_port_nothing_comes_through_a_node() -> None:
    """As with `allocateLoadBalancerNodePorts: false`."""
    assert not service(ports=[{"port": 80}]).through_nodes
    assert not service(ports=None).through_nodes
    assert service(ports=[{"port": 80}, {"port": 443, "nodePort": 31443}]).through_nodes


def test_a_service_balances_what_it_selects_in_its_namespace() -> None:
    assert service().balances(pod("web"))
    assert service().balances(pod("web", labels={"app": "web", "tier": "front"}))
    assert not service().balances(pod("api"))
    assert not service().balances(pod("web", namespace="test"))
    assert not service(selector={"app": "web", "tier": "front"}).balances(pod("web"))
    assert not service({f"{NLB}-type": "nlb-ip"}).balances(pod("web"))


def test_a_service_without_a_selector_balances_no_pod() -> None:
    assert not service(selector=None).balances(pod("web"))
