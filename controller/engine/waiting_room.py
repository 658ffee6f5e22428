"""Messages about instances that no Node has (yet).

A notice may come before its instance has joined, and a queue gets the notices of the whole account
and region. So the message stays in the queue, hidden, and comes back at once when the node joins.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, NamedTuple

from controller import metrics
from controller.domain.notice import Kind
from controller.engine.backoff import pause
from controller.engine.visibility import hide

if TYPE_CHECKING:
    from controller.domain.message import Message
    from controller.domain.notice import Notice
    from controller.domain.times import Instant
    from controller.engine.ports import Queue

JOIN_SECONDS = 240.0
"""How long after the event the node may still join; a Spot notice waits to its deadline."""

HIDE_SECONDS = 80
"""One hiding: a message is received four times at most, below a redrive policy's usual five."""

MOST = 10_000

TRIES = 16
"""Calls to show messages, over more than HIDE_SECONDS: then they are back by themselves."""


def waits_until(notice: Notice) -> Instant:
    """Tell until when a notice about an unknown instance is kept."""
    # Of an instance that was never here there is nothing to end or to take back.
    if notice.withdrawn or notice.kind is Kind.STATE_CHANGE:
        return notice.time
    soon = notice.time + JOIN_SECONDS
    # The start of a scheduled change may be weeks ahead.
    return soon if notice.deadline is None else min(notice.deadline, soon)


class Kept(NamedTuple):
    """A message that is hidden: its newest receipt, and until when at the latest."""

    receipt: str
    until: Instant


class WaitingRoom:
    """The receipts of hidden messages by instance; those that are visible again are forgotten.

    Each receive gives another receipt, and may be another replica's: a message is known by its id.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._kept: dict[str, dict[str, Kept]] = {}

    async def keep(self, message: Message, notice: Notice, now: Instant) -> None:
        """Hide a message for a while; without success it comes back by itself, only sooner."""
        seconds = max(1, min(HIDE_SECONDS, round(waits_until(notice) - now) + 1))
        self._forget_visible(now)
        if len(self._kept) < MOST:
            before = self._kept.pop(notice.instance_id, {})
            kept = {name: one for name, one in before.items() if now < one.until}
            # It may have been in hand for a while since its receipt at `now`.
            until = now + seconds + HIDE_SECONDS
            self._kept[notice.instance_id] = kept | {message.id: Kept(message.receipt, until)}
        await hide(self._queue, [message.receipt], seconds)
        metrics.sqs_messages.labels(self._queue.name, "hidden").inc()

    @property
    def receipts(self) -> list[str]:
        """The receipts of what is hidden."""
        return [kept.receipt for about in self._kept.values() for kept in about.values()]

    def forget(self, instance_id: str, message_id: str) -> None:
        """Drop a message that has come back."""
        kept = self._kept.get(instance_id, {})
        kept.pop(message_id, None)
        if not kept:
            self._kept.pop(instance_id, None)

    def _forget_visible(self, now: Instant) -> None:
        """Drop what another replica has received since; the instance kept last is at the end."""
        while self._kept:
            instance_id, kept = next(iter(self._kept.items()))
            if any(now < one.until for one in kept.values()):
                return
            del self._kept[instance_id]

    async def joined(self, instance_id: str) -> None:
        """Bring the messages of an instance back at once; if need be after a few tries."""
        receipts = [kept.receipt for kept in self._kept.pop(instance_id, {}).values()]
        for failures in range(1, TRIES + 1):
            if not (receipts := receipts and await hide(self._queue, receipts, 0)):
                return
            await asyncio.sleep(pause(failures, random.random()))  # noqa: S311 - no secret

    def waits_for(self, instance_id: str) -> bool:
        """Tell whether a message about the instance is hidden."""
        return instance_id in self._kept
