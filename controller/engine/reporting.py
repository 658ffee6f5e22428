"""Writes the status of one interruption: often enough to be true, seldom enough to be cheap."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.domain.interruption import is_older
from controller.drain.history import merged, passages_from
from controller.drain.report import counts_of, status_of
from controller.drain.sentence import sentence
from controller.engine.pace import Throttle
from controller.engine.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.times import Instant
    from controller.drain.history import Passage
    from controller.drain.report import Progress
    from controller.engine.world import World

log = logging.getLogger(__name__)

WRITE_SECONDS, CALM_SECONDS = 2.0, 5.0
"""Between two writes: at least the first, and up to the second while only numbers change."""

TOLD_SECONDS = 1.0
FINAL_TRIES = 30
CONFLICT_TRIES = 3
MICROSECOND = 2e-6


class Reporter:
    """Status, Events and metrics of one interruption.

    A status is written over exactly the version that is known, so that two replicas which for a
    moment both drain a node lose nothing of what the other one told, and only one tells the end.
    `stage` is that of the leave to drain (drain/turns.py) which the status tells for sure.
    """

    def __init__(self, world: World, wake: Callable[[], None]) -> None:
        self._world, self._wake = world, wake
        self._throttle = Throttle(WRITE_SECONDS, CALM_SECONDS, world.clock)
        self._teller = Teller(world)
        self._news: tuple[object, ...] = ()
        self._written: dict[str, Any] = {}
        self._conditions: tuple[Mapping[str, Any], ...] = ()
        self._phase = ""
        self._trouble = ""
        self.stage = 0
        self._known: Interruption | None = None
        self._theirs: dict[str, Passage] = {}
        self._began: Instant | None = None
        self._closed = False

    def offer(self, progress: Progress) -> Instant | None:
        """Write the status if it changed and its time has come; else tell when to offer again."""
        if self._closed:
            return None
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
        status = self._status(progress)
        if status == self._written:
            self._staged(progress)
            return None
        self._news = found
        return self._throttle.offer(lambda: self._write(progress), news=fresh, urgent=urgent)

    @property
    def conditions(self) -> tuple[Mapping[str, Any], ...]:
        """The conditions that were written last; empty before the first write."""
        return tuple(self._written.get("conditions", ()))

    async def told(self) -> None:
        """Wait for the write under way, a second at most: what it describes cannot wait longer."""
        await self._throttle.finish(TOLD_SECONDS)

    def abandon(self) -> None:
        """Write nothing any more."""
        self._closed = True
        self._throttle.cancel()

    async def finish(self, progress: Progress) -> None:
        """Write the last status for sure, count the outcome, tell it as an Event."""
        await self._throttle.finish()
        for _ in range(FINAL_TRIES):
            if self._closed or await self._write(progress):
                break
            await asyncio.sleep(WRITE_SECONDS)
        if self._closed:
            return
        self._tell_end(self._told(progress))

    def _tell_end(self, progress: Progress) -> None:
        record = progress.record
        counts, trigger = counts_of(progress), record.kind.label
        metrics.drains.labels(trigger, _label(progress.outcome)).inc()
        for outcome in ("evicted", "forced", "killed"):
            metrics.pods.labels(trigger, outcome).inc(counts[outcome])
        self._observe(progress)
        self._teller.tell(progress, counts)
        log.info("%s of node %s is %s", record.kind, record.node_name, sentence(progress, counts))

    def _status(self, progress: Progress) -> dict[str, Any]:
        """Work the status out; conditions keep the times of the transitions told before."""
        status = status_of(self._told(progress), self._world.clock())
        self._conditions = tuple(status["conditions"])
        return status

    def _told(self, progress: Progress) -> Progress:
        """Add what another replica has told of this interruption."""
        record = progress.record
        began = [at for at in (record.started_at, self._began) if at is not None]
        record = replace(
            record,
            conditions=self._conditions or record.conditions,
            started_at=min(began, default=None),
        )
        return replace(progress, record=record, passages=merged(progress.passages, self._theirs))

    async def _write(self, progress: Progress) -> bool:
        """Write; tells whether it succeeded. An end that another replica has written stays."""
        record = progress.record
        try:
            for _ in range(CONFLICT_TRIES):
                status = self._status(progress)
                if written := await self._world.records.write_status(self._base(record), status):
                    break
                if written := await self._catch_up(progress):
                    break
                if self._closed:
                    return False
            else:
                return False
        except ClusterError as error:
            metrics.status_writes.labels("failed").inc()
            if self._trouble != str(error):
                log.warning("cannot write the status of %s: %s", record.name, error)
            self._trouble = str(error)
            asyncio.get_running_loop().call_later(WRITE_SECONDS, self._wake)
            return False
        metrics.status_writes.labels("ok").inc()
        self._known = written
        self._trouble = ""
        self._written = status
        self._staged(progress)
        self._tell_phase(progress, status)
        return True

    def _staged(self, progress: Progress) -> None:
        """Let the drain know that its stage is written."""
        if self.stage != _stage(progress):
            self.stage = _stage(progress)
            self._wake()

    def _base(self, record: Interruption) -> Interruption:
        """Choose the newest version that we know of: the drain's, or the one written last."""
        known = self._known
        if known is None or is_older(known.resource_version, record.resource_version):
            return record
        return known

    async def _catch_up(self, progress: Progress) -> Interruption | None:
        """Read what another replica, or a new notice, has made of the object meanwhile.

        Returns it if it has our own end: a write whose answer was lost.
        """
        record = progress.record
        metrics.status_writes.labels("conflict").inc()
        found = await self._world.records.read(record.name)
        if found is not None and found.over and _same(found.finished_at, progress.finished_at):
            return found
        if found is None or found.uid != record.uid or found.over:
            log.info("%s is over: another replica has told its end", record.name)
            self._closed = True
            return None
        self._known = found
        # What an earlier end told is no part of this drain.
        if not found.phase.over:
            self._theirs = merged(self._theirs, passages_from(found.timeline))
            self._began = found.started_at
        return None

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

    def _observe(self, progress: Progress) -> None:
        gone = [p.gone_at for p in progress.passages.values() if p.gone_at is not None]
        record = progress.record
        if not gone or record.started_at is None:
            return
        trigger = record.kind.label
        metrics.drain_duration.labels(trigger, _label(progress.outcome)).observe(
            max(0.0, max(gone) - record.started_at)
        )
        if record.deadline is not None:
            metrics.drain_slack.labels(trigger).observe(record.deadline - max(gone))


def _stage(progress: Progress) -> int:
    return 0 if progress.admitted is None else progress.admitted.stage


def _same(one: Instant | None, other: Instant | None) -> bool:
    """Compare an instant with what became of it as a text of microseconds."""
    return one is not None and other is not None and abs(one - other) < MICROSECOND


def news(progress: Progress, counts: Mapping[str, int]) -> tuple[object, ...]:
    """Take what a person waits for; everything else in a status is numbers that grow."""
    return (
        progress.phase,
        progress.record.kind,
        len(progress.record.notices),
        progress.fenced,
        progress.admitted,
        progress.volumes == (),
        counts["blocked"] > 0,
        counts["forced"] > 0,
    )


def _label(outcome: str) -> str:
    """Write an outcome as a metric label: `DeadlineMissed` is `deadline_missed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", outcome).lower()
