"""The nodes of the demo: four Spot capacity pools of five."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from hack.nodes import internal_address, node_manifest

NODES_A_POOL = 5
NODE_GROUP = "eks.amazonaws.com/nodegroup"
"""The label by which EKS names a managed node group; here there is one for each pool."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A Spot capacity pool: what EC2 takes back, it takes back by instance type and zone."""

    instance_type: str
    zone: str

    @property
    def name(self) -> str:
        """The pool as spotdrain writes it: `m5.4xlarge/us-east-1a`."""
        return f"{self.instance_type}/{self.zone}"

    @property
    def group(self) -> str:
        """The EKS node group that holds the pool's nodes."""
        return f"spot-{self.instance_type.partition('.')[0]}-{self.zone[-1]}"


POOLS = tuple(
    Pool(instance_type, zone)
    for instance_type in ("m5.4xlarge", "r5.4xlarge")
    for zone in ("us-east-1a", "us-east-1b")
)
INTERRUPTED, REBALANCED = POOLS[0], POOLS[-1]


@dataclass(frozen=True, slots=True)
class Instance:
    """An EC2 instance, and the node that it is."""

    id: str
    pool: Pool

    @property
    def node_name(self) -> str:
        """The private DNS name, which EKS gives a node: `ip-172-20-11-3.ec2.internal`."""
        return f"ip-{internal_address(self.id).replace('.', '-')}.ec2.internal"


def instances_of(pool: Pool) -> list[Instance]:
    """Return the instances of a pool: the same ids in every demo."""
    numbered = (f"{pool.name}/{number}" for number in range(NODES_A_POOL))
    return [Instance(f"i-0{hashlib.sha256(n.encode()).hexdigest()[:16]}", pool) for n in numbered]


def node_manifests() -> list[dict[str, Any]]:
    """Return the nodes of all pools, as EKS registers Spot instances of a managed node group."""
    return [
        node_manifest(
            instance.node_name,
            instance.id,
            pool.zone,
            pool.instance_type,
            labels={NODE_GROUP: pool.group},
        )
        for pool in POOLS
        for instance in instances_of(pool)
    ]
