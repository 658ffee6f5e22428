"""Close a node in one PATCH, and open it again exactly as it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.drain.fence import fence_patch, unfence_patch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from controller.domain.node import NodeFacts
    from controller.domain.notice import Kind
    from controller.domain.policy import Policy
    from controller.engine.ports import Nodes

TRIES = 5
"""Kubelet and the cloud controller write Nodes too; five lost races in a row are an error."""

NOT_FOUND, CONFLICT = 404, 409


async def fence(nodes: Nodes, node: NodeFacts, policy: Policy, kind: Kind) -> bool:
    """Close a node as the policy says for this kind of notice; False when it was closed before.

    Raises ClusterError, with 404 when the node is gone or another one has its name.
    """
    action = policy.action_for(kind)
    if not action.fences:
        return False
    return await _patch(
        nodes, node, lambda seen: fence_patch(seen, policy.fence, action, seen.instance_id)
    )


async def unfence(nodes: Nodes, node: NodeFacts) -> bool:
    """Undo what we changed on a node, and nothing else; False when there was nothing."""
    return await _patch(nodes, node, unfence_patch)


async def _patch(
    nodes: Nodes,
    node: NodeFacts,
    work_out: Callable[[NodeFacts], Mapping[str, Any] | None],
) -> bool:
    seen = node
    for _ in range(TRIES):
        patch = work_out(seen)
        if patch is None:
            return False
        if await nodes.patch(seen, patch):
            return True
        # Somebody wrote the node since our mirror saw it: work the patch out on what is there now.
        fresh = await nodes.read(node.name)
        if fresh is None or fresh.uid != node.uid:
            raise ClusterError(f"node {node.name} is gone", NOT_FOUND)
        seen = fresh
    raise ClusterError(f"node {node.name} changed under {TRIES} patches in a row", CONFLICT)
