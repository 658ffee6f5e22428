"""Writes the status of one interruption: often enough to be true, seldom enough to be cheap."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller import messages, metrics
from controller.domain.cluster import ClusterError
from controller.drain.life import TOO_LATE
from controller.drain.report import counts_of, status_of
from controller.engine.pace import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.domain.times import Instant
    from controller.drain.report import Progress
    from controller.engine.world import World

log = logging.getLogger(__name__)

WRITE_SECONDS = 2.0
FINAL_TRIES = 30


class Reporter:
    """Status, Events and metrics of one interruption."""

    def __init__(self, world: World, wake: Callable[[], None]) -> None:
        self._world, self._wake = world, wake
        self._throttle = Throttle(WRITE_SECONDS, world.clock)
        self._written: dict[str, Any] = {}
        self._conditions: tuple[Mapping[str, Any], ...] = ()
        self._phase = ""
        self._trouble = ""

    def offer(self, progress: Progress) -> Instant | None:
        """Write the status if it changed and its time has come; else tell when to offer again."""
        # Asked first: a status is worked out in vain at most of the wake-ups of a burst.
        if (later := self._throttle.later()) is not None:
            return later
        status = self._status(progress)
        if status == self._written:
            return None
        return self._throttle.offer(lambda: self._write(progress, status))

    async def finish(self, progress: Progress) -> None:
        """Write the last status for sure, count the outcome, tell it as an Event."""
        await self._throttle.finish()
        record = progress.record
        for _ in range(FINAL_TRIES):
            if await self._write(progress, self._status(progress)):
                break
            await asyncio.sleep(WRITE_SECONDS)
        counts, trigger = counts_of(progress), record.kind.label
        metrics.drains.labels(trigger, _label(progress.outcome)).inc()
        for outcome in ("evicted", "forced", "killed"):
            metrics.pods.labels(trigger, outcome).inc(counts[outcome])
        self._observe(progress)
        verdict = messages.ended(progress.outcome, counts)
        warning = progress.outcome in TOO_LATE
        self._world.recorder.on_node(record.node_name, record.node_uid, verdict, warning=warning)
        log.info("%s of node %s is over: %s", record.kind, record.node_name, verdict.message)

    def _status(self, progress: Progress) -> dict[str, Any]:
        """Work the status out; conditions keep the times of the transitions told before."""
        before = self._conditions or progress.record.conditions
        told = replace(progress, record=replace(progress.record, conditions=before))
        status = status_of(told, self._world.clock())
        self._conditions = tuple(status["conditions"])
        return status

    async def _write(self, progress: Progress, status: dict[str, Any]) -> bool:
        record = progress.record
        try:
            await self._world.records.write_status(record.name, record.uid, status)
        except ClusterError as error:
            metrics.status_writes.labels("failed").inc()
            if self._trouble != str(error):
                log.warning("cannot write the status of %s: %s", record.name, error)
            self._trouble = str(error)
            asyncio.get_running_loop().call_later(WRITE_SECONDS, self._wake)
            return False
        metrics.status_writes.labels("ok").inc()
        self._trouble = ""
        self._written = status
        self._tell_phase(progress, status)
        return True

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


def _label(outcome: str) -> str:
    """Write an outcome as a metric label: `DeadlineMissed` is `deadline_missed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", outcome).lower()
