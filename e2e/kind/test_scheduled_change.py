"""A scheduled change of AWS Health: drained for within its lead time, undone when it is cancelled."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from controller.domain.times import format_rfc3339
from e2e.kind.nodes import is_cordoned, is_fenced
from e2e.kind.reading import deadline_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from e2e.kind.scene import Scene

SOON = 20 * 60
"""Seconds until the change: less than the lead time of half an hour."""


def test_a_change_is_drained_for_and_its_cancellation_opens_the_node(scene: Scene) -> None:
    instance, starts = scene.node.instance_id, time.time() + SOON
    scene.run(scene.workloads.pod("web", scene.node.name), pods=1)
    since = scene.ground.nodes.count

    announced = {"startTime": format_rfc3339(starts), "communicationId": str(uuid.uuid4())}
    scene.post.golden("health-scheduled-change", instance, announced)
    drained = scene.phase("Drained")
    nodes = scene.ground.nodes
    nodes.wait("the cordoned node", lambda n: is_mine(n, scene) and is_cordoned(n), since=since)
    closed = nodes.count
    taken_back = {"communicationId": str(uuid.uuid4())}
    scene.post.golden("health-scheduled-change-closed", instance, taken_back)
    over = scene.phase("Cancelled")

    assert drained["status"]["kind"] == "ScheduledChange"
    assert abs(deadline_of(drained) - starts) < 1
    assert scene.life("web").times("end") == 1
    assert over["status"]["outcome"] == "Withdrawn"
    nodes.wait(
        "the node, open again,",
        lambda n: is_mine(n, scene) and not is_cordoned(n) and not is_fenced(n),
        since=closed,
    )


def is_mine(node: Mapping[str, Any], scene: Scene) -> bool:
    """Tell whether this is the node of the scene."""
    return bool(node["metadata"]["name"] == scene.node.name)
