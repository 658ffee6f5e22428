"""SqsQueue against a real HTTP server that speaks SQS: moto, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
import pytest

from controller.aws import client as client_module
from controller.aws.queue import SqsQueue
from controller.domain.message import QueueError
from controller.domain.notice import Notice
from controller.notices import read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    from mypy_boto3_sqs import SQSClient

    from controller.domain.message import Message

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
    with _moto() as endpoint:
        yield endpoint


@contextmanager
def _moto() -> Iterator[str]:
    argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            lines = iter(server.stderr)
            address = next(
                found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
            )
            # A full pipe would stop the server.
            reader = threading.Thread(target=lambda: all(True for _ in lines), daemon=True)
            reader.start()
            yield address
        finally:
            server.terminate()
            server.wait()
            reader.join()


@pytest.fixture(autouse=True)
def _aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


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


def _when(queue: SqsQueue, moment: str, operation: str) -> asyncio.Event:
    """Return an event that is set when botocore reaches that moment of that operation."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def reached(**_: object) -> None:  # a result other than None would replace the request
        loop.call_soon_threadsafe(event.set)

    queue._client.meta.events.register(f"{moment}.sqs.{operation}", reached)
    return event


async def _received(queue: SqsQueue, count: int) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < count:
        messages += await queue.receive()
    return messages


def _receipts(messages: Sequence[Message]) -> list[str]:
    return [message.receipt for message in messages]


async def test_a_long_poll_ends_when_a_message_comes(queue: SqsQueue) -> None:
    sent = _when(queue, "before-send", "ReceiveMessage")
    async with asyncio.TaskGroup() as tasks:
        receiving = tasks.create_task(queue.receive())
        await sent.wait()
        await queue.send('{"a": "é"}')
    (message,) = receiving.result()
    assert message.body == '{"a": "é"}'
    assert message.receive_count == 1
    assert message.id
    assert message.sent_at > 1_700_000_000


async def test_up_to_ten_messages_come_at_once_and_all_can_be_deleted(
    queue: SqsQueue, sqs: SQSClient
) -> None:
    for number in range(23):
        await queue.send(str(number))
    assert len(await queue.receive()) == 10
    rest = await _received(queue, 13)
    assert await queue.delete(_receipts(rest)) == []
    assert _counts(sqs, queue) == (0, 10)


async def test_deleting_tells_which_receipts_were_refused(queue: SqsQueue, sqs: SQSClient) -> None:
    for number in range(12):
        await queue.send(str(number))
    good = _receipts(await _received(queue, 12))
    mixed = [*good[:5], "wrong-1", *good[5:], "wrong-2"]
    assert await queue.delete(mixed) == ["wrong-1", "wrong-2"]
    assert _counts(sqs, queue) == (0, 0)


async def test_deleting_nothing_asks_nothing(queue: SqsQueue) -> None:
    sent = _when(queue, "before-send", "DeleteMessageBatch")
    assert await queue.delete([]) == []
    await queue.hide({})
    assert not sent.is_set()


async def test_a_message_hidden_for_zero_seconds_comes_again_and_is_counted(
    queue: SqsQueue,
) -> None:
    await queue.send("again")
    (first,) = await queue.receive()
    await queue.hide({first.receipt: 0, "wrong": 5})
    (second,) = await queue.receive()
    assert (second.body, second.receive_count) == ("again", 2)
    assert second.sent_at == first.sent_at


async def test_a_hidden_message_stays_away_for_as_long_as_was_asked(
    make_queue_url: Callable[..., str],
) -> None:
    """The queue itself would show it again at once; more than SQS takes is cut to what it does."""
    queue = SqsQueue(make_queue_url(VisibilityTimeout="0"))
    await queue.send("hidden")
    (message,) = await queue.receive()
    await queue.hide({message.receipt: 10**9})
    sent = _when(queue, "before-send", "ReceiveMessage")
    async with asyncio.TaskGroup() as tasks:
        receiving = tasks.create_task(queue.receive())
        await sent.wait()
        await queue.send("later")
    assert [message.body for message in receiving.result()] == ["later"]
    queue.close()


async def test_a_message_that_is_never_deleted_ends_in_the_dead_letter_queue(
    make_queue_url: Callable[..., str], sqs: SQSClient
) -> None:
    dead_url = make_queue_url("-dlq")
    arn = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]
    redrive = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 2}
    queue = SqsQueue(make_queue_url(RedrivePolicy=json.dumps(redrive)))
    dead = SqsQueue(dead_url)
    await queue.send("poison")
    for count in (1, 2):
        (message,) = await queue.receive()
        assert message.receive_count == count
        await queue.hide({message.receipt: 0})
    emptied = asyncio.create_task(queue.receive())  # SQS moves it when it is asked for once more
    (moved,) = await dead.receive()
    assert moved.body == "poison"
    emptied.cancel()
    queue.close()
    dead.close()


async def test_a_cancelled_receive_gives_back_what_still_arrives(
    make_queue_url: Callable[..., str],
) -> None:
    """Else the message would be hidden for twelve hours: nobody holds its receipt."""
    queue = SqsQueue(make_queue_url(VisibilityTimeout="43200"))
    sent = _when(queue, "before-send", "ReceiveMessage")
    given_back = _when(queue, "after-call", "ChangeMessageVisibilityBatch")
    receiving = asyncio.create_task(queue.receive())
    await sent.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    await queue.send("for whoever comes next")
    await given_back.wait()
    (message,) = await queue.receive()
    assert (message.body, message.receive_count) == ("for whoever comes next", 2)
    queue.close()


async def test_the_process_ends_although_a_receive_is_pending(silent_server: _Silent) -> None:
    """Nothing ever answers that receive: were its thread joined, the process would never end."""
    url = f"http://127.0.0.1:{silent_server.port}/123456789012/q"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PENDING_RECEIVE, url, stdin=subprocess.PIPE
    )
    connection, _ = await asyncio.to_thread(silent_server.socket.accept)
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0
    connection.close()


_PENDING_RECEIVE = """
import asyncio, sys
from controller.aws import client
client.READ_TIMEOUT = 3600
from controller.aws.queue import SqsQueue

async def main():
    queue = SqsQueue(sys.argv[1])
    receiving = asyncio.create_task(queue.receive())
    await asyncio.to_thread(sys.stdin.read)
    receiving.cancel()
    await asyncio.wait([receiving])
    assert receiving.cancelled()
    queue.close()

asyncio.run(main())
"""


class _Silent:
    """A server that takes connections and never answers."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]


@pytest.fixture
def silent_server() -> Iterator[_Silent]:
    server = _Silent()
    yield server
    server.socket.close()


async def test_a_server_that_is_away_is_unreachable() -> None:
    with _moto() as endpoint:
        queue = SqsQueue(f"{endpoint}/123456789012/away")
    with pytest.raises(QueueError, match=r"^Cannot connect to http://127\.0\.0\.1:\d+: ") as raised:
        await queue.receive()
    assert raised.value.code == "Unreachable"
    queue.close()


async def test_a_server_that_falls_silent_is_unreachable(
    silent_server: _Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "READ_TIMEOUT", 0.2)
    queue = SqsQueue(f"http://127.0.0.1:{silent_server.port}/123456789012/silent")
    with pytest.raises(QueueError, match=r"broke during ReceiveMessage") as raised:
        await queue.receive()
    assert raised.value.code == "Unreachable"
    queue.close()


async def test_a_queue_that_does_not_exist_is_named(sqs_server: str) -> None:
    queue = SqsQueue(f"{sqs_server}/123456789012/nowhere")
    with pytest.raises(QueueError, match=r"^There is no queue nowhere: check the ") as raised:
        await queue.check()
    assert raised.value.code == "AWS.SimpleQueueService.NonExistentQueue"
    queue.close()


async def test_missing_credentials_are_said(
    make_queue_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_queue_url()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    queue = SqsQueue(url)
    with pytest.raises(QueueError, match=r"^No AWS credentials found: ") as raised:
        await queue.receive()
    assert raised.value.code == "NoCredentials"
    queue.close()


async def test_a_careful_queue_gets_no_warning(
    make_queue_url: Callable[..., str], sqs: SQSClient
) -> None:
    dead = sqs.get_queue_attributes(QueueUrl=make_queue_url("-dlq"), AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": dead["Attributes"]["QueueArn"], "maxReceiveCount": 5}
    queue = SqsQueue(make_queue_url(RedrivePolicy=json.dumps(redrive), VisibilityTimeout="30"))
    assert await queue.check() == []
    queue.close()


async def test_a_careless_queue_gets_a_sentence_for_each_fault(
    make_queue_url: Callable[..., str],
) -> None:
    queue = SqsQueue(make_queue_url(VisibilityTimeout="5"))
    no_redrive, short = await queue.check()
    assert "has no dead-letter queue" in no_redrive
    assert "hides received messages for 5 s only" in short
    queue.close()


async def test_logs_at_debug_hold_no_secret_and_no_receipt(
    make_queue_url: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "testing-session-token")
    caplog.set_level(logging.DEBUG)
    queue = SqsQueue(make_queue_url())
    await queue.send("private")
    (message,) = await queue.receive()
    await queue.delete([message.receipt])
    queue.close()
    for secret in ("testing-secret", "testing-session-token", message.receipt, "private"):
        assert secret not in caplog.text


async def test_a_drill_typed_at_a_prompt_arrives_as_a_simulated_notice(queue: SqsQueue) -> None:
    instance = "i-0123456789abcdef0"
    argv = ["drill", instance, "--kind", "spot", "--age", "60", "--queue-url", queue.url.url]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "controller", *argv, stdout=subprocess.PIPE
    )
    printed, _ = await command.communicate()
    assert command.returncode == 0
    (message,) = await queue.receive()
    outcome = read(message.body, message.sent_at)
    assert isinstance(outcome, list)
    (notice,) = outcome
    assert isinstance(notice, Notice)
    assert (notice.instance_id, notice.source) == (instance, "simulated")
    assert notice.id in printed.decode()
    assert f"kubectl get ni {instance} --watch" in printed.decode()


def _counts(sqs: SQSClient, queue: SqsQueue) -> tuple[int, int]:
    """How many messages are visible, and how many are in flight."""
    attributes = sqs.get_queue_attributes(QueueUrl=queue.url.url, AttributeNames=["All"])
    visible = attributes["Attributes"]["ApproximateNumberOfMessages"]
    return int(visible), int(attributes["Attributes"]["ApproximateNumberOfMessagesNotVisible"])
