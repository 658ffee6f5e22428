"""AutoScaling lets instances go and keeps them, over HTTP, and says how each action ended."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from controller.aws import client as client_module
from controller.aws.autoscaling import HEARTBEATS
from controller.domain.lifecycle import COMPLETED, EXTENDED, OVER, LifecycleAction, ScalingError
from hack.scaling import Fault

if TYPE_CHECKING:
    from controller.aws.autoscaling import AutoScaling
    from hack.scaling import ScalingServer, Waiting

INSTANCE = "i-0123456789abcdef0"
UNKNOWN = "11111111-2222-3333-4444-555555555555"


def action(waiting: Waiting) -> LifecycleAction:
    return LifecycleAction(waiting.group, waiting.hook, waiting.token, waiting.instance_id)


async def test_completing_always_says_continue(server: ScalingServer, scaling: AutoScaling) -> None:
    """ABANDON may keep the instance, and its cost: `Terminating:Retained`."""
    waiting = server.actions.hold(INSTANCE, default="ABANDON")
    verdict = await scaling.complete(action(waiting))
    assert verdict.reason == COMPLETED
    assert verdict.message == (
        "Told the lifecycle hook spotdrain of Auto Scaling group spot-workers to go on:"
        f" {INSTANCE} is let go."
    )
    ended = server.actions.read(waiting.token)
    assert (ended.state, ended.result) == ("Terminating:Proceed", "CONTINUE")
    (call,) = server.calls
    assert call.operation == "CompleteLifecycleAction"
    assert call.parameters == {
        "AutoScalingGroupName": "spot-workers",
        "LifecycleHookName": "spotdrain",
        "LifecycleActionToken": waiting.token,
        "LifecycleActionResult": "CONTINUE",
        "InstanceId": INSTANCE,
    }


async def test_a_heartbeat_begins_the_time_out_anew(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    waiting = server.actions.hold(INSTANCE)
    verdict = await scaling.heartbeat(action(waiting))
    assert verdict.reason == EXTENDED
    assert server.actions.read(waiting.token).until > waiting.until
    assert server.actions.read(waiting.token).state == "Terminating:Wait"
    assert server.calls[0].operation == "RecordLifecycleActionHeartbeat"


async def test_two_completions_let_the_instance_go_once(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    waiting = server.actions.hold(INSTANCE)
    verdicts = await asyncio.gather(*(scaling.complete(action(waiting)) for _ in range(2)))
    assert {verdict.reason for verdict in verdicts} == {COMPLETED, OVER}
    assert server.actions.read(waiting.token).result == "CONTINUE"


@pytest.mark.parametrize("call", ["complete", "heartbeat"])
async def test_an_expired_action_is_over(
    server: ScalingServer, scaling: AutoScaling, call: str
) -> None:
    waiting = server.actions.hold(INSTANCE, default="ABANDON")
    server.actions.expire(waiting.token)
    verdict = await getattr(scaling, call)(action(waiting))
    assert verdict.reason == OVER
    assert verdict.message == (
        "The lifecycle hook spotdrain of Auto Scaling group spot-workers no longer waits for"
        f" {INSTANCE}: it is over."
    )
    assert server.actions.read(waiting.token).result == "ABANDON"
    assert len(server.calls) == 1


async def test_a_token_that_nobody_knows_is_over(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    server.actions.hold(INSTANCE)
    unknown = LifecycleAction("spot-workers", "spotdrain", UNKNOWN, INSTANCE)
    assert (await scaling.complete(unknown)).reason == OVER


async def test_a_group_that_was_deleted_waits_for_nothing(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    """To ask again would never end."""
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.NO_GROUP)
    assert (await scaling.complete(action(waiting))).reason == OVER


async def test_any_other_complaint_about_the_call_is_an_error(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.INVALID)
    with pytest.raises(ScalingError, match=r"^AWS answered ValidationError to autoscaling:Comple"):
        await scaling.complete(action(waiting))


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.INTERNAL, Fault.CONTENDED])
async def test_a_fault_that_passes_is_tried_again(
    server: ScalingServer, scaling: AutoScaling, fault: Fault
) -> None:
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(fault)
    assert (await scaling.complete(action(waiting))).reason == COMPLETED
    assert [bool(call.code) for call in server.calls] == [True, False]


@pytest.mark.parametrize("call", ["complete", "heartbeat"])
async def test_without_a_token_the_instance_names_the_action(
    server: ScalingServer, scaling: AutoScaling, call: str
) -> None:
    """An empty token would be refused by botocore, and again at every try."""
    waiting = server.actions.hold(INSTANCE)
    bare = LifecycleAction(waiting.group, waiting.hook, "", INSTANCE)
    assert (await getattr(scaling, call)(bare)).reason in {COMPLETED, EXTENDED}
    assert "LifecycleActionToken" not in server.calls[0].parameters
    assert server.calls[0].parameters["InstanceId"] == INSTANCE


async def test_a_completion_does_not_wait_behind_heartbeats_that_hang(
    server: ScalingServer, scaling: AutoScaling, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None of them is given up meanwhile, which would let the next one go.
    monkeypatch.setattr(client_module, "SCALING_READ_TIMEOUT", 120)
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(*[Fault.HANGS] * HEARTBEATS)
    beats = [asyncio.create_task(scaling.heartbeat(action(waiting))) for _ in range(2 * HEARTBEATS)]
    await asyncio.to_thread(server.wait_for_calls, HEARTBEATS)
    assert (await scaling.complete(action(waiting))).reason == COMPLETED
    assert [call.operation for call in server.calls].index("CompleteLifecycleAction") == HEARTBEATS
    for beat in beats:
        beat.cancel()
    await asyncio.gather(*beats, return_exceptions=True)


async def test_an_answer_that_was_lost_does_not_make_it_fail(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    """The second try finds the action completed, by the first: as good as done."""
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.ANSWER_LOST)
    assert (await scaling.complete(action(waiting))).reason == OVER
    assert server.actions.read(waiting.token).result == "CONTINUE"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.THROTTLED, "^Auto Scaling throttles autoscaling:CompleteLifecycleA"),
        (Fault.INTERNAL, "^AWS answered InternalFailure to autoscaling:Comple"),
    ],
)
async def test_a_fault_that_stays_is_told_after_a_few_tries(
    server: ScalingServer,
    scaling: AutoScaling,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    words: str,
) -> None:
    monkeypatch.setattr(client_module, "SCALING_ATTEMPTS", 2)
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(*[fault] * 9)
    with pytest.raises(ScalingError, match=words) as raised:
        await scaling.complete(action(waiting))
    assert [call.code for call in server.calls] == [raised.value.code] * 2


async def test_a_denial_names_the_right_the_role_and_the_tag(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.DENIED)
    with pytest.raises(ScalingError) as raised:
        await scaling.heartbeat(action(waiting))
    assert str(raised.value) == (
        "AWS refuses autoscaling:RecordLifecycleActionHeartbeat on lifecycle hook spotdrain of Auto"
        " Scaling group spot-workers to arn:aws:sts::123456789012:assumed-role/spotdrain/pod: allow"
        " it in the role's IAM policy, and see that the group has the tag that the policy's"
        " condition asks for."
    )
    assert len(server.calls) == 1


async def test_a_server_that_falls_silent_is_given_up_and_asked_again(
    server: ScalingServer, scaling: AutoScaling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "SCALING_READ_TIMEOUT", 1.0)
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.HANGS)
    # It is over where the second call, too, took longer than that.
    assert (await scaling.complete(action(waiting))).reason in {COMPLETED, OVER}
    assert [call.code for call in server.calls][:2] == [Fault.HANGS.value, ""]
    assert server.actions.read(waiting.token).result == "CONTINUE"


async def test_a_server_that_stays_silent_is_unreachable(
    server: ScalingServer, scaling: AutoScaling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "SCALING_READ_TIMEOUT", 0.2)
    monkeypatch.setattr(client_module, "SCALING_ATTEMPTS", 2)
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.HANGS, Fault.HANGS)
    with pytest.raises(ScalingError, match=r"broke during CompleteLifecycleAction") as raised:
        await scaling.complete(action(waiting))
    assert raised.value.code == "Unreachable"
    assert server.actions.read(waiting.token).state == "Terminating:Wait"


async def test_a_server_that_is_away_is_unreachable(
    server: ScalingServer, scaling: AutoScaling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "SCALING_ATTEMPTS", 1)
    waiting = server.actions.hold(INSTANCE)
    server.close()
    with pytest.raises(
        ScalingError, match=r"^Cannot connect to http://127\.0\.0\.1:\d+: "
    ) as raised:
        await scaling.complete(action(waiting))
    assert raised.value.code == "Unreachable"


async def test_a_token_that_no_hook_gives_is_not_sent(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    odd = LifecycleAction("spot-workers", "spotdrain", "hunter2", INSTANCE)
    with pytest.raises(ScalingError, match=r"\(ParamValidationError\)") as raised:
        await scaling.complete(odd)
    assert "hunter2" not in str(raised.value)
    assert server.calls == ()


async def test_cancelling_returns_at_once_and_the_call_ends_by_itself(
    server: ScalingServer, scaling: AutoScaling
) -> None:
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.HANGS)
    completing = asyncio.create_task(scaling.complete(action(waiting)))
    await asyncio.to_thread(server.wait_for_calls, 1)
    completing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await completing


async def test_nothing_logged_or_shown_holds_a_token(
    server: ScalingServer, scaling: AutoScaling, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    waiting = server.actions.hold(INSTANCE)
    server.fail_next(Fault.THROTTLED)
    verdicts = [
        await scaling.heartbeat(action(waiting)),
        await scaling.complete(action(waiting)),
        await scaling.complete(action(waiting)),
    ]
    shown = f"{caplog.text}{verdicts}{action(waiting)!r}{action(waiting)}"
    for secret in (waiting.token, "testing-secret", "testing-session-token"):
        assert secret not in shown


async def test_the_model_of_the_service_is_not_loaded_before_it_is_needed() -> None:
    """A cluster without hooks does not pay for it."""
    program = (
        "import sys\n"
        "from botocore import loaders\n"
        "loaders.Loader.load_service_model = lambda *_, **__: sys.exit('loaded')\n"
        "from controller.aws.autoscaling import AutoScaling\n"
        "AutoScaling('us-east-1').close()\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stderr=subprocess.PIPE
    )
    _, words = await process.communicate()
    assert (process.returncode, words) == (0, b"")
