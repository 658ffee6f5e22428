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


class QueueError(Exception):
    """A call to the queue that failed.

    The text is a sentence for people: what is wrong and what to do. `code` is AWS's error code or
    `Unreachable`, for the metric.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code
