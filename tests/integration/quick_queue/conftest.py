"""The quick queue and moto side by side: what both must do alike is asked of both."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
import pytest

from controller.aws import queue as queue_module
from controller.aws.queue import SqsQueue
from hack.cluster.ports import ReservedPorts
from hack.cluster.queues import aws_environment
from tests.integration.sqs.steps import serve_moto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from mypy_boto3_sqs import SQSClient


@contextmanager
def serve_quick() -> Iterator[str]:
    """Serve the quick queue in a process of its own; gives the endpoint's URL."""
    with ReservedPorts() as ports:
        argv = [sys.executable, "-m", "hack.quick_queue", "--port", str(ports.reserve())]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1]
            server.terminate()


@pytest.fixture(scope="module")
def quick() -> Iterator[str]:
    with serve_quick() as endpoint:
        yield endpoint


@pytest.fixture(scope="module", params=[serve_quick, serve_moto], ids=["quick", "moto"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Serve SQS by the one and by the other; gives the endpoint's URL."""
    with request.param() as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def _aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws_environment("http://127.0.0.1:1").items():
        if name != "AWS_ENDPOINT_URL":
            monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)


@pytest.fixture(autouse=True)
def _nothing_comes_back_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what was received for longer than a test: a machine may stand still for 10 s."""
    monkeypatch.setattr(queue_module, "VISIBILITY_SECONDS", 600)


@pytest.fixture
def sqs(server: str) -> Iterator[SQSClient]:
    client = boto3.client("sqs", endpoint_url=server)
    yield client
    client.close()


@pytest.fixture
def url(sqs: SQSClient) -> str:
    """Make a queue of the test's own."""
    return sqs.create_queue(QueueName=f"test-{secrets.token_hex(4)}")["QueueUrl"]


@pytest.fixture
async def queue(url: str) -> AsyncIterator[SqsQueue]:
    """Give the queue as the controller has it."""
    made = SqsQueue(url)
    yield made
    made.close()
