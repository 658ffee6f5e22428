"""Nodes that are still there, or back, after their interruption is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_rfc3339
from tests.integration.stage import INTERRUPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

QUARTER_OF_AN_HOUR = 900.0


def note_by_hand(stage: Stage, action: str) -> None:
    """Write a NodeInterruption whose two minutes were over long before the test."""
    sent = format_rfc3339(time.time() - QUARTER_OF_AN_HOUR)
    notice = {"id": "by-hand", "kind": "SpotInterruption", "time": sent, "instanceAction": action}
    spec = {"instanceID": stage.instance_id, "notices": [notice]}
    about = {"apiVersion": "spotdrain.io/v1alpha1", "kind": "NodeInterruption"}
    stage.cluster.create_all(
        INTERRUPTIONS, [{**about, "metadata": {"name": stage.instance_id}, "spec": spec}]
    )


def outcome(ni: Mapping[str, Any]) -> str:
    return str(ni.get("status", {}).get("outcome", ""))


def closed(stage: Stage, controller: ControllerProcess) -> None:
    """Wait until the node was closed and drained: by now it may be open again."""
    controller.wait_for_words(f"node {stage.node_name} is Drained")


def is_open(node: Mapping[str, Any]) -> bool:
    """Tell whether nothing of ours is left on the node."""
    meta, spec = node["metadata"], node["spec"]
    return (
        not spec.get("unschedulable")
        and not any(t["key"].startswith("spotdrain.io/") for t in spec.get("taints", ()))
        and "spotdrain.io/fence" not in meta.get("annotations", {})
        and not any("exclude-from-external" in key for key in meta["labels"])
    )


def test_a_node_that_ec2_did_not_take_is_opened_again(
    stage: Stage, controller: ControllerProcess
) -> None:
    note_by_hand(stage, "terminate")
    closed(stage, controller)

    told = stage.wait(lambda ni: outcome(ni) == "NotExecuted")["status"]
    stage.wait_node(is_open)

    assert told["phase"] == "Expired"
    assert "EC2 has not taken the instance" in told["message"]
    fenced = next(c for c in told["conditions"] if c["type"] == "Fenced")
    assert (fenced["status"], fenced["reason"]) == ("False", "NotExecuted")
    controller.wait_for_words(f"node {stage.node_name} is open again")
    assert controller.metric("spotdrain_nodes_reopened_total", reason="not_executed") == 1


def test_a_stopped_instance_that_runs_again_gets_its_node_back(
    stage: Stage, controller: ControllerProcess
) -> None:
    """The node of this test has been Ready since after the deadline, as after a start."""
    note_by_hand(stage, "stop")
    closed(stage, controller)

    told = stage.wait(lambda ni: outcome(ni) == "Returned")["status"]
    stage.wait_node(is_open)

    assert told["phase"] == "Finished"
    assert told["finishedAt"]
