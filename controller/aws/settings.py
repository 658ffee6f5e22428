"""What is unwise in a queue's settings, said at start-up and not found out in a burst.

Pure: it judges what GetQueueAttributes answered. How old the oldest message is would be good to
know too, but SQS tells that to CloudWatch alone (`ApproximateAgeOfOldestMessage`); the number of
messages that wait stands in for it.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from controller.aws.senders import may_send
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from controller.aws.queue_url import QueueUrl

FEWEST_RECEIVES = 3
"""A replica that is killed takes a message with it; so does one that cannot reach the API server."""

SHORTEST_RETENTION, LONGEST_RETENTION = 300, 3_600
"""Seconds. A Spot notice is worth something for 120, a message about an unknown node waits 240."""

MANY_WAITING = 300
"""Messages that wait; a reclaim of that many nodes at once is rare, so nobody has read for long."""

_AWS_KEY = "alias/aws/sqs"


class Waiting(NamedTuple):
    """How many messages are in a queue, about: to be received, received, not yet to be received."""

    visible: int
    in_flight: int
    delayed: int


def waiting(attributes: Mapping[str, str]) -> Waiting:
    """Read the counts; SQS calls them approximate, they may be a minute behind."""
    return Waiting(
        visible=_number(attributes, "ApproximateNumberOfMessages") or 0,
        in_flight=_number(attributes, "ApproximateNumberOfMessagesNotVisible") or 0,
        delayed=_number(attributes, "ApproximateNumberOfMessagesDelayed") or 0,
    )


REASONS = (
    "NoDeadLetterQueue",
    "FewReceives",
    "ShortRetention",
    "LongRetention",
    "AwsManagedKey",
    "NotEncrypted",
    "NobodyMaySend",
    "Delayed",
    "ManyWaiting",
    "PlainHttp",
)
"""Every reason that `warnings` may give, for the metric."""


def warnings(queue: QueueUrl, attributes: Mapping[str, str]) -> Iterator[Verdict]:
    """Judge what GetQueueAttributes answered (texts, seconds); one verdict for each fault.

    An attribute that was not answered is unknown and is not judged, but for the redrive policy and
    the queue's own policy: SQS leaves those out where there is none.
    """
    yield from _redrive(queue, attributes)
    yield from _retention(queue, attributes)
    yield from _encryption(queue, attributes)
    # EventBridge and SNS send by the queue's policy, Auto Scaling by a role that it was given.
    if not may_send(attributes.get("Policy", "")):
        yield Verdict(
            "NobodyMaySend",
            f"The policy of {queue} lets neither events.amazonaws.com nor sns.amazonaws.com do"
            " sqs:SendMessage: EventBridge drops its events without a word. Allow it there.",
        )
    if seconds := _number(attributes, "DelaySeconds"):
        yield Verdict(
            "Delayed",
            f"The {queue} keeps each message back for {seconds} s, out of the 120 s of a notice."
            " Set its DelaySeconds to 0.",
        )
    if (visible := waiting(attributes).visible) > MANY_WAITING:
        yield Verdict(
            "ManyWaiting",
            f"About {visible} messages wait in {queue}: nobody has read it for a while, or too"
            " slowly. CloudWatch's ApproximateAgeOfOldestMessage tells for how long.",
        )
    if queue.plain:
        yield Verdict(
            "PlainHttp",
            f"The URL of {queue} is http: what is sent can be read on its way, a session token"
            " included. Use https.",
        )


def _redrive(queue: QueueUrl, attributes: Mapping[str, str]) -> Iterator[Verdict]:
    redrive = _object(attributes.get("RedrivePolicy", ""))
    if not redrive:
        yield Verdict(
            "NoDeadLetterQueue",
            f"The {queue} has no dead-letter queue: a message that cannot be read comes again until"
            " it is as old as the queue's retention period. Set a redrive policy.",
        )
        return
    count = _number(redrive, "maxReceiveCount")
    if count is not None and count < FEWEST_RECEIVES:
        yield Verdict(
            "FewReceives",
            f"The {queue} gives a message up after {count} receives: one restart at the wrong"
            " moment and a notice is lost. Set maxReceiveCount to 5.",
        )


def _retention(queue: QueueUrl, attributes: Mapping[str, str]) -> Iterator[Verdict]:
    seconds = _number(attributes, "MessageRetentionPeriod")
    if seconds is not None and seconds < SHORTEST_RETENTION:
        yield Verdict(
            "ShortRetention",
            f"The {queue} drops messages after {seconds} s, while a recommendation may still wait"
            " for its node to join. Set MessageRetentionPeriod to 300 to 600.",
        )
    if seconds is not None and seconds > LONGEST_RETENTION:
        yield Verdict(
            "LongRetention",
            f"The {queue} keeps messages for {seconds} s: after an outage all that is worthless by"
            " then is read before what is new. Set MessageRetentionPeriod to 300 to 600.",
        )


def _encryption(queue: QueueUrl, attributes: Mapping[str, str]) -> Iterator[Verdict]:
    key = attributes.get("KmsMasterKeyId", "")
    if key.endswith(_AWS_KEY):
        yield Verdict(
            "AwsManagedKey",
            f"The {queue} is encrypted with the AWS managed key aws/sqs, which EventBridge cannot"
            " use: its events are lost. Take SQS's own encryption, or a key of yours that allows"
            " events.amazonaws.com kms:GenerateDataKey and kms:Decrypt.",
        )
    elif not key and attributes.get("SqsManagedSseEnabled") == "false":
        yield Verdict(
            "NotEncrypted",
            f"The {queue} is not encrypted at rest. Set SqsManagedSseEnabled to true; it costs"
            " nothing and needs no key.",
        )


def _number(attributes: Mapping[str, Any], name: str) -> int | None:
    text = str(attributes.get(name, ""))
    return int(text) if text.isdecimal() else None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
