"""The fence on a node: one patch that closes it, and the patch that undoes exactly that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from controller.domain.policy import Action
from controller.domain.times import format_micro, parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.node import NodeFacts, Taint
    from controller.domain.policy import FencePolicy
    from controller.domain.times import Instant

ANNOTATION = "spotdrain.io/fence"
EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers"
"""Any value excludes for the AWS Load Balancer Controller, `false` does not for the service
controller: https://kubernetes.io/docs/reference/labels-annotations-taints/"""

EXCLUDED = "true"


def fence_of(node: NodeFacts) -> dict[str, Any]:
    """Read what we changed on a node; empty for a node without our fence.

    The annotation holds only our own changes, so that undoing restores the node as it was found.
    """
    text = node.annotations.get(ANNOTATION)
    # Nearly every node has none, and is asked about by every look at it.
    if text is None:
        return {}
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def fence_patch(
    node: NodeFacts, fence: FencePolicy, action: Action, instance_id: str, now: Instant
) -> dict[str, Any] | None:
    """Work out the merge patch that closes the node; None when it is closed as is wanted.

    What the node had before (a cordon or a label by somebody else) is left alone and not
    remembered as ours. What the policy wants no more goes again, but a fence never gets weaker
    because of another action: notices of several kinds may come for one node, in any order.
    """
    before = fence_of(node)
    ours = dict(before)
    spec = _taints(node, fence.taint, instance_id, ours)
    # Whoever opens a doomed node again may not know; whoever does so twice means it.
    if action is not Action.TAINT and not node.unschedulable and not ours.get("cordonedAgain"):
        if ours.get("unschedulable"):
            ours["cordonedAgain"] = True
        spec["unschedulable"] = ours["unschedulable"] = True
    labels = _labels(node, fence, action, ours)
    if labels.get(EXCLUDE_LABEL):
        ours["excludedAt"] = format_micro(now)
    if not spec and not labels and ours == before:
        return None
    ours["interruption"] = instance_id
    return _patch(json.dumps(ours, sort_keys=True), labels, spec)


def unfence_patch(node: NodeFacts) -> dict[str, Any] | None:
    """Work out the merge patch that undoes our changes and nothing else; None without a fence."""
    ours = fence_of(node)
    if ANNOTATION not in node.annotations:
        return None
    spec: dict[str, Any] = {}
    if ours.get("unschedulable"):
        spec["unschedulable"] = None
    if "taint" in ours:
        spec["taints"] = _without(node, ours["taint"]) or None
    return _patch(None, dict.fromkeys(_own_labels(node, ours)), spec)


def unfence_changes(node: NodeFacts) -> list[str]:
    """Say what `unfence_patch` undoes on a node, each in a few words; empty for nothing to be seen."""
    ours = fence_of(node)
    changes = ["uncordon"] if ours.get("unschedulable") and node.unschedulable else []
    taint = ours.get("taint") or {}
    if any(_same(found, taint) for found in node.raw_taints):
        changes.append(f"remove the taint {taint['key']}:{taint['effect']}")
    return [*changes, *(f"remove the label {key}" for key in _own_labels(node, ours))]


def settled_at(node: NodeFacts, settle: float) -> Instant:
    """Tell until when load balancers may still send to the node after we took it out of them.

    `settle` is in seconds. 0 for a node that we did not take out: nothing changes for it. The time
    stands in the annotation, so that a restart does not begin to wait anew.
    """
    ours = fence_of(node)
    excluded = parse_rfc3339(ours.get("excludedAt"))
    if excluded is None or EXCLUDE_LABEL not in _own_labels(node, ours):
        return 0.0
    return excluded + settle


def _taints(
    node: NodeFacts, wanted: Taint, instance_id: str, ours: dict[str, Any]
) -> dict[str, Any]:
    """Give `spec.taints` as it has to become, empty for no change; note in `ours` what is ours."""
    taints = list(node.raw_taints)
    taint = {"key": wanted.key, "value": instance_id, "effect": wanted.effect}
    # A taint of ours by another key goes: the policy has changed, and one is remembered.
    if not _same(taint, ours.get("taint")):
        taints = _without(node, ours.pop("taint", None))
    if not any(_same(t, taint) for t in taints):
        taints.append(taint)
        ours["taint"] = {"key": wanted.key, "effect": wanted.effect}
    return {} if taints == list(node.raw_taints) else {"taints": taints}


def _labels(
    node: NodeFacts, fence: FencePolicy, action: Action, ours: dict[str, Any]
) -> dict[str, str | None]:
    """Give the labels to write, None for one to remove; note in `ours` which are ours."""
    wanted = dict(fence.labels)
    if fence.exclude_from_load_balancers:
        wanted[EXCLUDE_LABEL] = EXCLUDED
    mine = _own_labels(node, ours)
    changes: dict[str, str | None] = {k: None for k, v in mine.items() if wanted.get(k) != v}
    if action is Action.TAINT:
        wanted = {key: value for key, value in wanted.items() if key in mine}
    missing = {k: v for k, v in wanted.items() if k not in node.labels or k in changes}
    mine = {k: v for k, v in mine.items() if k not in changes} | missing
    ours.pop("labels", None)
    if mine:
        ours["labels"] = mine
    if EXCLUDE_LABEL not in mine:
        ours.pop("excludedAt", None)
    return changes | missing


def _own_labels(node: NodeFacts, ours: Mapping[str, Any]) -> dict[str, str]:
    """List the labels that we set; whoever has changed the value of one since owns it."""
    found = ours.get("labels")
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if node.labels.get(key) == value}


def _patch(
    annotation: str | None, labels: Mapping[str, str | None], spec: Mapping[str, Any]
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"annotations": {ANNOTATION: annotation}}
    if labels:
        metadata["labels"] = dict(labels)
    return {"metadata": metadata, "spec": dict(spec)} if spec else {"metadata": metadata}


def _without(node: NodeFacts, taint: object) -> list[Mapping[str, Any]]:
    return [t for t in node.raw_taints if not _same(t, taint)]


def _same(taint: Mapping[str, Any], other: object) -> bool:
    if not isinstance(other, dict):
        return False
    return taint.get("key") == other.get("key") and taint.get("effect") == other.get("effect")
