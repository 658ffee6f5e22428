"""The same requests as the controller's, by a bare loop as fast as the server takes them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bench.bare import Bare
from controller.domain.node import node_from
from controller.domain.policy import Action, Policy
from controller.drain.fence import fence_patch
from controller.kube.connect import CONNECTIONS
from hack.cluster.install import CONTROLLER, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hack.cluster import LocalCluster

NODES = "/api/v1/nodes"


def bare(cluster: LocalCluster) -> Bare:
    """Make a client with the controller's rights and as many connections as it may use."""
    return Bare(cluster.kubeconfig_for_service_account(NAMESPACE, CONTROLLER), CONNECTIONS)


async def patches(client: Bare) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Work out what the controller would send to close each node: (node, body) by instance id."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for item in (await client.get(NODES))["items"]:
        node = node_from(item)
        patch = fence_patch(node, Policy().fence, Action.DRAIN, node.instance_id, time.time()) or {}
        guard = {"uid": node.uid, "resourceVersion": node.resource_version}
        body = {**patch, "metadata": {**patch.get("metadata", {}), **guard}}
        found[node.instance_id] = node.name, body
    return found


def eviction(name: str, uid: str) -> dict[str, Any]:
    """Describe the eviction of one pod of the measurements' namespace, and of no other by its name."""
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name},
        "deleteOptions": {"preconditions": {"uid": uid}},
    }
