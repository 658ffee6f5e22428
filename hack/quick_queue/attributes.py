"""The attributes of queues and messages; all of them are texts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hack.quick_queue.refusals import Refusal, not_played

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hack.quick_queue.message import Message

DEFAULTS = {
    "VisibilityTimeout": "30",
    "ReceiveMessageWaitTimeSeconds": "0",
    "MessageRetentionPeriod": "345600",
    "SqsManagedSseEnabled": "true",
    "DelaySeconds": "0",
}
"""As AWS has them; the first two are played, the others are shown only.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
"""

KEPT = DEFAULTS.keys() - {"DelaySeconds"} | {"Policy"}


class Attributes:
    """What a queue was made with: `given`, and in seconds how long it hides and waits."""

    def __init__(self, name: str, given: Mapping[str, str]) -> None:
        if unplayed := given.keys() - KEPT:
            raise not_played(f"queues with {min(unplayed)}")
        self.given = dict(given)
        self._all = {
            **DEFAULTS,
            **self.given,
            "QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{name}",
            "CreatedTimestamp": str(int(time.time())),
        }
        self.hide = int(self._all["VisibilityTimeout"])
        self.wait = int(self._all["ReceiveMessageWaitTimeSeconds"])

    def read(self, names: Iterable[str], counts: tuple[int, int]) -> dict[str, str]:
        """Return the attributes that were asked for; `counts` are the messages visible and not."""
        visible, hidden = counts
        found = {
            **self._all,
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
            "ApproximateNumberOfMessagesDelayed": "0",
        }
        wanted = set(names)
        if "All" in wanted:
            return found
        if unknown := wanted - found.keys() - KEPT:
            raise Refusal("InvalidAttributeName", f"Unknown Attribute {min(unknown)}.")
        return {name: found[name] for name in wanted & found.keys()}


def of_message(message: Message, wanted: set[str]) -> dict[str, str]:
    """Return the system attributes of a message that were asked for; times are milliseconds."""
    found = {
        "SenderId": "AIDATESTING",
        "SentTimestamp": str(int(message.sent_at * 1000)),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(int(message.first_received_at * 1000)),
    }
    return {name: text for name, text in found.items() if name in wanted or "All" in wanted}
