"""Auto Scaling that is away, throttles or refuses us, and a controller that is killed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from hack.cluster.ports import ReservedPorts
from hack.scaling import Fault, ScalingServer
from tests.integration.cases.policy import apply, policy
from tests.integration.controller_process import ControllerProcess
from tests.integration.lifecycle.hooked import COMPLETE, GIVEN_UP, HEARTBEAT, guard, hold, unguard
from tests.integration.stage import Stage, sqs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from tests.integration.lifecycle.hooked import Hooked

TRIES = 4
"""Calls that botocore makes of one."""

NO_HEARTBEAT = {"events": {"lifecycleTermination": {"heartbeat": False}}}
"""Where a fault is meant for the completion: no heartbeat takes it if a machine is slow."""


@pytest.fixture
def server() -> Iterator[ScalingServer]:
    """Give each test a server of its own: faults meet the next call, whose ever it is."""
    # A port that nobody else is given while the server is away.
    with ReservedPorts() as ports, ScalingServer(ports.reserve()) as started:
        yield started


@pytest.fixture
def stage(cluster: LocalCluster, namespace: str) -> Iterator[Stage]:
    """Give each test a queue too: a message that a killed poll has taken comes late, and is kept."""
    client = sqs(cluster)
    url = client.create_queue(QueueName=f"test-{secrets.token_hex(4)}")["QueueUrl"]
    made = Stage(cluster, namespace, url)
    made.add_node()
    yield made
    made.remove()
    client.delete_queue(QueueUrl=url)


@pytest.fixture
def another(stage: Stage) -> Iterator[Stage]:
    """Give a second node."""
    made = Stage(stage.cluster, stage.namespace, stage.queue_url)
    made.add_node()
    yield made
    made.remove()


def running(stage: Stage, server: ScalingServer, identity: str = "controller") -> ControllerProcess:
    """Describe a controller that calls this server."""
    return ControllerProcess(
        *(stage.cluster, "--queue-url", stage.queue_url, "--identity", identity),
        environment=server.environment,
    )


def failed_calls(controller: ControllerProcess) -> float:
    return controller.metric("spotdrain_lifecycle_calls_total", result="failed")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.THROTTLED, "Auto Scaling throttles autoscaling:CompleteLifecycleAction"),
        (
            Fault.DENIED,
            "AWS refuses autoscaling:CompleteLifecycleAction on lifecycle hook spotdrain",
        ),
    ],
    ids=["throttled", "denied"],
)
def test_a_completion_that_is_refused_is_told_and_made_again_until_it_succeeds(
    stage: Stage, server: ScalingServer, fault: Fault, words: str
) -> None:
    hooked = hold(stage, server)
    server.fail_next(*[fault] * (TRIES if fault is Fault.THROTTLED else 2))
    with running(stage, server) as controller, policy(stage, NO_HEARTBEAT):
        controller.wait_ready()
        hooked.send()
        told = hooked.wait_condition("False")
        ready = controller.get("/readyz")
        done = hooked.wait_condition("True")
        assert failed_calls(controller) >= 1

    assert told["reason"] == "LifecycleFailed"
    assert told["message"].startswith(words)
    assert told["message"].endswith("; it is tried again")
    assert ready.text == "ok\n"
    assert done["reason"] == "LifecycleCompleted"
    assert hooked.result() == "CONTINUE"


def test_what_could_not_be_completed_while_auto_scaling_was_away_is_completed_afterwards(
    stage: Stage, server: ScalingServer
) -> None:
    hooked = hold(stage, server)
    server.close()
    with running(stage, server) as controller:
        controller.wait_ready()
        hooked.send()
        told = hooked.wait_condition("False")
        assert controller.get("/readyz").text == "ok\n"
        port = int(server.endpoint.rpartition(":")[2])
        with ScalingServer(port, server.actions):
            hooked.wait_condition("True")

    assert told["message"].startswith(f"Cannot connect to {server.endpoint}")
    assert hooked.result() == "CONTINUE"


def test_a_heartbeat_that_fails_is_told_and_the_next_one_takes_that_back(
    stage: Stage, server: ScalingServer
) -> None:
    guard(stage)
    hooked = hold(stage, server)
    server.fail_next(Fault.DENIED)
    with running(stage, server) as controller:
        controller.wait_ready()
        hooked.send(age=20)
        told = hooked.wait_condition("False")
        again = hooked.wait_condition("Unknown")
        hooked.wait_call(HEARTBEAT)
        unguard(stage)
        hooked.wait_condition("True")

    assert told["message"].startswith("AWS refuses autoscaling:RecordLifecycleActionHeartbeat")
    assert again["reason"] == "LifecycleWaits"
    assert hooked.result() == "CONTINUE"


def test_a_hook_that_waits_no_longer_is_told_as_over(stage: Stage, server: ScalingServer) -> None:
    """Its time-out was shorter than the message's way, or somebody else has completed it."""
    guard(stage)
    hooked = hold(stage, server)
    server.actions.expire(hooked.waiting.token)
    with running(stage, server) as controller:
        controller.wait_ready()
        hooked.send(age=20)
        told = hooked.wait_condition("True")
        controller.wait_for_words("is not drained yet", stage.instance_id, "it is over")
        unguard(stage)
        stage.wait_phase("Drained")

    assert told["reason"] == "LifecycleOver"
    assert hooked.calls(COMPLETE) == []


def test_after_kill_9_between_drain_and_completion_the_next_controller_completes(
    stage: Stage, another: Stage, server: ScalingServer
) -> None:
    """And the third one does not do it again."""
    stage.add_pods(stage.pod("web"))
    hooked, later = hold(stage, server), hold(another, server)
    # However long it takes to kill it, no try of the first is answered.
    server.fail_next(*[Fault.HANGS] * 100)
    with running(stage, server) as first, policy(stage, NO_HEARTBEAT):
        first.wait_ready()
        hooked.send()
        stage.wait_phase("Drained")
        server.wait_for_calls(1)
        first.kill()
    assert hooked.result() is None
    with ScalingServer(actions=server.actions) as healthy:
        with running(stage, healthy) as second:
            second.wait_ready()
            hooked.wait_condition("True")
            stage.wait(lambda ni: bool(ni["status"].get("completedHooks")))
            second.kill()
        with running(stage, healthy) as third:
            third.wait_ready()
            _is_done(third, later)

    assert hooked.result() == "CONTINUE"
    assert {c.code for c in hooked.calls(COMPLETE)} == {Fault.HANGS.value}
    assert [c.code for c in healthy.calls if hooked.is_about(c)] == [""]


def test_after_kill_9_in_mid_drain_the_next_controller_keeps_the_hook_and_completes_it(
    stage: Stage, server: ScalingServer
) -> None:
    guard(stage)
    hooked = hold(stage, server)
    with running(stage, server) as first:
        first.wait_ready()
        hooked.send()
        stage.wait_phase("Draining")
        first.kill()
    before = len(hooked.calls(HEARTBEAT))
    with running(stage, server) as second:
        second.wait_ready()
        server.wait_for_calls(before + 1)
        unguard(stage)
        hooked.wait_condition("True")

    assert len(hooked.calls(HEARTBEAT)) > before
    assert hooked.result() == "CONTINUE"


def test_the_hook_of_a_node_that_is_gone_is_asked_for_until_it_succeeds(
    stage: Stage, server: ScalingServer
) -> None:
    """There is no record to tell it: the log does, and the message stays until then."""
    hooked = hold(stage, server)
    with running(stage, server) as controller:
        controller.wait_ready()
        stage.send_spot()
        stage.wait_phase("Drained")
        stage.remove()
        stage.wait_phase("Finished")
        server.fail_next(Fault.DENIED, Fault.DENIED)
        hooked.send()
        told = controller.wait_for_words(stage.instance_id, "has no Node any more, and its hook")
        controller.wait_for_words(stage.instance_id, "has no Node any more. Told the lifecycle")
        assert failed_calls(controller) == 2
        # A copy is known, and makes no call.
        hooked.send_direct()
        controller.wait_for_words(stage.instance_id, "a copy, its hook is seen to")
        ignored = "spotdrain_events_ignored_total"
        # A queue may give a message twice.
        assert controller.metric(ignored, reason="duplicate") >= 1

    assert "AWS refuses autoscaling:CompleteLifecycleAction" in told["message"]
    assert hooked.result() == "CONTINUE"
    assert [c.code for c in hooked.calls(COMPLETE)] == ["AccessDenied", "AccessDenied", ""]


def test_after_a_restart_the_hook_of_a_node_that_is_gone_is_completed_by_its_record(
    stage: Stage, server: ScalingServer
) -> None:
    hooked = hold(stage, server)
    with running(stage, server) as first:
        first.wait_ready()
        stage.send_spot()
        stage.wait_phase("Drained")
        stage.remove()
        stage.wait_phase("Finished")
        first.kill()
    with running(stage, server) as second:
        second.wait_ready()
        hooked.send()
        hooked.wait_call(COMPLETE)

    assert hooked.result() == "CONTINUE"


def test_after_a_restart_a_dry_run_still_calls_nobody(stage: Stage, server: ScalingServer) -> None:
    """The node that its policy selected is gone; the record names the policy."""
    hooked = hold(stage, server)
    apply(stage, {"mode": "DryRun"})
    with running(stage, server) as first:
        first.wait_ready()
        stage.send_spot()
        stage.wait(lambda ni: ni.get("status", {}).get("policy") == stage.node_name)
        stage.remove()
        stage.wait_phase("Finished")
        first.kill()
    with running(stage, server) as second:
        second.wait_ready()
        hooked.send(age=GIVEN_UP)
        second.wait_for_words(stage.instance_id, "its hook's own time-out ends the wait")
    stage.cluster.kubectl("delete", "spotpolicy", stage.node_name)

    assert server.calls == ()


def test_of_two_replicas_one_completes(stage: Stage, server: ScalingServer) -> None:
    hooked = hold(stage, server)
    with running(stage, server) as one, running(stage, server, "another") as other:
        # Until each has heard of the other, both take all for theirs.
        for replica in (one, other):
            replica.wait_ready()
            replica.wait_for_words("replicas: ", "another", "controller")
        hooked.send()
        hooked.wait_condition("True")
        stage.wait_phase("Drained")
        # Its Lease goes with it: the tests after these are not to wait for its share.
        other.terminate()

    assert [c.code for c in hooked.calls(COMPLETE)] == [""]


def _is_done(controller: ControllerProcess, hooked: Hooked) -> None:
    """Have another instance let go: what the controller had to do before, it has done by then."""
    hooked.send()
    hooked.wait_condition("True")
    assert controller.metric("spotdrain_lifecycle_calls_total", call="complete") >= 1
