"""Queues on a real HTTP server that speaks SQS: moto, in a process of its own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import boto3
import pytest

from controller.aws import queue as queue_module
from controller.aws.queue import SqsQueue
from tests.integration.sqs.steps import serve_moto
from tests.integration.sqs_front import Front

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing-secret",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="module")
def sqs_server() -> Iterator[str]:
    """Serve SQS on a free loopback port; gives the endpoint's URL."""
    with serve_moto() as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def _aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture(autouse=True)
def _nothing_comes_back_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what was received for longer than a test: a machine may stand still for 10 s."""
    monkeypatch.setattr(queue_module, "VISIBILITY_SECONDS", 600)


@pytest.fixture
def sqs(sqs_server: str) -> Iterator[SQSClient]:
    """Give a plain client, for what a queue's owner does."""
    client = boto3.client("sqs", endpoint_url=sqs_server, region_name=REGION)
    yield client
    client.close()


@pytest.fixture
def make_queue_url(sqs: SQSClient, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Make a queue that no other test uses."""
    name = re.sub(r"\W+", "-", request.node.name)[:70]

    def make(suffix: str = "", **attributes: str) -> str:
        return sqs.create_queue(QueueName=name + suffix, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]

    return make


@pytest.fixture
async def queue(make_queue_url: Callable[..., str]) -> AsyncIterator[SqsQueue]:
    queue = SqsQueue(make_queue_url())
    yield queue
    queue.close()


@pytest.fixture
def front(make_queue_url: Callable[..., str]) -> Iterator[Front]:
    """Give a front before a queue of the test's own."""
    made = Front(make_queue_url())
    yield made
    made.close()
