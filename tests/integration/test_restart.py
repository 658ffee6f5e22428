"""A controller that is killed in mid-drain, and the next one."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}


def running(stage: Stage) -> ControllerProcess:
    """Describe a controller on the queue of this module."""
    return ControllerProcess(stage.cluster, "--queue-url", stage.queue_url)


def test_after_kill_9_the_next_controller_goes_on_with_the_same_deadline(stage: Stage) -> None:
    """No pod is evicted twice, what was done stays told, what was left is finished."""
    stage.add_pods(
        stage.pod("quick", grace=5),
        stage.pod("slow", grace=10, stop=8),
        stage.pod("guarded", grace=5, labels=GUARD),
    )
    stage.add_budget("full", 1, GUARD)

    with running(stage) as first:
        first.wait_ready()
        stage.send_spot(age=95)
        before = stage.wait(
            lambda ni: (
                ni.get("status", {}).get("pods", {}).get("gone") == 1
                and ni["status"]["pods"]["blocked"] == 1
            )
        )
        first.kill()
    with running(stage) as second:
        second.wait_ready()
        done = stage.wait_phase("Finished")

    assert done["status"]["deadline"] == before["status"]["deadline"]
    assert done["status"]["startedAt"] == before["status"]["startedAt"]
    accepted = Counter(r.pod for r in stage.requests() if r.code < 400)
    assert accepted == {"quick": 1, "slow": 1, "guarded": 1}
    assert done["status"]["pods"] == {
        "total": 3,
        "evicted": 2,
        "forced": 1,
        "gone": 3,
        "left": 0,
        "blocked": 0,
        "protected": 0,
        "killed": 0,
        "truncated": 0,
    }


def test_a_notice_whose_fence_was_cut_off_is_fenced_by_the_next_controller(stage: Stage) -> None:
    """The record is there, the fence is not: as after a crash between the two."""
    stage.add_pods(stage.pod("pod"))
    with running(stage) as first:
        first.wait_ready()
        stage.send_spot()
        stage.wait_phase("Drained", "Draining")
        first.kill()
    stage.cluster.kubectl("annotate", "node", stage.node_name, "spotdrain.io/fence-")
    stage.cluster.kubectl("uncordon", stage.node_name)

    with running(stage) as second:
        second.wait_ready()
        node = stage.wait_node(
            lambda n: "spotdrain.io/fence" in n["metadata"].get("annotations", {})
        )

    assert node["spec"]["unschedulable"] is True
    assert json.loads(node["metadata"]["annotations"]["spotdrain.io/fence"])["unschedulable"]


def test_a_new_node_by_the_old_name_is_left_alone(stage: Stage) -> None:
    """Addresses are used again, and nodes are named after them."""
    stage.add_pods(stage.pod("pod"))
    with running(stage) as first:
        first.wait_ready()
        stage.send_spot()
        stage.wait_phase("Drained")
        first.kill()
    stage.cluster.kubectl("delete", "node", stage.node_name)
    stage.add_node()
    stage.add_pods(stage.pod("newcomer"))

    with running(stage) as second:
        second.wait_ready()
        done = stage.wait_phase("Finished")
        node = stage.wait_node(lambda n: True)

    assert done["status"]["outcome"] == "Drained"
    assert "spotdrain.io/fence" not in node["metadata"].get("annotations", {})
    assert [r.pod for r in stage.requests()] == ["pod"]
