"""What the queue does not take is tried again or told; nothing of it is forgotten."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controller import metrics
from controller.aws.queue import SqsQueue
from controller.domain.notice import Kind, Notice
from controller.engine.acknowledging import Acknowledger
from controller.engine.waiting_room import WaitingRoom
from tests.integration.sqs.steps import counts, received
from tests.integration.sqs_front import EXPIRED, THROTTLED, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mypy_boto3_sqs import SQSClient

    from tests.integration.sqs_front import Front

DELETE, HIDE = "DeleteMessageBatch", "ChangeMessageVisibilityBatch"
INSTANCE = "i-0123456789abcdef0"


@pytest.fixture
async def queue(front: Front) -> AsyncIterator[SqsQueue]:
    """Give the queue behind the front."""
    made = SqsQueue(front.url)
    yield made
    made.close()


@asynccontextmanager
async def acknowledging(queue: SqsQueue) -> AsyncIterator[Acknowledger]:
    """Run an acknowledger that makes the shortest pauses there are."""
    acknowledger = Acknowledger(queue, lambda: 0.0)
    task = asyncio.create_task(acknowledger.run())
    yield acknowledger
    task.cancel()
    await asyncio.wait([task])


def counted(queue: SqsQueue, result: str) -> float:
    """Read a counter as /metrics shows it."""
    labels = {"queue": queue.name, "result": result}
    return metrics.REGISTRY.get_sample_value("spotdrain_sqs_messages_total", labels) or 0.0


@pytest.mark.parametrize(
    ("fault", "words"), [(THROTTLED, "throttles"), (EXPIRED, "credentials have expired")]
)
async def test_deletes_that_fail_are_made_again_until_they_succeed(
    front: Front, queue: SqsQueue, sqs: SQSClient, fault: Fault, words: str
) -> None:
    for number in range(12):
        await queue.send(str(number))
    messages = await received(queue, 12)
    async with acknowledging(queue) as acknowledger:
        with front.with_fault(replace(fault, operation=DELETE)):
            for message in messages:
                acknowledger.done(message.receipt)
            await asyncio.to_thread(front.wait_failed, DELETE, 2)
            assert words in str(acknowledger.trouble)
        await asyncio.to_thread(front.wait_passed, DELETE, 2)
    assert counts(sqs, queue) == (0, 0)


async def test_an_entry_that_aws_fails_to_delete_is_deleted_with_the_next_call(
    front: Front, queue: SqsQueue, sqs: SQSClient
) -> None:
    """SQS answers 200 and `Failed`: whoever looks at the status alone loses it."""
    await queue.send("once more")
    (message,) = await queue.receive()
    async with acknowledging(queue) as acknowledger:
        with front.with_fault(Fault("InternalError", operation=DELETE, times=2, entries=True)):
            acknowledger.done(message.receipt)
            await asyncio.to_thread(front.wait_passed, DELETE)
    assert front.failed(DELETE) == 2
    assert counts(sqs, queue) == (0, 0)


async def test_a_receipt_that_is_refused_for_good_is_told_and_not_tried_again(
    front: Front, queue: SqsQueue, caplog: pytest.LogCaptureFixture
) -> None:
    async with acknowledging(queue) as acknowledger:
        acknowledger.done("no receipt")
        await asyncio.to_thread(front.wait_passed, DELETE)
        await queue.send("after it")
        (message,) = await queue.receive()
        acknowledger.done(message.receipt)
        await asyncio.to_thread(front.wait_passed, DELETE, 2)
    assert acknowledger.trouble is None
    assert counted(queue, "delete_refused") == 1
    (told,) = caplog.messages
    assert "ReceiptHandleIsInvalid" in told
    assert "comes again, as a duplicate" in told


async def test_messages_of_a_node_that_joins_in_an_outage_are_shown_after_it(
    front: Front, queue: SqsQueue
) -> None:
    """Else they would stay hidden for the rest of 80 seconds, out of the 120 of a notice."""
    await queue.send("early")
    (message,) = await queue.receive()
    room = WaitingRoom(queue)
    notice = Notice(
        "event", Kind.SPOT_INTERRUPTION, INSTANCE, message.sent_at, message.sent_at + 90
    )
    await room.keep(message, notice, message.sent_at)
    with front.with_fault(replace(THROTTLED, operation=HIDE)):
        joining = asyncio.create_task(room.joined(INSTANCE))
        await asyncio.to_thread(front.wait_failed, HIDE)
    await joining
    (again,) = await queue.receive()
    assert (again.id, again.receive_count) == (message.id, 2)
