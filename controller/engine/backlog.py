"""Messages that may wait while graver ones are received; nobody else gets them meanwhile.

A Spot notice may lie behind hundreds of recommendations, and SQS knows no priorities: the only way
to it is to take everything before it out of the queue, quickly, and to do the work afterwards.
"""

from __future__ import annotations

import asyncio
import heapq
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

from controller.engine.visibility import hide

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from controller.engine.ports import Queue
    from controller.engine.received import Received

WORKERS = 4
"""How many are handled at once: enough for the API server, few enough to leave room for others."""

MOST = 5_000
"""Messages, some 5 KB each; those beyond it are handled before more are received."""

HEAD_START = 3.0
"""Seconds that the others wait at most while something urgent is being handled."""

KEEP_EVERY, KEEP_FOR = 4.0, 10
"""Seconds. Messages in hand are hidden for 10 more from each time on, as from their receipt."""

MORE_SECONDS_A_MESSAGE = 0.01
"""What may wait is hidden for longer, the more there is: the calls for it, ten messages each, held up
the way to a Spot notice. 5,000 come to others a minute after our death, which does them no harm."""


class Backlog:
    """What was received and is not yet handled: the gravest first, then the oldest."""

    def __init__(
        self,
        queue: Queue,
        handle: Callable[[Received], Awaitable[object]],
        stands: Callable[[], Awaitable[bool]],
    ) -> None:
        """Wire it; `stands` tells whether messages are to be left to others for now."""
        self._queue, self._handle, self._stands = queue, handle, stands
        self._numbers = count()
        self._heap: list[tuple[int, int, Received]] = []
        self._some = asyncio.Event()
        self._held: dict[str, Received] = {}
        self._hidden: dict[str, float] = {}
        self._urgent = 0
        self._calm = asyncio.Event()
        self._calm.set()

    @property
    def full(self) -> bool:
        """Whether no more fits."""
        return len(self._held) >= MOST

    @property
    def receipts(self) -> list[str]:
        """The receipts of what is in hand."""
        return [received.message.receipt for received in self._held.values()]

    def put(self, received: Received) -> None:
        """Have a message handled soon; one that came a second time counts with its new receipt."""
        known = self._held.get(received.message.id)
        self._held[received.message.id] = received
        if known is None:
            self._push(received)

    @contextmanager
    def behind(self, urgent: list[Received]) -> Iterator[None]:
        """Let the others wait while something urgent is being handled, which is kept hidden too."""
        if not urgent:
            yield
            return
        self._urgent += 1
        self._calm.clear()
        try:
            with self._in_hand(urgent):
                yield
        finally:
            self._urgent -= 1
            if not self._urgent:
                self._calm.set()

    async def run(self) -> None:
        """Handle until cancelled; what is left then comes again from the queue."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep())
            for _ in range(WORKERS):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(HEAD_START):
                    await self._calm.wait()
            if not self._heap:
                self._some.clear()
                continue
            first = heapq.heappop(self._heap)[2]
            # Gone where it was given back meanwhile; then it comes again.
            if received := self._held.get(first.message.id):
                with self._in_hand([received]):
                    await self._handle(received)

    @contextmanager
    def _in_hand(self, batch: list[Received]) -> Iterator[None]:
        """Hold messages while they are handled; what is broken off stays in hand, to be begun anew."""
        self._held.update((received.message.id, received) for received in batch)
        broken_off = False
        try:
            yield
        except asyncio.CancelledError:
            broken_off = True
            raise
        finally:
            for received in batch:
                if broken_off:
                    self._push(received)
                else:
                    self._held.pop(received.message.id, None)

    def _push(self, received: Received) -> None:
        heapq.heappush(self._heap, (received.gravity, next(self._numbers), received))
        self._some.set()

    async def _keep(self) -> None:
        """Keep what is in hand hidden from others, unless nothing can be done about it here."""
        while True:
            await asyncio.sleep(KEEP_EVERY)
            if not self._held:
                continue
            if await self._stands():
                self._heap.clear()
                self._held.clear()
                continue
            await self._hide()

    async def _hide(self) -> None:
        """Hide again what would come back before the next time, and what is new."""
        now = asyncio.get_running_loop().time()
        soon = now + 2 * KEEP_EVERY
        # What has no time yet was received since, or comes from a call that failed.
        self._hidden = {one: self._hidden[one] for one in self.receipts if one in self._hidden}
        due = [r for r in self._held.values() if self._hidden.get(r.message.receipt, 0.0) < soon]
        longer = KEEP_FOR + round(len(self._held) * MORE_SECONDS_A_MESSAGE)
        for urgent, seconds in ((True, KEEP_FOR), (False, longer)):
            receipts = [r.message.receipt for r in due if r.urgent is urgent]
            if receipts:
                again = set(await hide(self._queue, receipts, seconds))
                self._hidden |= {one: now + seconds for one in receipts if one not in again}
