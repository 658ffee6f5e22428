"""Delete handled messages in batches: a tenth of the calls, at the price of 50 ms."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.message import QueueError
from controller.engine.backoff import pause

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.domain.message import Refusal
    from controller.engine.ports import Queue

log = logging.getLogger(__name__)

BATCH = 10
GATHER_SECONDS = 0.05

MOST = 10_000
"""Receipts that wait for a queue that is away; more would be a sign that it never comes back."""


class Acknowledger:
    """Collects receipts and deletes them, again and again until the queue has answered for each.

    What it refuses for good comes again and is a duplicate: that is told, and does no harm.
    """

    def __init__(self, queue: Queue, chance: Callable[[], float] = random.random) -> None:
        self._queue, self._chance = queue, chance
        self._receipts: deque[str] = deque(maxlen=MOST)
        self._some = asyncio.Event()
        self.trouble: str | None = None

    def done(self, receipt: str) -> None:
        """Have a message deleted soon."""
        self._receipts.append(receipt)
        self._some.set()

    async def run(self) -> None:
        """Delete until cancelled; what is left then comes again."""
        failures = 0
        while True:
            await self._some.wait()
            if len(self._receipts) < BATCH:
                await asyncio.sleep(GATHER_SECONDS)
            batch = [self._receipts.popleft() for _ in range(min(BATCH, len(self._receipts)))]
            if not self._receipts:
                self._some.clear()
            again = await self._delete(batch)
            failures = failures + 1 if again else 0
            for receipt in again:
                self.done(receipt)
            if again:
                await asyncio.sleep(pause(failures, self._chance()))

    async def _delete(self, batch: list[str]) -> Sequence[str]:
        """Delete a batch; returns what is worth another try."""
        try:
            refused = await self._queue.delete(batch)
        except QueueError as error:
            metrics.sqs_errors.labels(self._queue.name, "delete", error.code).inc()
            if self.trouble != str(error):
                log.warning("cannot delete handled messages, it is tried again: %s", error)
            self.trouble = str(error)
            return batch
        if self.trouble is not None:
            log.info("handled messages are deleted again")
        self.trouble = None
        self._count(batch, refused)
        return [refusal.receipt for refusal in refused if not refusal.final]

    def _count(self, batch: list[str], refused: Sequence[Refusal]) -> None:
        count = metrics.sqs_messages
        count.labels(self._queue.name, "deleted").inc(len(batch) - len(refused))
        for refusal in refused:
            metrics.sqs_errors.labels(self._queue.name, "delete", refusal.code).inc()
            if refusal.final:
                count.labels(self._queue.name, "delete_refused").inc()
                log.warning(
                    "SQS does not delete a handled message (%s): it comes again, as a duplicate",
                    refusal.code,
                )
