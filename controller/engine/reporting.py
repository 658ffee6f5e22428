"""Writes the status of one interruption: often enough to be true, seldom enough to be cheap."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.drain.report import counts_of
from controller.drain.sentence import sentence
from controller.engine import outcome
from controller.engine.pace import Throttle
from controller.engine.status_writing import StatusWriter
from controller.engine.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from controller.domain.times import Instant
    from controller.drain.progress import Progress
    from controller.engine.world import World

log = logging.getLogger(__name__)

WRITE_SECONDS, CALM_SECONDS = 2.0, 5.0
"""Between two writes: at least the first, and up to the second while only numbers change."""

TOLD_SECONDS = 1.0
FINAL_TRIES = 30


class Reporter:
    """Status, Events and metrics of one interruption.

    `stage` is that of the leave to drain (drain/turns.py) which the status tells for sure.
    """

    def __init__(self, world: World, wake: Callable[[], None]) -> None:
        self._world, self._wake = world, wake
        self._throttle = Throttle(WRITE_SECONDS, CALM_SECONDS, world.clock, world.crowd.stretch)
        self._teller = Teller(world)
        self._news: tuple[object, ...] = ()
        self._writer = StatusWriter(world)
        self._phase = ""
        self._trouble = ""
        self._latest: Progress
        self._written: Progress | None = None
        self.stage = 0

    def offer(self, progress: Progress) -> Instant | None:
        """Write the status if it changed and its time has come; else tell when to offer again."""
        if self._writer.closed:
            return None
        self._latest = progress
        # A drain that has its turn waits for nothing but this write.
        urgent = _stage(progress) != self.stage
        # Asked first: a status is worked out in vain at most of the wake-ups of a burst.
        if (later := self._throttle.later(news=True, urgent=urgent)) is not None:
            return later
        counts = counts_of(progress)
        found = news(progress, counts)
        fresh = found != self._news
        if (later := self._throttle.later(news=fresh, urgent=urgent)) is not None:
            return later
        self._teller.tell(progress, counts)
        self._news = found
        return self._throttle.offer(self._write, news=fresh, urgent=urgent)

    @property
    def conditions(self) -> tuple[Mapping[str, Any], ...]:
        """The conditions that were written last; empty before the first write."""
        return tuple(self._writer.written.get("conditions", ()))

    async def told(self) -> None:
        """Wait for the write under way, a second at most: what it describes cannot wait longer."""
        await self._throttle.finish(TOLD_SECONDS)

    def abandon(self) -> None:
        """Write nothing any more."""
        self._writer.closed = True
        self._throttle.cancel()

    async def finish(self, progress: Progress) -> None:
        """Write the last status for sure, count the outcome, tell it as an Event."""
        # A write that waits for its turn tells the end already.
        self._latest = progress
        await self._throttle.finish()
        for _ in range(FINAL_TRIES):
            if self._writer.closed or self._written is progress or await self._write():
                break
            await asyncio.sleep(WRITE_SECONDS)
        if self._writer.closed:
            return
        self._tell_end(self._writer.told(progress))

    def _tell_end(self, progress: Progress) -> None:
        record, counts = progress.record, counts_of(progress)
        outcome.count(progress, counts)
        self._teller.tell(progress, counts)
        log.info("%s of node %s is %s", record.kind, record.node_name, sentence(progress, counts))

    async def _write(self) -> bool:
        """Write; tells whether it succeeded. What was not written is tried again soon."""
        written = await self._write_once()
        if not written:
            self._news = ()
            if not self._writer.closed:
                asyncio.get_running_loop().call_later(WRITE_SECONDS, self._wake)
        return written

    async def _write_once(self) -> bool:
        """Write once. An end that another replica has written stays.

        In a crowd it waits for its turn, and what is written then is how things stand by then.
        """
        record = self._latest.record
        rank = (record.kind.voluntary, record.deadline or self._world.clock())
        try:
            async with self._world.telling.turn(rank):
                progress = self._latest
                if not await self._writer.write(progress):
                    return False
        except ClusterError as error:
            metrics.status_writes.labels("failed").inc()
            if self._trouble != str(error):
                log.warning("cannot write the status of %s: %s", progress.record.name, error)
            self._trouble = str(error)
            return False
        self._written, self._trouble = progress, ""
        self._staged(progress)
        self._tell_phase(progress, self._writer.written)
        return True

    def _staged(self, progress: Progress) -> None:
        """Let the drain know that its stage is written."""
        if self.stage != _stage(progress):
            self.stage = _stage(progress)
            self._wake()

    def _tell_phase(self, progress: Progress, status: dict[str, Any]) -> None:
        if status["phase"] == self._phase:
            return
        self._phase = status["phase"]
        log.info(
            "node %s is %s: %s",
            progress.record.node_name,
            self._phase,
            status["message"],
            extra={"instance_id": progress.record.instance_id, "deadline": status["deadline"]},
        )


def _stage(progress: Progress) -> int:
    return 0 if progress.admitted is None else progress.admitted.stage


def news(progress: Progress, counts: Mapping[str, int]) -> tuple[object, ...]:
    """Take what a person waits for; everything else in a status is numbers that grow."""
    return (
        progress.phase,
        progress.record.kind,
        len(progress.record.notices),
        progress.fenced,
        progress.admitted,
        None if progress.stance is None else progress.stance.verdict,
        progress.volumes == (),
        counts["blocked"] > 0,
        counts["forced"] > 0,
    )
