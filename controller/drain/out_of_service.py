"""The taint that has a dead node's volumes detached at once: when it is put on, and when never.

Of a node that is silent Kubernetes cannot know whether it still writes to its volumes, so it waits six
minutes before it attaches them elsewhere. The taint says that the machine is off for good:
https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#non-graceful-node-shutdown
On a live node it would have mounted volumes detached and all pods deleted, past every budget.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from controller.domain.policy import OutOfService

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.policy import Policy
    from controller.domain.times import Instant

TAINT = {
    "key": "node.kubernetes.io/out-of-service",
    "value": "nodeshutdown",
    "effect": "NoExecute",
}
PATIENCE = 600.0
"""Seconds after its end for which a node may still be Ready: the node lifecycle controller notices a
silent kubelet within a minute, and the six minutes that the taint would save are over by then."""


class Step(StrEnum):
    """What to do about the node of an instance that is terminated."""

    TAINT = "Taint"
    WAIT = "Wait"
    LEAVE = "Leave"


def step_of(node: NodeFacts, record: Interruption, policy: Policy, now: Instant) -> Step:
    """Decide by what is known now; `node` is the one that has the record's instance."""
    # Only EC2 knows that a machine is off; a silent node may be alive and write.
    if record.terminated_at is None:
        return Step.LEAVE
    # Nobody asked for it, or the policy does nothing to nodes.
    never = policy.drain.out_of_service is OutOfService.NEVER
    if never or not policy.drains(record.kind):
        return Step.LEAVE
    # It is there already, ours or somebody else's.
    if _tainted(node):
        return Step.LEAVE
    # A kubelet that reports for so long after the end is that of a machine which is not off.
    if now >= record.terminated_at + PATIENCE:
        return Step.LEAVE
    # A live node, as far as Kubernetes knows: never.
    if node.ready:
        return Step.WAIT
    return Step.TAINT


def out_of_service_patch(node: NodeFacts) -> dict[str, Any] | None:
    """Work out the merge patch of exactly this version of a node; None if it is Ready after all."""
    if node.ready or _tainted(node):
        return None
    return {"spec": {"taints": [*node.raw_taints, TAINT]}}


def _tainted(node: NodeFacts) -> bool:
    return any(taint.key == TAINT["key"] for taint in node.taints)
