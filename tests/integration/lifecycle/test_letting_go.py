"""An instance that waits in a lifecycle hook: its node is drained, then it is let go, once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from controller.domain.interruption_object import manifest
from controller.domain.notice import Kind, Notice
from controller.domain.times import parse_rfc3339
from tests.integration.cases.policy import policy
from tests.integration.lifecycle.hooked import (
    COMPLETE,
    HEARTBEAT,
    condition,
    guard,
    hold,
    unguard,
)

if TYPE_CHECKING:
    from hack.scaling import ScalingServer
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

LONG_AGO = 3600.0


def test_an_event_drains_the_node_and_then_lets_the_instance_go(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    stage.add_pods(stage.pod("web", stop=1))
    hooked = hold(stage, server)

    hooked.send()
    call = hooked.wait_call(COMPLETE)
    told = hooked.wait_condition("True")
    ni = stage.wait(lambda ni: bool(ni["status"].get("completedHooks")))

    assert call.parameters == {
        "AutoScalingGroupName": "spot-workers",
        "LifecycleHookName": "spotdrain",
        "LifecycleActionToken": hooked.waiting.token,
        "LifecycleActionResult": "CONTINUE",
        "InstanceId": stage.instance_id,
    }
    assert [r.code for r in stage.evictions()] == [201]
    (gone,) = (entry["goneAt"] for entry in ni["status"]["timeline"])
    assert (parse_rfc3339(told["lastTransitionTime"]) or 0) >= int(parse_rfc3339(gone) or 0)
    assert told["reason"] == "LifecycleCompleted"
    assert told["message"].endswith(f"to go on: {stage.instance_id} is let go.")
    (notice,) = ni["spec"]["notices"]
    assert notice["kind"] == "LifecycleTermination"
    assert ni["status"]["completedHooks"] == [notice["id"]]
    sent, deadline = parse_rfc3339(notice["time"]), parse_rfc3339(notice["deadline"])
    assert sent is not None
    assert deadline == sent + 900
    assert ni["status"]["phase"] == "Drained"

    stage.remove()
    done = stage.wait_phase("Finished")
    # Each writer of the status has left alone what the other one told.
    assert {"Fenced", "Drained", "DeadlineMet"} <= {c["type"] for c in done["status"]["conditions"]}
    assert condition(done) == told
    assert done["status"]["completedHooks"] == [notice["id"]]


def test_an_instance_that_shuts_down_once_it_is_let_go_ends_as_announced(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    """Auto Scaling goes on at once, a quarter of an hour before the deadline."""
    hooked = hold(stage, server)
    hooked.send()
    hooked.wait_condition("True")

    stage.send_golden("state-change", state="shutting-down")
    controller.wait_for_words("ignored StateChange for node", stage.node_name)
    stage.send_golden("state-change", state="terminated")
    stage.wait(lambda ni: "terminatedAt" in ni["status"])
    stage.remove()
    done = stage.wait_phase("Finished")

    assert [n["kind"] for n in done["spec"]["notices"]] == ["LifecycleTermination"]
    assert done["status"]["kind"] == "LifecycleTermination"
    assert done["status"]["outcome"] == "Drained"
    assert len(hooked.calls(COMPLETE)) == 1


def test_a_message_straight_from_the_group_does_the_same(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    stage.add_pods(stage.pod("web"))
    hooked = hold(stage, server)

    hooked.send_direct()
    hooked.wait_condition("True")

    assert hooked.result() == "CONTINUE"
    assert [r.code for r in stage.evictions()] == [201]


def test_the_hook_is_kept_by_heartbeats_until_the_last_pod_is_gone(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    guard(stage)
    hooked = hold(stage, server)

    hooked.send(age=20)
    hooked.wait_call(HEARTBEAT)
    assert server.actions.read(hooked.waiting.token).until > hooked.waiting.until
    assert hooked.calls(COMPLETE) == []
    unguard(stage)
    hooked.wait_condition("True")

    assert hooked.result() == "CONTINUE"
    assert len(hooked.calls(COMPLETE)) == 1
    # None comes after it is let go.
    assert [c.operation for c in server.calls if hooked.is_about(c)][-1] == COMPLETE
    assert controller.metric("spotdrain_lifecycle_calls_total", call="heartbeat", result="ok") >= 1


def test_a_policy_without_heartbeats_sends_none(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    guard(stage)
    hooked = hold(stage, server)
    spec = {"events": {"lifecycleTermination": {"heartbeat": False, "timeout": "50s"}}}

    with policy(stage, spec):
        hooked.send(age=20)
        ni = stage.wait_phase("Finished")
        hooked.wait_condition("True")

    assert hooked.calls(HEARTBEAT) == []
    assert hooked.result() == "CONTINUE"
    (notice,) = ni["spec"]["notices"]
    sent, deadline = parse_rfc3339(notice["time"]), parse_rfc3339(notice["deadline"])
    assert sent is not None
    assert deadline == sent + 50


def test_an_action_without_a_token_is_named_by_its_instance(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    hooked = hold(stage, server)
    hooked.send(token=False)
    call = hooked.wait_call(COMPLETE)
    assert "LifecycleActionToken" not in call.parameters
    assert hooked.result() == "CONTINUE"


def test_every_hook_of_an_instance_is_completed(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    guard(stage)
    one, other = hold(stage, server), hold(stage, server, hook="logs")

    one.send()
    other.send_direct()
    stage.wait(lambda ni: len(ni["spec"]["notices"]) == 2)
    unguard(stage)
    ni = stage.wait(lambda ni: condition(ni).get("status") == "True")

    assert [one.result(), other.result()] == ["CONTINUE", "CONTINUE"]
    assert len(ni["status"]["completedHooks"]) == 2
    assert "hook spotdrain of" in condition(ni)["message"]
    assert "hook logs of" in condition(ni)["message"]


def test_a_hook_that_comes_after_the_end_of_another_is_completed_too(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    one = hold(stage, server)
    one.send()
    one.wait_condition("True")

    other = hold(stage, server, hook="logs")
    other.send()
    ni = stage.wait(lambda ni: len(ni["status"].get("completedHooks", ())) == 2)

    assert other.result() == "CONTINUE"
    hooks = [c.parameters["LifecycleHookName"] for c in one.calls(COMPLETE)]
    assert hooks == ["spotdrain", "logs"]
    assert condition(ni)["status"] == "True"


def test_a_spot_notice_before_the_hook_sets_the_deadline(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    guard(stage)
    hooked = hold(stage, server)

    # 50 s are left: the hook comes before the end, however slow the machine.
    stage.send_spot(age=70)
    stage.wait_phase("Draining")
    hooked.send()
    ni = stage.wait(lambda ni: len(ni["spec"]["notices"]) == 2)
    hooked.wait_condition("True")
    done = stage.wait_phase("Drained", "Finished")

    assert done["status"]["kind"] == "SpotInterruption"
    spot = next(n for n in ni["spec"]["notices"] if n["kind"] == "SpotInterruption")
    assert done["status"]["deadline"] == spot["deadline"]
    assert [r.pod for r in stage.requests() if r.code < 300] == ["guarded"]
    assert len(hooked.calls(COMPLETE)) == 1


def test_a_spot_notice_after_the_hook_brings_the_deadline_forward(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    guard(stage)
    hooked = hold(stage, server)

    hooked.send()
    first = stage.wait_phase("Draining")
    stage.send_spot(age=100)
    ni = stage.wait(lambda ni: ni["status"].get("kind") == "SpotInterruption")
    hooked.wait_condition("True")

    (spot,) = (n for n in ni["spec"]["notices"] if n["kind"] == "SpotInterruption")
    assert ni["status"]["deadline"] == spot["deadline"]
    assert first["status"]["deadline"] > spot["deadline"]
    assert [r.pod for r in stage.requests() if r.code < 300] == ["guarded"]
    assert len(hooked.calls(COMPLETE)) == 1


def test_a_hook_long_after_a_drill_is_drained_as_if_there_had_been_none(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    """The record of a drill stays for a day; its deadline is not that of the instance."""
    then = time.time() - LONG_AGO
    drill = Notice(
        *("drill-long-ago", Kind.SPOT_INTERRUPTION, stage.instance_id, then, then + 120.0),
        source="simulated",
    )
    stage.cluster.apply([manifest(drill, stage.node_name, "")])
    stage.wait_phase("Finished")
    stage.add_pods(stage.pod("web"))
    hooked = hold(stage, server)

    hooked.send()
    ni = stage.wait(lambda ni: bool(ni["status"].get("completedHooks")))

    assert [r.code for r in stage.evictions()] == [201]
    assert stage.deletions() == []
    hook = next(n for n in ni["spec"]["notices"] if n["kind"] == "LifecycleTermination")
    assert ni["status"]["deadline"] == hook["deadline"]
    assert hooked.result() == "CONTINUE"


def test_the_instance_of_a_node_that_is_deleted_meanwhile_is_let_go(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    guard(stage)
    hooked = hold(stage, server)
    hooked.send()
    stage.wait_phase("Draining")

    stage.remove()
    hooked.wait_condition("True")

    assert hooked.result() == "CONTINUE"


def test_a_node_that_is_only_closed_is_let_go_at_the_deadline(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    """Somebody else may drain it, and wait for the hook."""
    hooked = hold(stage, server)
    stage.add_pods(stage.pod("web"))
    spec = {"events": {"lifecycleTermination": {"action": "Cordon", "timeout": "30s"}}}

    with policy(stage, spec):
        hooked.send(age=20)
        told = hooked.wait_condition("Unknown")
        stage.wait_phase("Fenced", "Finished")
        hooked.wait_condition("True")
        done = stage.wait_phase("Finished")

    assert told["reason"] == "LifecycleWaits"
    assert told["message"].startswith("the policy says Cordon: the lifecycle hook spotdrain of")
    assert hooked.result() == "CONTINUE"
    assert hooked.calls(HEARTBEAT) == []
    assert done["status"]["outcome"] == "NotDrained"
    assert stage.requests() == []


def test_a_dry_run_tells_what_it_would_do_and_calls_nobody(
    stage: Stage, controller: ControllerProcess, server: ScalingServer
) -> None:
    hooked = hold(stage, server)
    spec = {"mode": "DryRun", "events": {"lifecycleTermination": {"timeout": "30s"}}}

    with policy(stage, spec):
        hooked.send(age=20)
        told = hooked.wait_condition("Unknown")
        stage.wait_phase("Finished")

    assert told["reason"] == "DryRun"
    assert told["message"] == (
        "dry run: would tell the lifecycle hook spotdrain of Auto Scaling group spot-workers to go"
        " on at the end of the drain"
    )
    assert hooked.calls(COMPLETE) == []
    assert hooked.calls(HEARTBEAT) == []
    assert hooked.result() is None
