"""The mirror of the Services that can be reached from outside, by namespace."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from controller.domain.service import service_from
from controller.kube.mirror import Mirror

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.service import ServiceFacts
    from controller.kube.api import Api

PATH = "/api/v1/services"
OUTSIDE = {"fieldSelector": "spec.type!=ClusterIP,spec.type!=ExternalName"}
"""The API server leaves out all others, and tells a Service whose type changes as deleted."""


class Services:
    """All Services of the types LoadBalancer and NodePort as ServiceFacts; none while unknown."""

    def __init__(self, api: Api) -> None:
        self.mirror: Mirror[ServiceFacts] = Mirror(api, PATH, service_from, query=OUTSIDE)
        self._by_namespace: defaultdict[str, dict[str, ServiceFacts]] = defaultdict(dict)
        self.mirror.listen(self._index)

    def in_namespaces(self, namespaces: Iterable[str]) -> Iterable[ServiceFacts]:
        """Give the Services of some namespaces."""
        for namespace in namespaces:
            yield from self._by_namespace.get(namespace, {}).values()

    def _index(self, old: ServiceFacts | None, new: ServiceFacts | None) -> None:
        if old:
            self._by_namespace[old.namespace].pop(old.uid, None)
        if new:
            self._by_namespace[new.namespace][new.uid] = new
