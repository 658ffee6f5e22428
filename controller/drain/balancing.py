"""Which pods are behind a load balancer whose targets are instances."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.pod import PodFacts
    from controller.domain.service import ServiceFacts


def balanced(pods: Iterable[PodFacts], services: Iterable[ServiceFacts]) -> frozenset[str]:
    """List the UIDs of the pods to which a load balancer may send through their node."""
    by_namespace: defaultdict[str, list[ServiceFacts]] = defaultdict(list)
    for service in services:
        by_namespace[service.namespace].append(service)
    return frozenset(
        pod.uid for pod in pods if any(s.balances(pod) for s in by_namespace.get(pod.namespace, ()))
    )
