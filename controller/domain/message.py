"""A message as it lies in the queue, and what can go wrong with a queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.times import Instant


@dataclass(frozen=True, slots=True)
class Message:
    """One received SQS message.

    `receipt` is the handle that deletes it or changes its visibility; `receive_count` counts this
    receipt too; `sent_at` is when SQS took it.
    """

    id: str
    receipt: str
    body: str
    receive_count: int = 1
    sent_at: Instant = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """One entry of a batch that the queue did not take, while it took others.

    `code` is AWS's. `final` is its `SenderFault`: the same again would be refused again, mostly
    because the receipt has expired or a newer one was given.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
    """

    receipt: str
    code: str
    final: bool


class QueueError(Exception):
    """A call to the queue that failed.

    The text is a sentence for people: what is wrong and what to do. `code` is AWS's error code or
    `Unreachable`, for the metric.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code
