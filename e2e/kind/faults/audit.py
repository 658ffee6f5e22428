"""Which pods the controller asked to go, and when: what the API server's audit log says."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bench.trail import calls
from e2e.kind.product import NAMESPACE, RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.trail import Call
    from hack.kind import KindCluster

USER = f"system:serviceaccount:{NAMESPACE}:{RELEASE}"
ASKS = {("create", "pods/eviction"), ("delete", "pods")}


def accepted_calls(cluster: KindCluster, namespace: str) -> dict[str, list[float]]:
    """Read when the controller's evictions and deletions in a namespace were accepted, by pod."""
    return accepted(calls(cluster.audit()), namespace)


def accepted(log: Iterable[Call], namespace: str) -> dict[str, list[float]]:
    """Find them among calls: epoch seconds by pod name, as the requests arrived."""
    found: dict[str, list[float]] = defaultdict(list)
    for call in log:
        home, _, pod = call.key.partition("/")
        asks = call.user == USER and (call.verb, call.resource) in ASKS
        if asks and call.accepted and home == namespace:
            found[pod].append(call.arrived)
    return dict(found)
