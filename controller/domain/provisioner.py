"""Who made a node, and whether that one drains it already."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.node import NodeFacts


class Provisioner(StrEnum):
    """Who makes a node and takes it away; the value is a metric label."""

    KARPENTER = "karpenter"
    AUTO_MODE = "auto_mode"
    MANAGED_NODE_GROUP = "managed_node_group"
    SELF_MANAGED = "self_managed"

    @property
    def is_karpenter(self) -> bool:
        """Whether it is Karpenter, run by the cluster's owner or, as EKS Auto Mode, by AWS."""
        return self in {Provisioner.KARPENTER, Provisioner.AUTO_MODE}


class KarpenterNodes(StrEnum):
    """Who handles notices for Karpenter's nodes on which Karpenter acts by itself."""

    LEAVE_TO_KARPENTER = "LeaveToKarpenter"
    HANDLE = "Handle"


_DISRUPTED = frozenset({"karpenter.sh/disrupted", "karpenter.sh/disruption"})
"""The key of Karpenter's taint since v1.0, and that of v0.32 to v0.37."""


def provisioner_of(node: NodeFacts) -> Provisioner:
    """Tell by its labels who made a node.

    Sources: https://docs.aws.amazon.com/eks/latest/userguide/associate-workload.html (Auto Mode),
    https://karpenter.sh/docs/concepts/nodepools/, and the labels that EKS gives to nodes of a group.
    """
    # First: nodes of Auto Mode have Karpenter's label too.
    if node.labels.get("eks.amazonaws.com/compute-type") == "auto":
        return Provisioner.AUTO_MODE
    if "karpenter.sh/nodepool" in node.labels:
        return Provisioner.KARPENTER
    if "eks.amazonaws.com/nodegroup" in node.labels:
        return Provisioner.MANAGED_NODE_GROUP
    return Provisioner.SELF_MANAGED


def karpenter_drains(node: NodeFacts) -> bool:
    """Tell whether Karpenter is draining the node.

    It drains a Node that is being deleted, and taints it first. Either sign alone says less: it also
    taints nodes that it may replace later, for minutes, and takes the taint away again; and a Node
    is deleted in vain while Karpenter is down, for its finalizer holds it.
    Source: https://karpenter.sh/docs/concepts/disruption/#control-flow
    """
    return node.deleting and any(taint.key in _DISRUPTED for taint in node.taints)
