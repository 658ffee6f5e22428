"""Wake-ups that come in bunches, and writes that must not."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.domain.times import Instant

log = logging.getLogger(__name__)

BUNCH_SECONDS, SOON_SECONDS = 0.03, 0.1
GROWTH = 1.5

SECONDS_A_POD, LONGEST_BUNCH_SECONDS = 0.0004, 2.0
"""Some five times what planning for a pod takes; and how long news waits for a look at most."""

SMALL_CROWD, LONGEST_STRETCH = 20, 15.0
"""Drains whose statuses, each every 2 to 5 s, cost the API server little beside their evictions."""


class Crowd:
    """The drains at work here and their pods; the more pods, the more news one look gathers.

    A thousand drains that each looked 30 ms after any news would plan all day, and their API calls
    would wait for that (docs/performance.md).
    """

    def __init__(self) -> None:
        self._pods: dict[object, int] = {}
        self._all = 0

    @property
    def size(self) -> int:
        """How many drains there are."""
        return len(self._pods)

    def note(self, drain: object, pods: int) -> None:
        """Take note of how many pods a drain has left; 0 if it waits for a turn, or for an end."""
        self._all += pods - self._pods.pop(drain, 0)
        if pods:
            self._pods[drain] = pods

    def bunch(self) -> float:
        """Give the seconds for which a drain gathers news, so that looks leave time for calls."""
        return min(max(BUNCH_SECONDS, self._all * SECONDS_A_POD), LONGEST_BUNCH_SECONDS)

    def stretch(self) -> float:
        """Give by how much longer numbers that only grow wait to be told than in a small crowd."""
        return min(max(1.0, self.size / SMALL_CROWD), LONGEST_STRETCH)


class Wake:
    """An event with a time-out that gathers what happens at nearly the same moment.

    `bunch` gives the seconds that make a moment.
    """

    def __init__(self, bunch: Callable[[], float] = lambda: BUNCH_SECONDS) -> None:
        self._event, self._bunch = asyncio.Event(), bunch

    def __call__(self) -> None:
        """Wake whoever waits."""
        self._event.set()

    async def wait(self, seconds: float | None) -> None:
        """Wait for a wake-up, or for so many seconds; None waits for a wake-up only."""
        try:
            # Not wait_for: in Python 3.11 it forgets a cancellation that meets the wake-up.
            async with asyncio.timeout(seconds):
                await self._event.wait()
                # A hundred pods report within a moment: one plan serves them all.
                await asyncio.sleep(self._bunch())
        except TimeoutError:
            pass
        self._event.clear()


class Throttle:
    """Runs a write in the background, one at a time, and at most once in so many seconds.

    `least` seconds lie between two writes; while nothing but numbers changes, each pause is half
    as long again as the one before, up to `most`, and `stretch` times longer yet.
    """

    def __init__(
        self,
        least: float,
        most: float,
        clock: Callable[[], Instant],
        stretch: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._least, self._most, self._clock = least, most, clock
        self._stretch = stretch
        self._pause = least
        self._last = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def offer(
        self, write: Callable[[], Awaitable[object]], *, news: bool, urgent: bool = False
    ) -> Instant | None:
        """Start the write if its time has come; else tell when to offer it again."""
        if (later := self.later(news=news, urgent=urgent)) is not None:
            return later
        self._pause = self._least if news else min(self._pause * GROWTH, self._most)
        self._last = self._clock()
        self._task = asyncio.ensure_future(_run(write))
        return None

    def later(self, *, news: bool, urgent: bool = False) -> Instant | None:
        """Tell when a write may start; None for now. An urgent one waits only for the one before."""
        now, pause = self._clock(), self._least if news else self._pause * self._stretch()
        if self._task is not None and not self._task.done():
            return now + (SOON_SECONDS if urgent else pause)
        soonest = now if urgent else self._last + pause
        return soonest if now < soonest else None

    def cancel(self) -> None:
        """Stop a write under way; what was sent may still arrive."""
        if self._task is not None:
            self._task.cancel()

    async def finish(self, seconds: float | None = None) -> None:
        """Wait for a write under way, or for so many seconds; it goes on then."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)


async def _run(write: Callable[[], Awaitable[object]]) -> None:
    try:
        await write()
    except Exception:
        log.exception("a write in the background failed unexpectedly")
