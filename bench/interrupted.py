"""Interruptions as a controller that was killed has left them: told of, and their nodes closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.interruption_object import manifest
from controller.domain.node import node_from
from controller.domain.notice import SPOT_NOTICE_SECONDS, Kind, Notice
from controller.domain.policy import Action, FencePolicy
from controller.drain.fence import fence_patch

if TYPE_CHECKING:
    from bench.ground import Target
    from controller.domain.times import Instant


def closed(node: dict[str, Any], target: Target, now: Instant) -> dict[str, Any]:
    """Close a node that was just described, as the controller does."""
    patch = fence_patch(node_from(node), FencePolicy(), Action.DRAIN, target.instance_id, now)
    for part, fields in (patch or {}).items():
        for key, value in fields.items():
            old = node[part].get(key)
            node[part][key] = {**old, **value} if isinstance(old, dict) else value
    return node


def record(
    target: Target, uid: str, now: Instant, left: float = SPOT_NOTICE_SECONDS
) -> dict[str, Any]:
    """Describe the NodeInterruption of a Spot notice that leaves so many seconds; `uid` is the node's."""
    name = f"bench-{target.node}"
    notice = Notice(name, Kind.SPOT_INTERRUPTION, target.instance_id, now, now + left)
    return manifest(notice, target.node, uid)
