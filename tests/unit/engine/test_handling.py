"""Nodes are closed before they are recorded, and recorded although they cannot be closed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from controller.domain.cluster import ClusterError
from controller.domain.policy import Policy
from controller.engine.calm import Calm
from controller.engine.handling import WRITES_IN_FLIGHT, Handling
from controller.engine.hold import Hold
from tests.builders import T0, interruption, node, spot_notice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.engine.world import World

BURST = 5 * WRITES_IN_FLIGHT


class Cluster:
    """Takes records and fences one tick after they were asked for, and notes their order."""

    def __init__(self, failure: ClusterError | None = None) -> None:
        self.failure = failure
        self.order: list[str] = []
        self.recorded = asyncio.Event()

    async def create(self, manifest: Mapping[str, Any]) -> Interruption:
        """Record an interruption."""
        del manifest
        await asyncio.sleep(0)
        self.order.append("record")
        if self.order.count("record") == BURST:
            self.recorded.set()
        return interruption()

    async def close(self, *_: object) -> bool:
        """Close a node, or refuse."""
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.order.append("close")
        return True

    def handling(self) -> Handling:
        """Wire the part under test to it."""
        world = SimpleNamespace(
            records=self, fences=self, calm=Calm(), policy_of=lambda _: Policy(), clock=lambda: T0
        )
        hold = Hold(_nothing, lambda: T0)
        return Handling(cast("World", world), started=lambda _: None, hold=hold)


async def _nothing() -> None:
    """Find every right in place."""


def burst(cluster: Cluster) -> list[asyncio.Task[Any]]:
    handling, found = cluster.handling(), [_node(n) for n in range(BURST)]
    return [
        asyncio.create_task(
            handling.handle(spot_notice(id=f"spot-{n}", instance_id=each.instance_id), each, T0)
        )
        for n, each in enumerate(found)
    ]


def _node(number: int) -> NodeFacts:
    return node(name=f"node-{number}", uid=f"uid-{number}", instance_id=f"i-{number:017x}")


async def test_all_nodes_of_a_burst_are_closed_before_most_are_recorded() -> None:
    cluster = Cluster()

    await asyncio.gather(*burst(cluster))

    closed = max(n for n, what in enumerate(cluster.order) if what == "close")
    # The first few begin side by side: for a single notice that is the fastest way.
    assert cluster.order[:closed].count("record") <= WRITES_IN_FLIGHT


async def test_nodes_that_cannot_be_closed_are_recorded_all_the_same() -> None:
    """By its record a node is drained although a webhook refuses to have it closed."""
    cluster = Cluster(ClusterError("failed calling webhook", 500))
    tasks = burst(cluster)

    await cluster.recorded.wait()

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
