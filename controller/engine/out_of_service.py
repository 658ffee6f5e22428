"""Taints the nodes of terminated instances once Kubernetes knows them to be silent."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller import messages, metrics
from controller.domain.cluster import ClusterError
from controller.drain.out_of_service import PATIENCE, Step, out_of_service_patch, step_of
from controller.engine.pace import Wake

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.engine.world import World

log = logging.getLogger(__name__)

RETRY_SECONDS = 2.0


class OutOfService:
    """One task for each interruption whose instance EC2 has called terminated.

    That stands in the record's status, so every replica and every restart comes by it; whoever is
    first writes the taint, and the others find it there.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: dict[str, tuple[Wake, asyncio.Task[None]]] = {}

    def adopt(self, record: Interruption) -> None:
        """See to the node of a terminated instance; called for every sight of a record."""
        if record.terminated_at is None or record.instance_id in self._waiting:
            return
        if self._step(record) is Step.LEAVE:
            return
        wake = Wake()
        task = asyncio.create_task(self._see_to(record, wake))
        self._waiting[record.instance_id] = wake, task
        task.add_done_callback(lambda _: self._waiting.pop(record.instance_id, None))

    def node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Look again at a node that came, went or changed."""
        for node in (old, new):
            if node is not None and node.instance_id in self._waiting:
                self._waiting[node.instance_id][0]()

    def drop(self, instance_id: str) -> None:
        """Leave a node alone whose interruption somebody deleted."""
        if instance_id in self._waiting:
            self._waiting[instance_id][1].cancel()

    async def close(self) -> None:
        """Stop; the records say how to go on."""
        tasks = [task for _, task in self._waiting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _step(self, record: Interruption) -> Step:
        node = self._world.nodes.by_instance(record.instance_id)
        # The cloud controller was faster: a Node that is gone needs no taint.
        if node is None:
            return Step.LEAVE
        return step_of(node, record, self._world.policy_of(node), self._world.clock())

    async def _see_to(self, record: Interruption, wake: Wake) -> None:
        until = (record.terminated_at or 0.0) + PATIENCE
        while (step := self._step(record)) is not Step.LEAVE:
            retry = until
            if step is Step.TAINT and not await self._taint(record):
                retry = self._world.clock() + RETRY_SECONDS
            await wake.wait(max(0.0, retry - self._world.clock()))

    async def _taint(self, record: Interruption) -> bool:
        """Write the taint if the node is unready in its newest version; False when that failed."""
        node = self._world.nodes.by_instance(record.instance_id)
        if node is None:
            return True
        try:
            written = await self._world.fences.change(node, out_of_service_patch)
        except ClusterError as error:
            log.warning("cannot call node %s out of service: %s", node.name, error)
            return False
        if written:
            metrics.out_of_service.inc()
            verdict = messages.out_of_service(record)
            self._world.recorder.on_node(node.name, node.uid, verdict, warning=True)
            log.info("node %s: %s", node.name, verdict.message)
        return True
