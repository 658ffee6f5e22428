"""The local Auto Scaling is as strict as AWS: names, lengths, patterns, time-outs."""

from __future__ import annotations

import http.client
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest

from hack.scaling import Actions, ScalingServer
from hack.scaling.faults import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INSTANCE = "i-0123456789abcdef0"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=testing/20260102/us-east-1/autoscaling/aws4_request,"
    " SignedHeaders=host, Signature=0"
)
GOOD = {
    "Action": "CompleteLifecycleAction",
    "Version": "2011-01-01",
    "AutoScalingGroupName": "spot-workers",
    "LifecycleHookName": "spotdrain",
    "LifecycleActionResult": "CONTINUE",
    "InstanceId": INSTANCE,
}


@pytest.fixture(scope="module")
def server() -> Iterator[ScalingServer]:
    with ScalingServer() as started:
        yield started


def post(
    server: ScalingServer, form: Mapping[str, str], authorization: str = SIGNED
) -> tuple[int, str]:
    address = urlsplit(server.endpoint).netloc
    with closing(http.client.HTTPConnection(address)) as connection:
        connection.request("POST", "/", urlencode(form), {"Authorization": authorization})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


def test_an_instance_alone_tells_the_action_too(server: ScalingServer) -> None:
    waiting = server.actions.hold(INSTANCE)
    status, text = post(server, GOOD)
    assert status == 200
    assert "<CompleteLifecycleActionResult/>" in text
    assert server.actions.read(waiting.token).result == "CONTINUE"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"LifecycleHookName": ""}, "ValidationError", "LifecycleHookName"),
        ({"LifecycleHookName": "a hook"}, "ValidationError", "regular expression"),
        ({"LifecycleHookName": "h" * 256}, "ValidationError", "less than or equal to 255"),
        ({"LifecycleActionToken": "short"}, "ValidationError", "LifecycleActionToken"),
        ({"LifecycleActionToken": "t" * 37}, "ValidationError", "less than or equal to 36"),
        ({"LifecycleActionResult": "GO"}, "ValidationError", "enum value set"),
        ({"InstanceId": "i-0123456789abcdef01"}, "ValidationError", "less than or equal to 19"),
        ({"InstanceId": "i-ffffffffffffffff0"}, "ValidationError", "with instance ID i-ffff"),
        ({"Token": "x"}, "MalformedInput", "Unexpected key Token"),
        ({"Version": "2010-01-01"}, "InvalidAction", "Could not find operation"),
        ({"Action": "CompleteEverything"}, "InvalidAction", "Could not find operation"),
    ],
)
def test_a_parameter_that_aws_would_refuse_is_refused(
    server: ScalingServer, change: Mapping[str, str], code: str, words: str
) -> None:
    server.actions.hold(INSTANCE)
    status, text = post(server, {**GOOD, **change})
    assert status == 400
    assert f"<Code>{code}</Code>" in text
    assert words in text


def test_a_missing_parameter_is_named(server: ScalingServer) -> None:
    form = {name: value for name, value in GOOD.items() if name != "LifecycleActionResult"}
    status, text = post(server, form)
    assert status == 400
    assert "Missing required parameter" in text
    assert "LifecycleActionResult" in text


def test_a_call_that_is_not_signed_for_auto_scaling_is_refused(server: ScalingServer) -> None:
    status, text = post(server, GOOD, SIGNED.replace("autoscaling", "sqs"))
    assert status == 403
    assert "MissingAuthenticationToken" in text


def test_what_else_auto_scaling_can_do_is_not_pretended(server: ScalingServer) -> None:
    form = {"Action": "DescribeAutoScalingGroups", "Version": "2011-01-01"}
    status, text = post(server, form)
    assert status == 501
    assert "NotImplemented" in text


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _beat(actions: Actions) -> None:
    actions.heartbeat({"AutoScalingGroupName": "g", "LifecycleHookName": "h", "InstanceId": "i-1"})


def test_nobody_answers_in_time_so_the_default_result_ends_it() -> None:
    clock = _Clock()
    actions = Actions(clock)
    waiting = actions.hold("i-1", group="g", hook="h", timeout=60, default="ABANDON")
    clock.now += 59
    assert actions.read(waiting.token).state == "Terminating:Wait"
    clock.now += 1
    ended = actions.read(waiting.token)
    assert (ended.state, ended.result) == ("Terminating:Proceed", "ABANDON")
    with pytest.raises(Refusal, match="No active Lifecycle Action found with instance ID i-1"):
        _beat(actions)


def test_heartbeats_extend_it_to_a_hundred_time_outs_and_no_further() -> None:
    clock = _Clock()
    actions = Actions(clock)
    waiting = actions.hold("i-1", group="g", hook="h", timeout=60)
    for _ in range(119):
        clock.now += 50
        _beat(actions)
    assert actions.read(waiting.token).until == 1000 + 100 * 60
