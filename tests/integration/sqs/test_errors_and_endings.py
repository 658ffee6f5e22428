"""How SqsQueue ends, and what it says when the server, the queue or the credentials are missing."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from controller.aws import client as client_module
from controller.aws.queue import SqsQueue
from controller.domain.message import QueueError
from tests.integration.sqs.steps import serve_moto, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


async def test_a_cancelled_receive_gives_back_what_still_arrives(
    make_queue_url: Callable[..., str],
) -> None:
    """Else the message would be hidden for twelve hours: nobody holds its receipt."""
    queue = SqsQueue(make_queue_url(VisibilityTimeout="43200"))
    sent = when(queue, "before-send", "ReceiveMessage")
    given_back = when(queue, "after-call", "ChangeMessageVisibilityBatch")
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


async def test_a_server_that_is_away_is_unreachable() -> None:
    with serve_moto() as endpoint:
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
