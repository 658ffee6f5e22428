"""Manifests of nodes that look like EKS Spot nodes and are played by KWOK."""

from __future__ import annotations

import ipaddress
import zlib
from typing import TYPE_CHECKING, Any

from hack.binaries.catalogue import KUBERNETES_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

KWOK_ANNOTATION = {"kwok.x-k8s.io/node": "fake"}
"""By this annotation KWOK knows the nodes that it plays."""

NOT_READY = "node.kubernetes.io/not-ready"


def node_manifest(
    name: str,
    instance_id: str,
    zone: str,
    instance_type: str,
    *,
    capacity_type: str = "SPOT",
    labels: Mapping[str, str] | None = None,
    cpu: str = "16",
    memory: str = "64Gi",
    pods: int = 110,
) -> dict[str, Any]:
    """Return a Node as EKS registers it for an EC2 instance.

    `instance_id` is EC2's (`i-...`), `zone` an availability zone (`us-east-1a`), `capacity_type`
    SPOT or ON_DEMAND; `cpu` and `memory` are quantities. `labels` win over those that EKS sets.
    The provider id has the form that the AWS cloud provider writes: aws:///ZONE/INSTANCE-ID
    (kubernetes/cloud-provider-aws, pkg/providers/v1/instances.go).
    """
    resources = {"cpu": cpu, "memory": memory, "pods": str(pods)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": dict(KWOK_ANNOTATION),
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "node.kubernetes.io/instance-type": instance_type,
                "topology.kubernetes.io/zone": zone,
                "topology.kubernetes.io/region": region_of(zone),
                "eks.amazonaws.com/capacityType": capacity_type,
                **(labels or {}),
            },
        },
        "spec": {"providerID": f"aws:///{zone}/{instance_id}"},
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "addresses": [
                {"type": "InternalIP", "address": internal_address(instance_id)},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": _node_info(),
        },
    }


def is_ready(node: Mapping[str, Any]) -> bool:
    """Tell whether pods can be scheduled: Ready is True, and the taint of an unready node is gone.

    The node lifecycle controller takes the taint away a moment after the condition changes.
    """
    conditions = node.get("status", {}).get("conditions", [])
    taints = node.get("spec", {}).get("taints", [])
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    return ready and all(taint["key"] != NOT_READY for taint in taints)


def region_of(zone: str) -> str:
    """Return the region of an availability zone: us-east-1a lies in us-east-1."""
    return zone.rstrip("abcdefghijklmnopqrstuvwxyz")


def internal_address(instance_id: str) -> str:
    """Return an address of 172.16.0.0/12 for an instance: the same id, the same address."""
    return str(ipaddress.ip_network("172.16.0.0/12")[zlib.crc32(instance_id.encode()) % 2**20])


def spot_nodes(
    count: int, zones: int = 3, instance_type: str = "m5.4xlarge"
) -> list[dict[str, Any]]:
    """Return `count` Spot nodes `spot-0`, `spot-1`, ... spread over the zones of us-east-1.

    The instance id of node n is i- and n in 17 hexadecimal digits.
    """
    return [
        node_manifest(
            f"spot-{number}",
            f"i-{number:017x}",
            f"us-east-1{'abcdef'[number % zones]}",
            instance_type,
        )
        for number in range(count)
    ]


def _node_info() -> dict[str, str]:
    """Return what a kubelet says about its machine; the API server wants every field."""
    return {
        "architecture": "amd64",
        "operatingSystem": "linux",
        "kubeletVersion": KUBERNETES_VERSION,
        "kubeProxyVersion": "",
        "containerRuntimeVersion": "containerd://2.0.0",
        "osImage": "Amazon Linux 2023",
        "kernelVersion": "6.12",
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
    }
