"""Owns the loops: starts them, restarts what ends, and notices what stands still.

Neither asyncio nor Kopf notices a background task that died; a drain controller whose receiver has
died silently is worse than none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.cluster import ClusterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Beat = Callable[[], None]

log = logging.getLogger(__name__)

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
HEALTHY_SECONDS = 60.0
"""A loop that ran this long starts again from the shortest back-off."""


@dataclass(slots=True)
class Loop:
    """One supervised loop; `stall` is how many seconds it may go without a beat.

    `trouble` is what the API server said when it ended the loop, until the loop beats again.
    """

    name: str
    run: Callable[[Beat], Awaitable[None]]
    stall: float | None = None
    last_beat: float = field(default_factory=time.monotonic)
    trouble: str | None = None

    def beat(self) -> None:
        """Tell that the loop is alive; may be called from any thread."""
        self.last_beat = time.monotonic()
        if self.trouble is not None:
            self.trouble = None
            log.info("the loop %s works again", self.name)

    def wait_out(self, error: ClusterError) -> None:
        """Take over an expected failure; it is told once, however often it comes."""
        if self.trouble != str(error):
            log.warning("the loop %s starts again until it works: %s", self.name, error)
            log.debug("the loop %s ended here", self.name, exc_info=error)
        self.trouble = str(error)

    @property
    def stalled(self) -> bool:
        """Whether it has been silent for longer than it may."""
        return self.stall is not None and time.monotonic() - self.last_beat > self.stall


class Supervisor:
    """Runs loops until closed."""

    def __init__(self) -> None:
        self.loops: list[Loop] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(
        self, name: str, run: Callable[[Beat], Awaitable[None]], stall: float | None = None
    ) -> None:
        """Start a loop and keep it running."""
        loop = Loop(name, run, stall)
        self.loops.append(loop)
        self._tasks.append(asyncio.create_task(_keep(loop), name=name))

    def stalled(self) -> list[str]:
        """Name the loops that stand still."""
        return [loop.name for loop in self.loops if loop.stalled]

    def troubles(self) -> list[str]:
        """List why loops cannot run at the moment."""
        return [loop.trouble for loop in self.loops if loop.trouble is not None]

    async def close(self) -> None:
        """Cancel all loops and wait until they are gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _keep(loop: Loop) -> None:
    failures = 0
    while True:
        started = loop.last_beat = time.monotonic()
        try:
            await loop.run(loop.beat)
            _count(loop)
            log.error("the loop %s ended and starts again", loop.name)
        except ClusterError as error:
            loop.wait_out(error)
        except Exception:
            _count(loop)
            log.exception("the loop %s failed and starts again", loop.name)
        failures = 1 if time.monotonic() - started > HEALTHY_SECONDS else failures + 1
        await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF)) - 1])


def _count(loop: Loop) -> None:
    """Count a restart that nobody expects: people are alerted by it."""
    metrics.loop_restarts.labels(loop.name).inc()
