"""One standard queue in memory: what is visible, what is hidden until when, and who waits."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from hack.quick_queue.message import Message, message_id_of
from hack.quick_queue.refusals import Refusal, bad_receipt, too_long_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST_HIDDEN = 43_200
"""Seconds from the first receive for which a message may be hidden in all."""


class Queue:
    """A queue for one event loop; `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._messages: dict[str, Message] = {}
        self._ever: set[str] = set()
        self._visible: deque[Message] = deque()
        self._hidden: list[tuple[float, int, Message]] = []
        self._numbers = count()
        self._waiting: deque[asyncio.Future[None]] = deque()

    def send(self, bodies: Iterable[str]) -> list[Message]:
        """Put messages in; whoever waits gets them together, ten at most, as from one batch."""
        now = self._clock()
        sent = [Message(body, now) for body in bodies]
        self._messages.update((message.id, message) for message in sent)
        self._ever.update(message.id for message in sent)
        self._visible.extend(sent)
        self._wake()
        return sent

    async def receive(self, most: int, hide: float, wait: float) -> list[Message]:
        """Take up to `most` messages and hide them for `hide` seconds.

        Waits up to `wait` seconds for the first one; the longest waiting is served first.
        """
        until = self._clock() + wait
        while not (found := self._take(most, hide)) and (left := until - self._clock()) > 0:
            await self._news(left)
        self._wake()
        return found

    def delete(self, receipt: str) -> None:
        """Forget a message; doing so twice is no error. Refusal for what was never a receipt."""
        self._messages.pop(self._id_of(receipt), None)

    def hide(self, receipt: str, seconds: float) -> None:
        """Hide a message that was received for so many seconds from now; 0 shows it at once."""
        message, now = self._messages.get(self._id_of(receipt)), self._clock()
        if message is None or message.visible_at <= now:
            raise Refusal("MessageNotInflight", "The message referred to is not in flight.")
        if now + seconds > message.first_received_at + LONGEST_HIDDEN:
            raise too_long_hidden(seconds, LONGEST_HIDDEN)
        self._hide(message, now + seconds)
        self._wake()

    def counts(self) -> tuple[int, int]:
        """Count the messages that are visible, and those that are in flight."""
        now = self._clock()
        hidden = sum(message.visible_at > now for message in self._messages.values())
        return len(self._messages) - hidden, hidden

    def _take(self, most: int, hide: float) -> list[Message]:
        now, found = self._clock(), list[Message]()
        self._show(now)
        while self._visible and len(found) < most:
            message = self._visible.popleft()
            if message.id in self._messages:
                message.receives += 1
                message.first_received_at = message.first_received_at or now
                found.append(message)
        for message in found:
            self._hide(message, now + hide)
        return found

    def _hide(self, message: Message, until: float) -> None:
        message.visible_at = until
        heapq.heappush(self._hidden, (until, next(self._numbers), message))

    def _show(self, now: float) -> None:
        """Make visible whose time has come."""
        while self._hidden and self._hidden[0][0] <= now:
            until, _, message = heapq.heappop(self._hidden)
            # It was hidden anew meanwhile: that entry counts.
            if message.visible_at == until:
                self._visible.append(message)

    def _wake(self) -> None:
        """Let the longest waiting look, if there is something to see; it wakes the next one."""
        self._show(self._clock())
        while self._visible and self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(None)
                return

    async def _news(self, seconds: float) -> None:
        """Wait until woken, or a hidden message is due, or the time is up."""
        if self._hidden:
            seconds = min(seconds, max(self._hidden[0][0] - self._clock(), 0.0))
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(woken)
        try:
            # Not wait_for: in Python 3.11 it forgets that it was cancelled when woken at once.
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await woken
        except asyncio.CancelledError:
            self._wake()  # its caller is gone; what it was woken for is the next one's
            raise
        finally:
            with suppress(ValueError):
                self._waiting.remove(woken)

    def _id_of(self, receipt: str) -> str:
        found = message_id_of(receipt)
        if found not in self._ever:
            raise bad_receipt()
        return found
