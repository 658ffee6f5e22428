"""Whether the pods of a node fit elsewhere: a first fit by what they ask of the scheduler.

An estimate, for voluntary drains only. It knows requests, taints, `nodeSelector` and that volumes
stay in their zone; it does not know affinity, topology spread, ports or volume limits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.domain.verdict import Verdict
from controller.drain.fence import ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from controller.domain.node import NodeFacts
    from controller.domain.pod import PodFacts
    from controller.domain.resources import Resources

MOST_NODES = 10
"""How many nodes one look asks about: a call to the API server each."""

_BARRING = frozenset({"NoSchedule", "NoExecute"})


@dataclass(frozen=True, slots=True)
class Space:
    """A node, and what is free on it."""

    node: NodeFacts
    free: Resources


def candidates(
    home: NodeFacts, pods: Sequence[PodFacts], nodes: Iterable[NodeFacts], look: int = 0
) -> list[NodeFacts]:
    """Choose the nodes to ask about, at most MOST_NODES; `look` counts the looks so far.

    Half of them are the newest, since a replacement that an Auto Scaling group or Karpenter
    launches comes last. The other half goes round all the rest, from look to look.
    """
    open_nodes = [node for node in nodes if node.uid != home.uid and takes_pods(node)]
    fitting = [node for node in open_nodes if any(accepts(node, pod, home) for pod in pods)]
    fitting.sort(key=lambda node: (-node.created_at, node.name))
    newest, rest = fitting[: MOST_NODES // 2], fitting[MOST_NODES // 2 :]
    share = MOST_NODES - len(newest)
    start = look * share % len(rest) if rest else 0
    return [*newest, *(rest[start:] + rest[:start])[:share]]


def takes_pods(node: NodeFacts) -> bool:
    """Tell whether a node is Ready, schedulable, and not closed by us for a notice of its own."""
    return node.ready and not node.unschedulable and ANNOTATION not in node.annotations


def accepts(node: NodeFacts, pod: PodFacts, home: NodeFacts) -> bool:
    """Tell whether the scheduler could put the pod there, as far as labels, taints and zones go."""
    if any(node.labels.get(key) != value for key, value in pod.node_selector.items()):
        return False
    # Most volumes are of one zone, as those of EBS are.
    if pod.has_volume_claims and node.zone != home.zone:
        return False
    barring = (taint for taint in node.taints if taint.effect in _BARRING)
    return all(any(t.covers(taint) for t in pod.tolerations) for taint in barring)


def homeless(
    home: NodeFacts, pods: Collection[PodFacts], spaces: Iterable[Space]
) -> Verdict | None:
    """Name a pod that fits nowhere, the largest first; None if all of them fit."""
    left = list(spaces)
    for pod in sorted(pods, key=lambda p: (*(-amount for amount in p.requests), p.key)):
        at = next((i for i, space in enumerate(left) if _fits(pod, space, home)), None)
        if at is None:
            looked = (
                f"none of the {len(left)} nodes looked at has room" if left else "no node is open"
            )
            return Verdict("WaitingForCapacity", f"{looked} for {pod.key} ({pod.requests})")
        left[at] = replace(left[at], free=left[at].free.minus(pod.requests))
    return None


def _fits(pod: PodFacts, space: Space, home: NodeFacts) -> bool:
    return pod.requests.fits(space.free) and accepts(space.node, pod, home)
