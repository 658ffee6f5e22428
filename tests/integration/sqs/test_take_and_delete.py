"""SqsQueue takes, hides and deletes messages, and logs none of their secrets."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from controller.aws.queue import SqsQueue
from tests.integration.sqs.steps import counts, receipts, received, when

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from mypy_boto3_sqs import SQSClient


async def test_a_long_poll_ends_when_a_message_comes(queue: SqsQueue) -> None:
    sent = when(queue, "before-send", "ReceiveMessage")
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
    rest = await received(queue, 13)
    assert await queue.delete(receipts(rest)) == []
    assert counts(sqs, queue) == (0, 10)


async def test_deleting_tells_which_receipts_were_refused(queue: SqsQueue, sqs: SQSClient) -> None:
    for number in range(12):
        await queue.send(str(number))
    good = receipts(await received(queue, 12))
    mixed = [*good[:5], "wrong-1", *good[5:], "wrong-2"]
    refused = await queue.delete(mixed)
    assert [refusal.receipt for refusal in refused] == ["wrong-1", "wrong-2"]
    assert {(refusal.code, refusal.final) for refusal in refused} == {
        ("ReceiptHandleIsInvalid", True)
    }
    assert counts(sqs, queue) == (0, 0)


async def test_deleting_nothing_asks_nothing(queue: SqsQueue) -> None:
    sent = when(queue, "before-send", "DeleteMessageBatch")
    assert await queue.delete([]) == []
    await queue.hide({})
    assert not sent.is_set()


async def test_a_message_hidden_for_zero_seconds_comes_again_and_is_counted(
    queue: SqsQueue,
) -> None:
    await queue.send("again")
    (first,) = await queue.receive()
    refused = await queue.hide({first.receipt: 0, "wrong": 5})
    assert [refusal.receipt for refusal in refused] == ["wrong"]
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
    sent = when(queue, "before-send", "ReceiveMessage")
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
