"""An Auto Scaling group ends an instance and waits in a hook until its node is drained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.reading import condition_of

if TYPE_CHECKING:
    from e2e.kind.scene import Scene

COMPLETE, HEARTBEAT = "CompleteLifecycleAction", "RecordLifecycleActionHeartbeat"
SLOW, GRACE = 30, 60
"""Seconds that the pod takes to stop, and may: the first heartbeat comes after ten."""


def test_the_group_is_kept_waiting_until_the_node_is_drained_and_then_told_to_go_on(
    scene: Scene,
) -> None:
    scaling, instance = scene.ground.aws.scaling, scene.node.instance_id
    before = len(scaling.calls)
    slow = {"STOPS_AFTER": str(SLOW)}
    scene.run(scene.workloads.pod("web", scene.node.name, grace=GRACE, environment=slow), pods=1)
    waiting = scaling.hold(instance)

    scene.post.lifecycle(waiting)
    scene.phase("Draining")
    meanwhile = scaling.read(waiting.token).result
    record = scene.record(
        "is completed",
        lambda ni: condition_of(ni, "LifecycleCompleted").get("status") == "True",
    )

    assert meanwhile is None
    assert scaling.read(waiting.token).result == "CONTINUE"
    assert condition_of(record, "Drained")["status"] == "True"
    assert record["status"]["kind"] == "LifecycleTermination"
    calls = [call for call in scaling.calls[before:] if call.parameters["InstanceId"] == instance]
    *before_that, last = [call.operation for call in calls]
    assert (set(before_that), last) == ({HEARTBEAT}, COMPLETE)
    assert not any(call.code for call in calls)
    life = scene.life("web")
    assert life.end - life.term >= SLOW
