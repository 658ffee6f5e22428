"""Whether somebody else has opened a node that we had closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.drain.fence import fence_of

if TYPE_CHECKING:
    from controller.domain.node import NodeFacts


def uncordoned_by_hand(node: NodeFacts) -> bool:
    """Tell whether our cordon was taken away by somebody else.

    Our own writes change the cordon and the annotation about it in one patch, so an annotation
    without its cordon is never ours; that holds across restarts and for every replica.
    """
    return not node.unschedulable and bool(fence_of(node).get("unschedulable"))


def cordoned_again(node: NodeFacts) -> bool:
    """Tell whether we have cordoned the node a second time already, which is done only once."""
    return bool(fence_of(node).get("cordonedAgain"))
