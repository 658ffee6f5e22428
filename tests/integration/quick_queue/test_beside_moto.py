"""What boto3, and the controller's own SqsQueue, get from the quick queue and from moto alike.

boto3 itself holds every body against its MD5.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sqs.steps import received, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

    from controller.aws.queue import SqsQueue


def code(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the code by which a call is refused."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return str(raised.value.response.get("Error", {}).get("Code"))


def test_a_queue_is_found_by_its_name_and_made_once(sqs: SQSClient, url: str) -> None:
    name = url.rpartition("/")[2]
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"] == {
        "QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{name}"
    }


def test_attributes_are_kept_and_messages_are_counted(sqs: SQSClient) -> None:
    url = sqs.create_queue(
        QueueName="kept", Attributes={"VisibilityTimeout": "77", "MessageRetentionPeriod": "300"}
    )["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="one")
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=60)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "77"
    assert found["MessageRetentionPeriod"] == "300"
    assert found["ApproximateNumberOfMessages"] == "2"
    assert found["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert found["ApproximateNumberOfMessagesDelayed"] == "0"


def test_a_message_comes_with_what_was_asked_for(sqs: SQSClient, url: str) -> None:
    sent = sqs.send_message(QueueUrl=url, MessageBody='{"a": "é"}')
    (bare,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    assert "Attributes" not in bare
    assert bare["MessageId"] == sent["MessageId"]
    assert bare["Body"] == '{"a": "é"}'
    (full,) = sqs.receive_message(
        QueueUrl=url,
        MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
    )["Messages"]
    assert full["Attributes"].keys() == {"ApproximateReceiveCount", "SentTimestamp"}
    assert full["Attributes"]["ApproximateReceiveCount"] == "2"
    assert full["ReceiptHandle"] != bare["ReceiptHandle"]


def test_a_batch_comes_in_tens_and_is_deleted_in_tens(sqs: SQSClient, url: str) -> None:
    for first in (0, 10):
        entries = [{"Id": str(n), "MessageBody": f"body {first + n}"} for n in range(10)]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
        assert [done["Id"] for done in answer["Successful"]] == [entry["Id"] for entry in entries]
        assert not answer.get("Failed")
    bodies = set()
    for _ in range(2):
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        bodies |= {message["Body"] for message in found}
        gone = sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(found)
            ],
        )
        assert len(gone["Successful"]) == 10
    assert bodies == {f"body {n}" for n in range(20)}
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_deleting_twice_is_no_error_and_a_wrong_receipt_is(sqs: SQSClient, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="once")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    for _ in range(2):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    wrong = code(sqs.delete_message, QueueUrl=url, ReceiptHandle="wrong")
    assert wrong == "ReceiptHandleIsInvalid"


def test_in_a_batch_each_wrong_receipt_fails_by_itself(sqs: SQSClient, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="one")
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=60)["Messages"]
    handles = {"good": message["ReceiptHandle"], "bad": "wrong"}
    hidden = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": name, "ReceiptHandle": receipt, "VisibilityTimeout": 30}
            for name, receipt in handles.items()
        ],
    )
    deleted = sqs.delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": name, "ReceiptHandle": receipt} for name, receipt in handles.items()],
    )
    for done, failed in (
        (hidden["Successful"], hidden["Failed"]),
        (deleted["Successful"], deleted["Failed"]),
    ):
        assert [entry["Id"] for entry in done] == ["good"]
        assert [(f["Id"], f["Code"], f["SenderFault"]) for f in failed] == [
            ("bad", "ReceiptHandleIsInvalid", True)
        ]


def test_what_sqs_does_not_take_is_refused_by_its_codes(sqs: SQSClient, url: str) -> None:
    nowhere = url.rpartition("/")[0] + "/nowhere"
    missing = "AWS.SimpleQueueService.NonExistentQueue"
    assert code(sqs.receive_message, QueueUrl=nowhere) == missing
    assert code(sqs.get_queue_url, QueueName="nowhere") == missing
    assert (
        code(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11) == "InvalidParameterValue"
    )
    assert code(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=21) == "InvalidParameterValue"
    eleven = [{"Id": str(n), "MessageBody": "x"} for n in range(11)]
    assert code(sqs.send_message_batch, QueueUrl=url, Entries=eleven).endswith(
        "TooManyEntriesInBatchRequest"
    )
    twins = [{"Id": "same", "MessageBody": "x"}] * 2
    assert code(sqs.send_message_batch, QueueUrl=url, Entries=twins).endswith(
        "BatchEntryIdsNotDistinct"
    )


async def test_a_long_poll_ends_when_a_message_comes(queue: SqsQueue) -> None:
    sent = when(queue, "before-send", "ReceiveMessage")
    async with asyncio.TaskGroup() as tasks:
        receiving = tasks.create_task(queue.receive())
        await sent.wait()
        await queue.send("news")
    (message,) = receiving.result()
    assert (message.body, message.receive_count) == ("news", 1)
    assert message.sent_at > 1_700_000_000


async def test_a_long_poll_ends_when_a_hidden_message_shows_itself(queue: SqsQueue) -> None:
    await queue.send("back again")
    (first,) = await queue.receive()
    assert await queue.hide({first.receipt: 1}) == []
    (second,) = await queue.receive()
    assert (second.body, second.receive_count) == ("back again", 2)


async def test_what_is_shown_again_comes_at_once_and_wrong_receipts_are_told(
    queue: SqsQueue,
) -> None:
    for number in range(12):
        await queue.send(str(number))
    found = await received(queue, 12)
    assert len({message.id for message in found}) == 12
    refused = await queue.hide({found[0].receipt: 0, "wrong": 5})
    assert [(one.receipt, one.final) for one in refused] == [("wrong", True)]
    (again,) = await queue.receive()
    assert again.id == found[0].id
    refused = await queue.delete([*(m.receipt for m in found), "wrong"])
    assert [(one.receipt, one.code) for one in refused] == [("wrong", "ReceiptHandleIsInvalid")]
    checkup = await queue.check()
    assert checkup.waiting == (0, 0, 0)


def test_polls_that_wait_side_by_side_share_what_comes(
    sqs: SQSClient, url: str, request: pytest.FixtureRequest
) -> None:
    """None is left behind; of the quick queue none comes twice, of moto's threads now and then one."""
    all_sent = Event()

    def poll() -> list[str]:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2, VisibilityTimeout=600
        )
        return [message["Body"] for message in answer.get("Messages", ())]

    def until_empty() -> list[str]:
        """Poll until one that began after the last was sent finds none."""
        found: list[str] = []
        last = False
        while (some := poll()) or not last:
            found += some
            last = all_sent.is_set()
        return found

    with ThreadPoolExecutor(4) as pool:
        polls = [pool.submit(until_empty) for _ in range(3)]
        try:
            for first in range(0, 100, 10):
                entries = [{"Id": str(n), "MessageBody": str(first + n)} for n in range(10)]
                sqs.send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
        finally:
            all_sent.set()
    bodies = [body for done in polls for body in done.result()]
    assert sorted(set(map(int, bodies))) == list(range(100))
    assert len(bodies) == 100 or request.node.name.endswith("[moto]")
