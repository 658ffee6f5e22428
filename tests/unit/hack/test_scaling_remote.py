"""A server in a container is asked for the same things as one in the test's own process."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from hack.scaling import Fault, RemoteScaling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_autoscaling import AutoScalingClient

INSTANCE = "i-0123456789abcdef0"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Run it as its image does, on a free port."""
    argv = [sys.executable, "-m", "hack.scaling", "--port", "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = re.fullmatch(r"answers at (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        assert said
        yield said[1]
        process.terminate()
    assert process.returncode == 0


@pytest.fixture
def client(endpoint: str) -> AutoScalingClient:
    return boto3.client(
        "autoscaling",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def complete(client: AutoScalingClient) -> None:
    client.complete_lifecycle_action(
        AutoScalingGroupName="spot-workers",
        LifecycleHookName="spotdrain",
        LifecycleActionResult="CONTINUE",
        InstanceId=INSTANCE,
    )


def test_an_action_is_held_failed_completed_and_read(
    endpoint: str, client: AutoScalingClient
) -> None:
    server = RemoteScaling(endpoint)
    held = server.hold(INSTANCE, timeout=3600.0)
    assert (held.instance_id, held.result) == (INSTANCE, None)

    server.fail_next(Fault.DENIED)
    with pytest.raises(ClientError, match="AccessDenied"):
        complete(client)
    assert server.read(held.token).result is None
    complete(client)

    assert server.read(held.token).result == "CONTINUE"
    operations = [(call.operation, call.code) for call in server.wait_for_calls(2)]
    assert operations == [
        ("CompleteLifecycleAction", "AccessDenied"),
        ("CompleteLifecycleAction", ""),
    ]
    assert server.calls[1].parameters["InstanceId"] == INSTANCE
