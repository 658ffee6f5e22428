"""Close a node in one PATCH, and open it again exactly as it was found."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from controller.domain.cluster import CONFLICT, NOT_FOUND, ClusterError
from controller.drain.fence import fence_patch, unfence_patch
from controller.drain.uncordoning import uncordoned_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from controller.domain.node import NodeFacts
    from controller.domain.notice import Kind
    from controller.domain.policy import Policy
    from controller.domain.times import Instant
    from controller.engine.ports import Nodes

TRIES = 5
"""Kubelet and the cloud controller write Nodes too; five lost races in a row are an error."""


class Fences:
    """Writes the fence of nodes, one writer a node.

    The intake and the drain both see to the fence, and a record is seen by Kopf while the intake's
    patch is still on its way; without order the second would send a patch that must fail.
    """

    def __init__(self, nodes: Nodes, clock: Callable[[], Instant]) -> None:
        self._nodes, self._clock = nodes, clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def close(self, node: NodeFacts, policy: Policy, kind: Kind) -> bool:
        """Close a node as the policy says for this kind of notice; False when it was closed before.

        Raises ClusterError, with 404 when the node is gone or another one has its name.
        """
        if not policy.closes(kind):
            return False
        action = policy.action_for(kind)

        def work_out(seen: NodeFacts) -> Mapping[str, Any] | None:
            # Whoever opens a node again is not overruled for a recommendation.
            if kind.voluntary and uncordoned_by_hand(seen):
                return None
            return fence_patch(seen, policy.fence, action, seen.instance_id, self._clock())

        return await self.change(node, work_out)

    async def open(self, node: NodeFacts) -> bool:
        """Undo what we changed on a node, and nothing else; False when there was nothing."""
        return await self.change(node, unfence_patch)

    async def change(
        self, node: NodeFacts, work_out: Callable[[NodeFacts], Mapping[str, Any] | None]
    ) -> bool:
        """Patch a node by what is worked out of its newest version; False for nothing to do.

        Raises ClusterError, with 404 when the node is gone or another one has its name.
        """
        lock = self._locks.setdefault(node.uid, asyncio.Lock())
        async with lock:
            known = self._nodes.by_name(node.name)
            seen = known if known is not None and known.uid == node.uid else node
            for _ in range(TRIES):
                patch = work_out(seen)
                if patch is None:
                    return False
                if await self._nodes.patch(seen, patch):
                    return True
                # Somebody wrote the node since our mirror saw it: start from what is there now.
                fresh = await self._nodes.read(node.name)
                if fresh is None or fresh.uid != node.uid:
                    raise ClusterError(f"node {node.name} is gone", NOT_FOUND)
                seen = fresh
        raise ClusterError(f"node {node.name} changed under {TRIES} patches in a row", CONFLICT)
