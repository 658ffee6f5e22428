"""The fence on a node: one patch that closes it, and the patch that undoes exactly that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from controller.domain.policy import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.node import NodeFacts
    from controller.domain.policy import FencePolicy

ANNOTATION = "spotdrain.io/fence"
EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers"
"""Any value excludes for the AWS Load Balancer Controller, `false` does not for the service
controller: https://kubernetes.io/docs/reference/labels-annotations-taints/"""

EXCLUDED = "true"


def fence_of(node: NodeFacts) -> dict[str, Any]:
    """Read what we changed on a node; empty for a node without our fence.

    The annotation holds only our own changes, so that undoing restores the node as it was found.
    """
    try:
        parsed = json.loads(node.annotations.get(ANNOTATION, "{}"))
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def fence_patch(
    node: NodeFacts, fence: FencePolicy, action: Action, instance_id: str
) -> dict[str, Any] | None:
    """Work out the merge patch that closes the node; None when it is closed already.

    What the node had before (a cordon or a label by somebody else) is left alone and not
    remembered as ours.
    """
    ours = fence_of(node)
    spec: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    if action is not Action.TAINT and not node.unschedulable:
        spec["unschedulable"] = True
        ours["unschedulable"] = True
    if not any((t.key, t.effect) == (fence.taint.key, fence.taint.effect) for t in node.taints):
        taint = {"key": fence.taint.key, "value": instance_id, "effect": fence.taint.effect}
        # A taint of ours by another key goes: the policy has changed, and one is remembered.
        kept = [t for t in node.raw_taints if not _same(t, ours.get("taint"))]
        spec["taints"] = [*kept, taint]
        ours["taint"] = {"key": fence.taint.key, "effect": fence.taint.effect}
    excludes = fence.exclude_from_load_balancers and action is not Action.TAINT
    if excludes and EXCLUDE_LABEL not in node.labels:
        labels[EXCLUDE_LABEL] = EXCLUDED
        ours["excludeFromLoadBalancers"] = True
    if not spec and not labels:
        return None
    ours["interruption"] = instance_id
    metadata: dict[str, Any] = {"annotations": {ANNOTATION: json.dumps(ours, sort_keys=True)}}
    if labels:
        metadata["labels"] = labels
    return {"metadata": metadata, "spec": spec} if spec else {"metadata": metadata}


def unfence_patch(node: NodeFacts) -> dict[str, Any] | None:
    """Work out the merge patch that undoes our changes and nothing else; None without a fence."""
    ours = fence_of(node)
    if ANNOTATION not in node.annotations:
        return None
    metadata: dict[str, Any] = {"annotations": {ANNOTATION: None}}
    spec: dict[str, Any] = {}
    if ours.get("unschedulable"):
        spec["unschedulable"] = None
    if "taint" in ours:
        spec["taints"] = [t for t in node.raw_taints if not _same(t, ours["taint"])] or None
    # Whoever has changed the label's value since owns it.
    if ours.get("excludeFromLoadBalancers") and node.labels.get(EXCLUDE_LABEL) == EXCLUDED:
        metadata["labels"] = {EXCLUDE_LABEL: None}
    return {"metadata": metadata, "spec": spec} if spec else {"metadata": metadata}


def _same(taint: Mapping[str, Any], ours: object) -> bool:
    if not isinstance(ours, dict):
        return False
    return taint.get("key") == ours.get("key") and taint.get("effect") == ours.get("effect")
