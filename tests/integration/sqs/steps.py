"""Steps that the tests of the queue share."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_sqs import SQSClient

    from controller.aws.queue import SqsQueue
    from controller.domain.message import Message


@contextmanager
def serve_moto() -> Iterator[str]:
    """Serve SQS on a free loopback port, in a process of its own; gives the endpoint's URL."""
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


def when(queue: SqsQueue, moment: str, operation: str) -> asyncio.Event:
    """Return an event that is set when botocore reaches that moment of that operation."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def reached(**_: object) -> None:  # a result other than None would replace the request
        loop.call_soon_threadsafe(event.set)

    queue._client.meta.events.register(f"{moment}.sqs.{operation}", reached)
    return event


async def received(queue: SqsQueue, count: int) -> list[Message]:
    """Receive until there are at least that many messages."""
    messages: list[Message] = []
    while len(messages) < count:
        messages += await queue.receive()
    return messages


def receipts(messages: Sequence[Message]) -> list[str]:
    """Return what the messages are deleted by, in their order."""
    return [message.receipt for message in messages]


def counts(sqs: SQSClient, queue: SqsQueue) -> tuple[int, int]:
    """How many messages are visible, and how many are in flight."""
    attributes = sqs.get_queue_attributes(QueueUrl=queue.url.url, AttributeNames=["All"])
    visible = attributes["Attributes"]["ApproximateNumberOfMessages"]
    return int(visible), int(attributes["Attributes"]["ApproximateNumberOfMessagesNotVisible"])
