"""An SQS queue as asyncio calls: boto3 on threads, and our own sentences for its errors."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from controller.aws.client import WAIT_SECONDS, connect
from controller.aws.errors import explain
from controller.aws.queue_url import parse_queue_url
from controller.aws.settings import waiting, warnings
from controller.aws.threads import start
from controller.domain.message import Message, QueueError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef, MessageTypeDef

    from controller.aws.settings import Waiting
    from controller.domain.verdict import Verdict

T = TypeVar("T")

BATCH = 10
"""Messages in one call, an SQS limit.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

VISIBILITY_SECONDS = 10
"""How long a received message is ours alone; whatever the queue's own setting.

Handling takes milliseconds. What a replica takes with it when it is killed comes back after this
time, out of the 120 s of a notice; a copy that comes too early is a duplicate and does no harm.
"""

_SHORT_CALLS = 2  # at once, beside the receivers: deletes and visibility changes
_MAX_HIDDEN = 39_600  # seconds; SQS allows 12 hours in all, counted from the first receive


class Checkup(NamedTuple):
    """What is unwise in a queue's settings, and how many messages are in it."""

    warnings: list[Verdict]
    waiting: Waiting


class SqsQueue:
    """A standard queue, for one event loop.

    Every call raises QueueError, whose text is a sentence, and none is retried here: the caller
    knows how long it may wait. Nothing raised or logged holds a receipt handle or a secret.
    """

    def __init__(self, url: str, *, receivers: int = 2, name: str = "") -> None:
        """Read the URL and make a client, without a call; reads files for some 0.2 s.

        `receivers` is how many receive() run at once, `name` what the queue is called in metrics;
        by default its own name.
        """
        self.url = parse_queue_url(url)
        self.name = name or self.url.name
        # A receiver may have an abandoned call beside its own.
        connections = 2 * receivers + _SHORT_CALLS
        self._client = connect(self.url, connections=connections)
        self._turns = asyncio.Semaphore(_SHORT_CALLS)
        self._closed = False

    @property
    def region(self) -> str:
        """The region that requests are signed for, such as `us-east-1`."""
        return self._client.meta.region_name

    async def receive(self) -> Sequence[Message]:
        """Wait for messages for up to 20 seconds and return up to 10, or none.

        Cancelling returns at once. SQS cannot be told and may hand messages to the abandoned call
        for some seconds more: those are made visible again, so that another receiver has them
        long before the visibility timeout. It counts as one of their receives.
        """
        pending = start(partial(self._explained, "ReceiveMessage", self._receive), "sqs-receive")
        try:
            return await asyncio.wrap_future(pending)
        except asyncio.CancelledError:
            start(partial(self._give_back, pending), "sqs-give-back")
            raise

    async def delete(self, receipts: Iterable[str]) -> Sequence[Refusal]:
        """Delete messages, ten a call, and return what SQS refused of them.

        A message whose receipt was refused, mostly as expired, comes again.
        """
        refused: list[Refusal] = []
        for batch in _batches(receipts):
            refused += await self._call("DeleteMessageBatch", partial(self._delete, batch))
        return refused

    async def hide(self, receipts: Mapping[str, float]) -> Sequence[Refusal]:
        """Hide messages, by receipt, for so many seconds from now: at most 11 hours; 0 shows them.

        Returns what SQS refused: such a message becomes visible in its own time.
        """
        refused: list[Refusal] = []
        for batch in _batches(receipts.items()):
            hide = partial(self._hide, batch)
            refused += await self._call("ChangeMessageVisibilityBatch", hide)
        return refused

    async def send(self, body: str) -> None:
        """Put one message into the queue."""
        send = partial(self._client.send_message, QueueUrl=self.url.url, MessageBody=body)
        await self._call("SendMessage", send)

    async def check(self) -> Checkup:
        """Read the queue's settings and counts, or raise; what is unwise comes back as sentences."""
        read = partial(
            self._client.get_queue_attributes, QueueUrl=self.url.url, AttributeNames=["All"]
        )
        answer = await self._call("GetQueueAttributes", read)
        attributes = {str(name): text for name, text in answer.get("Attributes", {}).items()}
        return Checkup(list(warnings(self.url, attributes)), waiting(attributes))

    def close(self) -> None:
        """Close the idle connections, at once; a call under way keeps its own until it ends.

        Nothing waits for such a call, not even the end of the process (see threads.py).
        """
        self._closed = True
        self._client.close()

    async def _call(self, operation: str, call: Callable[[], T]) -> T:
        async with self._turns:
            return await asyncio.wrap_future(
                start(partial(self._explained, operation, call), "sqs-call")
            )

    def _explained(self, operation: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            # Without its cause: a traceback would print AWS's text, which quotes receipts.
            raise explain(error, operation, self.url) from None

    def _receive(self) -> list[Message]:
        answer = self._client.receive_message(
            QueueUrl=self.url.url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT_SECONDS,
            VisibilityTimeout=VISIBILITY_SECONDS,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        return [_message(found) for found in answer.get("Messages", ())]

    def _give_back(self, pending: Future[list[Message]]) -> None:
        with suppress(QueueError):  # then they come back with the visibility timeout
            if messages := pending.result():
                self._explained(
                    "ChangeMessageVisibilityBatch",
                    partial(self._hide, [(message.receipt, 0) for message in messages]),
                )
        if self._closed:
            self._client.close()

    def _delete(self, batch: Sequence[str]) -> list[Refusal]:
        answer = self._client.delete_message_batch(
            QueueUrl=self.url.url,
            Entries=[{"Id": str(i), "ReceiptHandle": receipt} for i, receipt in enumerate(batch)],
        )
        return [_refusal(batch, failed) for failed in answer.get("Failed", ())]

    def _hide(self, batch: Sequence[tuple[str, float]]) -> list[Refusal]:
        answer = self._client.change_message_visibility_batch(
            QueueUrl=self.url.url,
            Entries=[
                {
                    "Id": str(i),
                    "ReceiptHandle": receipt,
                    "VisibilityTimeout": min(max(round(seconds), 0), _MAX_HIDDEN),
                }
                for i, (receipt, seconds) in enumerate(batch)
            ],
        )
        receipts = [receipt for receipt, _ in batch]
        return [_refusal(receipts, failed) for failed in answer.get("Failed", ())]


def _message(found: MessageTypeDef) -> Message:
    attributes = found.get("Attributes", {})
    return Message(
        id=found.get("MessageId", ""),
        receipt=found.get("ReceiptHandle", ""),
        body=found.get("Body", ""),
        receive_count=int(attributes.get("ApproximateReceiveCount", "1")),
        sent_at=int(attributes.get("SentTimestamp", "0")) / 1000,
    )


def _refusal(batch: Sequence[str], failed: BatchResultErrorEntryTypeDef) -> Refusal:
    return Refusal(batch[int(failed["Id"])], failed["Code"], final=failed["SenderFault"])


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
