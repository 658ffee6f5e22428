"""The pods' network where kind's own cannot be had: a bridge on each node, and routes between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hack.docker import Docker

CONFIG = "/etc/cni/net.d/10-bridge.conflist"


def connect(docker: Docker, nodes: Sequence[dict[str, Any]]) -> None:
    """Give every node its bridge, and a route to the pods of every other; `nodes` are Node objects.

    NetworkPolicies are not enforced on it.
    """
    for node in nodes:
        name = node["metadata"]["name"]
        routes = (
            f"ip route replace {other['spec']['podCIDR']} via {address(other)}"
            for other in nodes
            if other is not node
        )
        write = f"mkdir -p /etc/cni/net.d && cat > {CONFIG}.new && mv {CONFIG}.new {CONFIG}"
        script = " && ".join([*routes, write])
        config = json.dumps(bridge(node["spec"]["podCIDR"])).encode()
        docker("exec", "-i", name, "sh", "-c", script, input=config, aim=f"connect {name}")


def address(node: dict[str, Any]) -> str:
    """Return the node's own address."""
    addresses = node["status"]["addresses"]
    return next(str(a["address"]) for a in addresses if a["type"] == "InternalIP")


def bridge(subnet: str) -> dict[str, Any]:
    """Return the CNI configuration of a node whose pods get their addresses from `subnet`."""
    return {
        "cniVersion": "0.4.0",
        "name": "bridge",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": subnet}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
