"""Who is in the cluster: one control plane, and workers as EKS would label them."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Worker:
    """A worker node: its container's name, and the instance that it passes for."""

    name: str
    instance_id: str
    zone: str
    instance_type: str
    spot: bool

    @property
    def provider_id(self) -> str:
        """As the AWS cloud provider writes it into spec.providerID."""
        return f"aws:///{self.zone}/{self.instance_id}"

    @property
    def labels(self) -> dict[str, str]:
        """The labels that EKS gives to the nodes of a managed node group."""
        return {
            "topology.kubernetes.io/region": self.zone[:-1],
            "topology.kubernetes.io/zone": self.zone,
            "node.kubernetes.io/instance-type": self.instance_type,
            "eks.amazonaws.com/capacityType": "SPOT" if self.spot else "ON_DEMAND",
            "eks.amazonaws.com/nodegroup": "spot" if self.spot else "base",
        }


@dataclass(frozen=True)
class Layout:
    """A cluster's name among kind's, and its workers.

    A `bare` one is an API server and its controllers, without a network for pods: its node is
    never Ready, and what runs on it uses the node's own network.
    """

    name: str
    workers: tuple[Worker, ...] = ()
    bare: bool = False

    @property
    def control_plane(self) -> str:
        """The container of its control plane, which is its node's name too."""
        return f"{self.name}-control-plane"

    @property
    def containers(self) -> set[str]:
        """The containers of all its nodes."""
        return {self.control_plane, *(worker.name for worker in self.workers)}


def standard(name: str | None = None) -> Layout:
    """Return the cluster with three workers; SPOTDRAIN_KIND_CLUSTER gives another one beside it."""
    name = name or os.environ.get("SPOTDRAIN_KIND_CLUSTER") or "spotdrain"
    # kind names the containers so, in the order of its configuration.
    first, second, third = f"{name}-worker", f"{name}-worker2", f"{name}-worker3"
    workers = (
        Worker(first, "i-0a000000000000001", "us-east-1a", "m6i.large", spot=True),
        Worker(second, "i-0a000000000000002", "us-east-1b", "c6i.large", spot=True),
        Worker(third, "i-0a000000000000003", "us-east-1a", "m6i.large", spot=False),
    )
    return Layout(name, workers)
