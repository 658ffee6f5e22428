"""A status that waits for its turn tells how things stand by then, and the end is told once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from controller.domain.cluster import ClusterError
from controller.domain.interruption import Interruption, Phase
from controller.drain.progress import Progress
from controller.engine.gate import Gate
from controller.engine.limit import Limit
from controller.engine.pace import Crowd
from controller.engine.reporting import WRITE_SECONDS, Reporter
from tests.builders import INSTANCE, T0

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.engine.world import World

RECORD = Interruption(INSTANCE, "node-1", "uid-node-1", (), name=INSTANCE, started_at=T0)


class Cluster:
    """Takes statuses, and keeps them in their order."""

    def __init__(self) -> None:
        self.failures = 0
        self.written: list[Mapping[str, Any]] = []
        self.telling = Gate(Limit.wide(1, least=1))

    async def write_status(self, record: Interruption, status: Mapping[str, Any]) -> Interruption:
        """Keep a status, unless it is to fail."""
        if self.failures:
            self.failures -= 1
            raise ClusterError("the API server does not answer in time")
        self.written.append(status)
        return record

    def world(self) -> World:
        """Give the little of the world that a reporter touches."""
        silent = SimpleNamespace(in_namespaces=lambda _: (), tell=lambda _: None)
        parts = {"records": self, "telling": self.telling, "budgets": silent, "recorder": silent}
        return cast("World", SimpleNamespace(clock=lambda: T0, crowd=Crowd(), **parts))


def progress(phase: Phase, **fields: Any) -> Progress:
    return Progress(RECORD, phase, "default", "pool", **fields)


async def test_a_status_that_had_to_wait_is_written_as_things_stand_by_then() -> None:
    cluster = Cluster()
    reporter = Reporter(cluster.world(), lambda: None)
    async with cluster.telling.turn((False, 0.0)):
        reporter.offer(progress(Phase.DRAINING))
        await asyncio.sleep(0)
        reporter.offer(progress(Phase.DRAINED))
    await reporter.told()

    assert [status["phase"] for status in cluster.written] == ["Drained"]


async def test_an_end_that_comes_while_a_status_waits_is_told_once() -> None:
    cluster = Cluster()
    reporter = Reporter(cluster.world(), lambda: None)
    ended = progress(Phase.FINISHED, finished_at=T0)
    async with cluster.telling.turn((False, 0.0)):
        reporter.offer(progress(Phase.DRAINED))
        await asyncio.sleep(0)
        finished = asyncio.create_task(reporter.finish(ended))
        await asyncio.sleep(0)
    await finished

    assert [status["phase"] for status in cluster.written] == ["Finished"]


async def test_news_that_could_not_be_written_is_news_still() -> None:
    """In a crowd what is no news waits for half a minute and more, and an instance lives for two."""
    cluster, now = Cluster(), [T0]
    world = cluster.world()
    cast("Any", world).clock = lambda: now[0]
    cast("Any", world.crowd).stretch = lambda: 15.0
    reporter = Reporter(world, lambda: None)
    cluster.failures = 1
    reporter.offer(progress(Phase.DRAINING))
    await reporter.told()
    assert cluster.written == []

    now[0] += WRITE_SECONDS
    assert reporter.offer(progress(Phase.DRAINING)) is None
    await reporter.told()

    assert [status["phase"] for status in cluster.written] == ["Draining"]
