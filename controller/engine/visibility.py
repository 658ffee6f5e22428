"""Change when messages become visible again, and tell what the queue did not take of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.message import QueueError

if TYPE_CHECKING:
    from collections.abc import Collection

    from controller.engine.ports import Queue

log = logging.getLogger(__name__)

GIVE_BACK_SECONDS = 2.0
"""A pod that stops has little time, and what is not given back comes by itself."""


async def hide(queue: Queue, receipts: Collection[str], seconds: int) -> list[str]:
    """Hide messages for so many seconds from now; returns those that are worth another try.

    Never raises: without success a message becomes visible in its own time.
    """
    errors = metrics.sqs_errors
    try:
        refused = await queue.hide(dict.fromkeys(receipts, seconds))
    except QueueError as error:
        errors.labels(queue.name, "hide", error.code).inc()
        log.warning("cannot change the visibility of %d messages: %s", len(receipts), error)
        return list(receipts)
    for refusal in refused:
        # For good: its time was over, so it is visible already.
        errors.labels(queue.name, "hide", refusal.code).inc()
    return [refusal.receipt for refusal in refused if not refusal.final]
