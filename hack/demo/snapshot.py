"""Fills the cluster, and keeps what ran in it before the first event."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hack.demo.apps import pod_count
from hack.demo.nodes import node_manifests
from hack.demo.workload import manifests
from hack.errors import HackError
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hack.cluster import LocalCluster

PODS = "/api/v1/pods"
READY_SECONDS = 60.0


def populate(cluster: LocalCluster) -> list[dict[str, Any]]:
    """Create nodes and workload; returns the pods as soon as all of them are Ready.

    Raises HackError when that takes too long.
    """
    nodes = node_manifests()
    with Progress("workload") as progress:
        progress.update(f"adding {len(nodes)} nodes")
        cluster.add_nodes(nodes)
        cluster.apply(manifests())
        names = {node["metadata"]["name"] for node in nodes}
        return _ready_pods(cluster, names, progress)


def _ready_pods(cluster: LocalCluster, nodes: set[str], progress: Progress) -> list[dict[str, Any]]:
    """Wait for the workload; a control plane that is a node has pods of its own, which don't count."""
    wanted = pod_count(len(nodes))
    ready: dict[str, dict[str, Any]] = {}
    until = time.monotonic() + READY_SECONDS
    # The API server may end a watch at any time, and does so soon after its start.
    while time.monotonic() < until:
        for pod in cluster.follow(PODS):
            if pod["spec"].get("nodeName") in nodes and is_ready(pod):
                ready[pod["metadata"]["uid"]] = pod
            progress.update(f"{len(ready)} of {wanted} pods are Ready")
            if len(ready) == wanted:
                return list(ready.values())
    raise HackError(
        f"Only {len(ready)} of {wanted} pods became Ready within {READY_SECONDS:.0f} s;"
        " is this machine busy? Try again when it is not."
    )


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Tell whether the pod's Ready condition holds."""
    conditions = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
