"""Delete handled messages in batches: a tenth of the calls, at the price of 50 ms."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.message import QueueError

if TYPE_CHECKING:
    from controller.engine.ports import Queue

log = logging.getLogger(__name__)

BATCH = 10
GATHER_SECONDS = 0.05


class Acknowledger:
    """Collects receipts and deletes them; what the queue refuses comes again and is a duplicate."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._receipts: asyncio.Queue[str] = asyncio.Queue()

    def done(self, receipt: str) -> None:
        """Have a message deleted soon."""
        self._receipts.put_nowait(receipt)

    async def run(self) -> None:
        """Delete until cancelled; what is left then comes again."""
        while True:
            batch = [await self._receipts.get()]
            await asyncio.sleep(GATHER_SECONDS)
            while len(batch) < BATCH and not self._receipts.empty():
                batch.append(self._receipts.get_nowait())
            await self._delete(batch)

    async def _delete(self, batch: list[str]) -> None:
        try:
            refused = await self._queue.delete(batch)
        except QueueError as error:
            metrics.sqs_errors.labels("delete", error.code).inc()
            log.warning(
                "cannot delete %d handled messages, they will come again: %s", len(batch), error
            )
            return
        metrics.sqs_messages.labels("deleted").inc(len(batch) - len(refused))
        if refused:
            metrics.sqs_messages.labels("delete_refused").inc(len(refused))
