"""What we know of a Node."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from controller.domain.resources import NOTHING, allocatable_of
from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.resources import Resources
    from controller.domain.times import Instant

_PROVIDER_ID = re.compile(r"^aws:///[^/]*/(i-[0-9a-f]{8,17})$")
INSTANCE_ID = re.compile(r"^i-[0-9a-f]{8,17}$")

# Who says that a node is Spot: EKS managed node groups, Karpenter, self-managed conventions.
_SPOT_LABELS = {
    "eks.amazonaws.com/capacityType": "SPOT",
    "karpenter.sh/capacity-type": "spot",
    "node.kubernetes.io/lifecycle": "spot",
    "spotdrain.io/capacity-type": "spot",
}


@dataclass(frozen=True, slots=True)
class Taint:
    """A node taint."""

    key: str
    effect: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """The few fields of a Node that a drain needs; everything else is dropped on arrival.

    `ready`: its kubelet reports that it can run pods, since `ready_since`. `allocatable` is what it
    has for pods. `deleting`: somebody has deleted the Node, and a finalizer still holds it.
    """

    name: str
    uid: str
    instance_id: str
    resource_version: str = ""
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()
    raw_taints: tuple[Mapping[str, Any], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    ready: bool = True
    ready_since: Instant | None = None
    created_at: Instant = 0.0
    allocatable: Resources = NOTHING
    deleting: bool = False

    @property
    def instance_type(self) -> str:
        """The EC2 instance type, `unknown` without the well-known label."""
        return self.labels.get("node.kubernetes.io/instance-type", "unknown")

    @property
    def zone(self) -> str:
        """The availability zone, `unknown` without the well-known label."""
        return self.labels.get("topology.kubernetes.io/zone", "unknown")

    @property
    def pool(self) -> str:
        """The Spot capacity pool: instance type and availability zone."""
        return f"{self.instance_type}/{self.zone}"

    @property
    def is_spot(self) -> bool:
        """Whether a well-known label calls this node Spot capacity."""
        return any(self.labels.get(key) == value for key, value in _SPOT_LABELS.items())


def instance_id_of(provider_id: object) -> str:
    """Take the instance id out of `aws:///<zone>/<instance-id>`; empty for Fargate and others.

    Source: cloud-provider-aws `pkg/providers/v1/instances.go` (KubernetesInstanceID).
    """
    match = _PROVIDER_ID.match(provider_id) if isinstance(provider_id, str) else None
    return match[1] if match else ""


def node_from(obj: Mapping[str, Any]) -> NodeFacts:
    """Reduce a v1 Node to its facts.

    Kept: our own annotations and all labels (policies select by them).
    """
    meta, spec, status = obj.get("metadata") or {}, obj.get("spec") or {}, obj.get("status") or {}
    conditions = status.get("conditions") or ()
    reported: Mapping[str, Any] = next((c for c in conditions if c.get("type") == "Ready"), {})
    ready = reported.get("status") == "True"
    raw = tuple(spec.get("taints") or ())
    annotations = meta.get("annotations") or {}
    return NodeFacts(
        name=meta.get("name", ""),
        uid=meta.get("uid", ""),
        instance_id=instance_id_of(spec.get("providerID")),
        resource_version=meta.get("resourceVersion", ""),
        unschedulable=bool(spec.get("unschedulable")),
        taints=tuple(Taint(t.get("key", ""), t.get("effect", ""), t.get("value", "")) for t in raw),
        raw_taints=raw,
        labels=dict(meta.get("labels") or {}),
        annotations={k: v for k, v in annotations.items() if k.startswith("spotdrain.io/")},
        ready=ready,
        ready_since=parse_rfc3339(reported.get("lastTransitionTime")) if ready else None,
        created_at=parse_rfc3339(meta.get("creationTimestamp")) or 0.0,
        allocatable=allocatable_of(status),
        deleting="deletionTimestamp" in meta,
    )
