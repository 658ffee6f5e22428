"""Reads the parameters of a call, by SQS's bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hack.quick_queue.refusals import Refusal, bad_value, missing, not_played

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 10
"""Messages in one call."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ALLOWED = {
    "CreateQueue": {"QueueName", "Attributes"},
    "GetQueueUrl": {"QueueName"},
    "GetQueueAttributes": {"QueueUrl", "AttributeNames"},
    "SendMessage": {"QueueUrl", "MessageBody"},
    "SendMessageBatch": {"QueueUrl", "Entries"},
    "ReceiveMessage": {
        "QueueUrl",
        "AttributeNames",
        "MaxNumberOfMessages",
        "MessageSystemAttributeNames",
        "VisibilityTimeout",
        "WaitTimeSeconds",
    },
    "DeleteMessage": {"QueueUrl", "ReceiptHandle"},
    "DeleteMessageBatch": {"QueueUrl", "Entries"},
    "ChangeMessageVisibility": {"QueueUrl", "ReceiptHandle", "VisibilityTimeout"},
    "ChangeMessageVisibilityBatch": {"QueueUrl", "Entries"},
}


def check(operation: str, asked: Mapping[str, Any]) -> None:
    """Refuse what the stand-in would pass over without a word."""
    allowed = _ALLOWED.get(operation)
    if allowed is None:
        raise not_played(operation)
    if extra := asked.keys() - allowed:
        raise not_played(f"{min(extra)} in {operation}")


def text(asked: Mapping[str, Any], name: str) -> str:
    """Read a text that must be there."""
    if not (found := asked.get(name)):
        raise missing(name)
    return str(found)


def number(asked: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """Read a number within bounds."""
    found = asked.get(name, default)
    if not isinstance(found, int) or not least <= found <= most:
        raise bad_value(name, found, f"Must be between {least} and {most}, if provided.")
    return found


def entries(asked: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Read the entries of a batch: one to ten, each with an id of its own."""
    found: list[Mapping[str, Any]] = asked.get("Entries") or []
    if not found:
        raise Refusal("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(found) > MOST:
        words = f"Maximum number of entries per request are {MOST}. You have sent {len(found)}."
        raise Refusal("TooManyEntriesInBatchRequest", words)
    ids = [text(entry, "Id") for entry in found]
    for one in ids:
        if NAME.fullmatch(one) is None:
            raise Refusal(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and"
                " underscores. It can be at most 80 letters long.",
            )
        if ids.count(one) > 1:
            raise Refusal("BatchEntryIdsNotDistinct", f"Id {one} repeated.")
    return found
