"""Nodes, pods and budgets to measure on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from hack.errors import HackError
from hack.nodes import node_manifest
from hack.pods import pod_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hack.cluster import LocalCluster

NAMESPACE = "bench"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
BUDGETS = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"


CHUNK = 100
"""More nodes at once are more than KWOK has Ready within its minute on two cores."""


class Target(NamedTuple):
    """A node, and the instance that it is."""

    node: str
    instance_id: str


def targets(prefix: str, count: int, first: int) -> list[Target]:
    """Name nodes `<prefix>-<n>`; `first` is the number of the first instance, unique in a run."""
    return [Target(f"{prefix}-{n}", f"i-{first + n:017x}") for n in range(count)]


def join(cluster: LocalCluster, found: Sequence[Target]) -> None:
    """Have the nodes join, some at a time; returns once all are Ready."""
    for some in (found[n : n + CHUNK] for n in range(0, len(found), CHUNK)):
        cluster.add_nodes(
            [node_manifest(t.node, t.instance_id, "us-east-1a", "m5.4xlarge") for t in some]
        )


def settle(cluster: LocalCluster, pods: Sequence[dict[str, Any]]) -> None:
    """Create pods that name their nodes; returns once KWOK runs all of them."""
    cluster.create_all(PODS, pods)
    missing = {pod["metadata"]["name"] for pod in pods}
    for found in cluster.follow(PODS):
        if found["status"].get("phase") == "Running":
            missing.discard(found["metadata"]["name"])
        if not missing:
            return
    raise HackError(f"{len(missing)} of {len(pods)} pods did not run within a minute.")


def pod(name: str, node: str, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Describe a pod on a node; it takes the second that KWOK's pods take to stop."""
    return pod_manifest(name, NAMESPACE, labels=labels, nodeName=node)


def owner(cluster: LocalCluster) -> dict[str, Any]:
    """Create what controls pods without replacing them; pods without a controller are no usual ones.

    Returns the owner reference.
    """
    text = cluster.kubectl("create", "configmap", "owner", f"-n={NAMESPACE}", "--output=json")
    meta = json.loads(text)["metadata"]
    named = {"apiVersion": "v1", "kind": "ConfigMap", "name": meta["name"], "uid": meta["uid"]}
    return {**named, "controller": True}


def owned(found: dict[str, Any], reference: Mapping[str, Any]) -> dict[str, Any]:
    """Give a pod its controller."""
    return found | {"metadata": found["metadata"] | {"ownerReferences": [dict(reference)]}}


def guard(cluster: LocalCluster, name: str) -> None:
    """Guard the pods labelled `app: <name>` by a budget without room; returns when it is known."""
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": name}}},
    }
    cluster.create_all(BUDGETS, [budget])
    for found in cluster.follow(BUDGETS):
        same = found["metadata"]["name"] == name
        if same and found.get("status", {}).get("currentHealthy", 0) > 0:
            return
    raise HackError(f"The disruption controller did not look at the budget {name} in a minute.")
