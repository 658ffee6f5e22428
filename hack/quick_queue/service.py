"""SQS's operations: parameters in, answer out, both as the JSON protocol has them.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hack.quick_queue import parameters
from hack.quick_queue.attributes import Attributes, of_message
from hack.quick_queue.parameters import MOST, NAME
from hack.quick_queue.queue import LONGEST_HIDDEN, Queue
from hack.quick_queue.refusals import Refusal, bad_value, missing_queue, not_played

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hack.quick_queue.message import Message

    Asked = Mapping[str, Any]
    Answer = dict[str, Any]

ACCOUNT = "123456789012"
LONGEST_WAIT = 20


class Service:
    """All queues; `endpoint` is the URL under which they are reached."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._queues: dict[str, tuple[Queue, Attributes]] = {}

    async def answer(self, operation: str, asked: Asked) -> Answer:
        """Carry one call out; raises Refusal."""
        parameters.check(operation, asked)
        if operation == "CreateQueue":
            return self._create(asked)
        if operation == "GetQueueUrl":
            return {"QueueUrl": self._url(self._known(parameters.text(asked, "QueueName")))}
        name = urlsplit(parameters.text(asked, "QueueUrl")).path.rpartition("/")[2]
        queue, attributes = self._queues[self._known(name)]
        if operation == "ReceiveMessage":
            return await _receive(queue, attributes, asked)
        if operation == "GetQueueAttributes":
            return {"Attributes": attributes.read(asked.get("AttributeNames", ()), queue.counts())}
        return _AT_ONCE[operation](queue, asked)

    def _create(self, asked: Asked) -> Answer:
        name = parameters.text(asked, "QueueName")
        if name.endswith(".fifo"):
            raise not_played("FIFO queues")
        if NAME.fullmatch(name) is None:
            reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
            raise bad_value("QueueName", name, reason)
        attributes = Attributes(name, asked.get("Attributes") or {})
        _, known = self._queues.setdefault(name, (Queue(), attributes))
        if known.given != attributes.given:
            words = (
                "A queue already exists with the same name and a different value for an attribute"
            )
            raise Refusal("QueueNameExists", words)
        return {"QueueUrl": self._url(name)}

    def _known(self, name: str) -> str:
        if name not in self._queues:
            raise missing_queue()
        return name

    def _url(self, name: str) -> str:
        return f"{self._endpoint}/{ACCOUNT}/{name}"


async def _receive(queue: Queue, attributes: Attributes, asked: Asked) -> Answer:
    most = parameters.number(asked, "MaxNumberOfMessages", 1, 1, MOST)
    wait = parameters.number(asked, "WaitTimeSeconds", attributes.wait, 0, LONGEST_WAIT)
    hide = parameters.number(asked, "VisibilityTimeout", attributes.hide, 0, LONGEST_HIDDEN)
    wanted = {*asked.get("MessageSystemAttributeNames", ()), *asked.get("AttributeNames", ())}
    found = await queue.receive(most, hide, wait)
    return {"Messages": [_shown(message, wanted) for message in found]} if found else {}


def _shown(message: Message, wanted: set[str]) -> Answer:
    shown = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    return {**shown, "Attributes": of_message(message, wanted)} if wanted else shown


def _send(queue: Queue, asked: Asked) -> Answer:
    (sent,) = queue.send([parameters.text(asked, "MessageBody")])
    return {"MessageId": sent.id, "MD5OfMessageBody": sent.md5}


def _send_batch(queue: Queue, asked: Asked) -> Answer:
    entries = parameters.entries(asked)
    for entry in entries:
        if extra := entry.keys() - {"Id", "MessageBody"}:
            raise not_played(f"{min(extra)} in SendMessageBatch")
    sent = queue.send([parameters.text(entry, "MessageBody") for entry in entries])
    done = [
        {"Id": entry["Id"], "MessageId": message.id, "MD5OfMessageBody": message.md5}
        for entry, message in zip(entries, sent, strict=True)
    ]
    return {"Successful": done}


def _delete(queue: Queue, asked: Asked) -> Answer:
    queue.delete(parameters.text(asked, "ReceiptHandle"))
    return {}


def _hide(queue: Queue, asked: Asked) -> Answer:
    seconds = parameters.number(asked, "VisibilityTimeout", -1, 0, LONGEST_HIDDEN)
    queue.hide(parameters.text(asked, "ReceiptHandle"), seconds)
    return {}


def _each(one: Callable[[Queue, Asked], Answer]) -> Callable[[Queue, Asked], Answer]:
    """Make an operation on a batch: each entry succeeds or fails by itself."""

    def all_of(queue: Queue, asked: Asked) -> Answer:
        done: list[Answer] = []
        failed: list[Answer] = []
        for entry in parameters.entries(asked):
            try:
                one(queue, entry)
                done.append({"Id": entry["Id"]})
            except Refusal as refusal:
                why = {"Code": refusal.code, "Message": refusal.message, "SenderFault": True}
                failed.append({"Id": entry["Id"], **why})
        return {"Successful": done, **({"Failed": failed} if failed else {})}

    return all_of


_AT_ONCE: dict[str, Callable[[Queue, Asked], Answer]] = {
    "SendMessage": _send,
    "SendMessageBatch": _send_batch,
    "DeleteMessage": _delete,
    "DeleteMessageBatch": _each(_delete),
    "ChangeMessageVisibility": _hide,
    "ChangeMessageVisibilityBatch": _each(_hide),
}
