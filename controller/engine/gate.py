"""The places for calls in flight: the most urgent first, as many as the API server can carry."""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

from controller import metrics
from controller.engine.line import Line

if TYPE_CHECKING:
    from controller.domain.times import Instant
    from controller.drain.answer import Answer
    from controller.engine.limit import Limit

    Urgency = tuple[bool, float]
    """Whether the drain is voluntary, and its deadline."""


class Gate(Line["Urgency"]):
    """Hands out places by urgency, then first come; learns from answers how many there are.

    Its time is the event loop's.
    """

    def __init__(self, limit: Limit) -> None:
        super().__init__()
        self._limit = limit
        self._taken = 0
        self._timer: asyncio.TimerHandle | None = None

    def learn(self, answer: Answer, asked: Instant) -> None:
        """Take note of the answer to a call that went out at `asked`, in the loop's time."""
        if answer.pushback:
            now = asyncio.get_running_loop().time()
            self._limit = self._limit.pushed_back(asked, now, answer.pause, self._taken)
            metrics.api_pushback.labels(str(answer.code) if answer.code else "none").inc()
        else:
            self._limit = self._limit.answered()
        metrics.api_limit.set(int(self._limit.size))

    @property
    def size(self) -> int:
        """How many calls may be in flight now."""
        return int(self._limit.size)

    def _leave(self) -> None:
        self._taken -= 1
        self._advance()

    def _advance(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and self._taken < self.size:
            if self._waiting[0][2].done():  # it gave up
                heapq.heappop(self._waiting)
            elif (rest := self._limit.not_before - loop.time()) > 0:
                self._timer = loop.call_later(rest, self._advance)
                return
            else:
                self._taken += 1
                heapq.heappop(self._waiting)[2].set_result(None)
