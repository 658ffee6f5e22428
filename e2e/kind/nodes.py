"""How a node stands: open, or closed by whom, and opening it when a test is over."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from controller.domain.times import parse_rfc3339
from controller.drain.fence import ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from e2e.kind.ground import Ground
    from hack.kind.layout import Worker

TAINT = "spotdrain.io/interruption"
PATIENCE = 45.0
"""Seconds; a replica that has missed the deletion sees it in its next sweep, after 30."""

SOON = 15.0
"""Seconds; a drain whose deadline is that near may be over before the deletion is seen."""

EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"


def read_node(ground: Ground, worker: Worker) -> dict[str, Any]:
    """Return the Node as it is now."""
    found: dict[str, Any] = json.loads(
        ground.cluster.kubectl("get", "node", worker.name, "--output=json")
    )
    return found


def is_cordoned(node: Mapping[str, Any]) -> bool:
    """Tell whether nothing new is scheduled there."""
    return bool(node["spec"].get("unschedulable", False))


def is_fenced(node: Mapping[str, Any]) -> bool:
    """Tell whether anything of our fence is on the node."""
    taints = [taint["key"] for taint in node["spec"].get("taints", ())]
    return ANNOTATION in node["metadata"].get("annotations", {}) or TAINT in taints


def give_back(ground: Ground) -> None:
    """Delete all records; of drains that run, wait until spotdrain has opened their nodes."""
    answer = ground.cluster.kubectl("get", "nodeinterruptions", "--output=json")
    running = {r["metadata"]["name"] for r in json.loads(answer)["items"] if is_running(r)}
    since = ground.nodes.count
    found = [read_node(ground, worker) for worker in ground.doomed if worker.instance_id in running]
    ground.cluster.kubectl("delete", "nodeinterruptions", "--all", "--timeout=60s")
    for closed in filter(is_fenced, found):
        ground.nodes.wait(
            f"{closed['metadata']['name']}, given back,",
            is_given_back(closed),
            since=since,
            patience=PATIENCE,
        )


def is_given_back(closed: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """Make a test for a later version of this Node that carries no fence.

    A watch may still bring the versions from before the fence.
    """
    name, version = closed["metadata"]["name"], int(closed["metadata"]["resourceVersion"])
    return lambda node: bool(
        node["metadata"]["name"] == name
        and int(node["metadata"]["resourceVersion"]) > version
        and not is_fenced(node)
    )


def is_running(record: Mapping[str, Any]) -> bool:
    """Tell whether an interruption goes on for a while yet, so that its deletion opens the node."""
    status = record.get("status", {})
    deadline = parse_rfc3339(status.get("deadline"))
    ends = deadline is not None and deadline < time.time() + SOON
    return not ends and status.get("phase") in {"Pending", "Fenced", "Draining", "Drained"}


def open_by_hand(ground: Ground, worker: Worker) -> None:
    """Undo every mark that is left on a node, as docs/operations.md says: of records that were over.

    A cordon by hand goes too.
    """
    kubectl, name = ground.cluster.kubectl, worker.name
    node = read_node(ground, worker)
    if is_cordoned(node):
        kubectl("uncordon", name)
    if is_fenced(node):
        kubectl("taint", "node", name, f"{TAINT}-")
        kubectl("label", "node", name, f"{EXCLUDED}-")
        kubectl("annotate", "node", name, f"{ANNOTATION}-")
