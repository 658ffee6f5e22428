"""What we know of a Service through which a load balancer may send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.pod import PodFacts

# By these a Service says that its load balancer's targets are pod addresses. The last one is ALB's,
# which the AWS Load Balancer Controller reads of an Ingress and of a Service.
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
_POD_TARGETS = {
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": {"ip", "nlb-ip"},
    "service.beta.kubernetes.io/aws-load-balancer-type": {"nlb-ip"},
    "alb.ingress.kubernetes.io/target-type": {"ip"},
}


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A Service's selector, and whether what it gets from outside may come through any node.

    An empty selector selects nothing: such a Service has endpoints written by hand.
    """

    namespace: str
    uid: str
    selector: Mapping[str, str] = field(default_factory=dict)
    through_nodes: bool = False

    def balances(self, pod: PodFacts) -> bool:
        """Tell whether a load balancer may reach the pod through its node."""
        return (
            self.through_nodes
            and self.namespace == pod.namespace
            and bool(self.selector)
            and self.selector.items() <= pod.labels.items()
        )


def service_from(obj: Mapping[str, Any]) -> ServiceFacts:
    """Reduce a v1 Service to its facts.

    A load balancer reaches a node by a node port only; that holds for Services of type NodePort
    too, which is how an ALB Ingress with instance targets sends.
    """
    meta, spec = obj.get("metadata") or {}, obj.get("spec") or {}
    annotations = meta.get("annotations") or {}
    to_pods = any(annotations.get(key) in values for key, values in _POD_TARGETS.items())
    has_node_port = any(port.get("nodePort") for port in spec.get("ports") or ())
    return ServiceFacts(
        namespace=meta.get("namespace", ""),
        uid=meta.get("uid", ""),
        selector=dict(spec.get("selector") or {}),
        through_nodes=has_node_port and not to_pods,
    )
