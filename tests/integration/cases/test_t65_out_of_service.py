"""T65: the out-of-service taint comes after EC2's word and the kubelet's silence, never before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.cases.disk import Disk
from tests.integration.cases.machine import fall_silent, is_out, send_state, terminated
from tests.integration.cases.policy import policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage


@pytest.fixture
def asked_for(stage: Stage, controller: ControllerProcess) -> Iterator[None]:
    with policy(stage, {"drain": {"outOfServiceTaint": "AfterInstanceTerminated"}}):
        yield


def test_t65_the_taint_waits_for_ec2_and_for_the_kubelet_and_frees_the_volume(
    stage: Stage, controller: ControllerProcess, asked_for: None
) -> None:
    """The volume is still mounted as far as anybody knows."""
    disk = Disk(stage, "data")
    disk.create()
    stage.add_pods(disk.mounted_by(stage.pod("db")))
    disk.attach()
    disk.stay_mounted()
    stage.send_spot(age=105)
    stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("gone") == 1)

    seen = len(controller.lines)
    send_state(stage, "shutting-down")
    controller.wait_for_words("StateChange for node", stage.node_name, since=seen)
    send_state(stage, "terminated")
    stage.wait(terminated)
    # Whoever would taint a live node has done so by the time that the drain is over.
    stage.wait_phase("Finished")
    assert not is_out(stage.wait_node(lambda _: True))
    assert disk.kept

    fall_silent(stage)
    tainted = stage.wait_node(is_out)
    disk.detach()
    ours = [t["key"] for t in tainted["spec"]["taints"] if t["key"].startswith("spotdrain.io/")]
    assert ours == ["spotdrain.io/interruption"]
    event = stage.node_event("OutOfService")
    assert stage.instance_id in event["note"]
    disk.forget()


def test_t65_without_being_asked_for_a_silent_node_gets_no_taint(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.send_spot(age=112)
    stage.wait_phase("Finished")
    fall_silent(stage)
    send_state(stage, "terminated")
    stage.wait(terminated)
    stage.send_rebalance()
    # Its record was seen again, later than the end: what was to be done is done.
    stage.wait(lambda ni: len(ni["spec"]["notices"]) == 2)
    assert not is_out(stage.wait_node(lambda _: True))
