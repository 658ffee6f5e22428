"""Messages about hooks that are not ours to complete, or that ask for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.golden import GOLDEN
from tests.integration.lifecycle.hooked import COMPLETE, GIVEN_UP, hold
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from hack.cluster import LocalCluster
    from hack.scaling import ScalingServer
    from tests.integration.controller_process import ControllerProcess


def test_the_hook_of_an_instance_that_was_never_a_node_here_is_left_alone(
    cluster: LocalCluster,
    namespace: str,
    queue_url: str,
    controller: ControllerProcess,
    server: ScalingServer,
) -> None:
    """Completing it would cut short the drain of another cluster."""
    foreign = Stage(cluster, namespace, queue_url)
    hooked = hold(foreign, server)

    hooked.send(age=GIVEN_UP)
    controller.wait_for_words(foreign.instance_id, "its hook's own time-out ends the wait")
    foreign.wait_waiting(0, hidden=0)

    assert hooked.result() is None
    assert hooked.calls(COMPLETE) == []


def test_the_hook_of_an_instance_that_may_yet_join_is_kept_in_the_queue(
    cluster: LocalCluster,
    namespace: str,
    queue_url: str,
    controller: ControllerProcess,
    server: ScalingServer,
) -> None:
    early = Stage(cluster, namespace, queue_url)
    hooked = hold(early, server)
    before = len(server.calls)

    hooked.send()
    controller.wait_for_words("no node yet", early.instance_id)
    assert len(server.calls) == before
    early.add_node()
    try:
        hooked.wait_condition("True")
    finally:
        early.remove()

    assert hooked.result() == "CONTINUE"


def test_the_hook_of_a_node_that_is_gone_is_completed_at_once(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    """EC2 took the instance, and only then came the message of its group."""
    hooked = hold(stage, server)
    stage.send_spot()
    stage.wait_phase("Drained")
    stage.remove()
    stage.wait_phase("Finished")

    hooked.send()
    controller.wait_for_words(stage.instance_id, "has no Node any more. Told the lifecycle hook")
    stage.wait_waiting(0, hidden=0)

    assert hooked.result() == "CONTINUE"


def test_a_launch_and_a_test_notification_are_deleted_and_nobody_is_called(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    before = len(server.calls)
    for name in ("auto-scaling-launch", "auto-scaling-direct-launch", "auto-scaling-test"):
        stage.send_body((GOLDEN / f"{name}.json").read_text())
    stage.wait_waiting(0, hidden=0)
    controller.wait_for_words("The new instance waits until the hook times out")
    controller.wait_for_words("Auto Scaling's test notification")

    ignored = "spotdrain_events_ignored_total"
    # A queue may give a message twice.
    assert controller.metric(ignored, kind="lifecycle_launch") >= 2
    assert controller.metric(ignored, reason="test_notification") >= 1
    assert len(server.calls) == before
