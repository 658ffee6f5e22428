"""What is unwise in a queue's settings, said at start-up and not found out in a burst."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sqs.literals import QueueAttributeNameType

    from controller.aws.queue_url import QueueUrl


def warnings(queue: QueueUrl, attributes: Mapping[QueueAttributeNameType, str]) -> Iterator[str]:
    """Judge what GetQueueAttributes answered (texts, seconds); one sentence for each fault."""
    if "RedrivePolicy" not in attributes:
        yield (
            f"The {queue} has no dead-letter queue: a message that cannot be read comes again until"
            " it is as old as the queue's retention period. Set a redrive policy."
        )
    if queue.plain:
        yield (
            f"The URL of {queue} is http: what is sent can be read on its way, a session token"
            " included. Use https."
        )
