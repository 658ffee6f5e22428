"""What is unwise in a queue's settings, said at start-up and not found out in a burst."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sqs.literals import QueueAttributeNameType

    from controller.aws.queue_url import QueueUrl

MIN_VISIBILITY = 10
"""Seconds a received message should stay hidden at the least: time to record it and to fence."""

_DEFAULT_VISIBILITY = "30"  # seconds, SQS's own


def warnings(queue: QueueUrl, attributes: Mapping[QueueAttributeNameType, str]) -> Iterator[str]:
    """Judge what GetQueueAttributes answered (texts, seconds); one sentence for each fault."""
    hidden = int(attributes.get("VisibilityTimeout", _DEFAULT_VISIBILITY))
    if "RedrivePolicy" not in attributes:
        yield (
            f"The {queue} has no dead-letter queue: a message that cannot be read comes again until"
            " it is as old as the queue's retention period. Set a redrive policy."
        )
    if hidden < MIN_VISIBILITY:
        yield (
            f"The {queue} hides received messages for {hidden} s only, so that they come again while"
            " they are worked on. Set its visibility timeout to 30 s."
        )
    if queue.plain:
        yield (
            f"The URL of {queue} is http: what is sent can be read on its way, a session token"
            " included. Use https."
        )
