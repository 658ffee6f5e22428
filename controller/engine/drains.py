"""The drains that are ours: started once, kept alive, told what changes, let go."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.domain.interruption import Phase
from controller.domain.notice import Kind
from controller.engine.drain import Drain

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.times import Instant
    from controller.engine.ledger import Ledger
    from controller.engine.world import World

log = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
MOST_ENDED = 1000


class Drains:
    """One Drain per NodeInterruption that is ours and not over, by its name.

    `owns` tells by its name whether an interruption is ours, or another replica's.
    """

    def __init__(self, world: World, ledger: Ledger, owns: Callable[[str], bool]) -> None:
        self._world, self._ledger, self._owns = world, ledger, owns
        self._running: dict[str, tuple[Drain, asyncio.Task[None]]] = {}
        self._ended: dict[str, int] = {}
        self._opening: set[asyncio.Task[None]] = set()
        # Counted when somebody asks: at each change it would be the square of a thousand drains.
        for kind in Kind:
            metrics.drains_active.labels(kind.label).set_function(partial(self._count, kind))

    def adopt(self, record: Interruption) -> None:
        """Start the drain of an interruption, or tell the running one of its new notices.

        Called for every sight of a record, ours or not, in any order and as often as one likes.
        """
        if self._ledger.put(record) and record.phase is Phase.PENDING:
            # Another replica may have received it, and be closing more nodes of the same burst.
            self._world.calm.heard()
        if self._owns(record.name):
            self._take(self._ledger.get(record.name) or record)

    def share(self) -> None:
        """Let go of what is no longer ours and take over what is: a replica came or went."""
        for name in [name for name in self._running if not self._owns(name)]:
            self._let_go(name)
            log.info("NodeInterruption %s goes to another replica", name)
        # What the one before us has just asked for is on its way: look at the pods a moment later.
        self._world.calm.heard()
        for record in self._ledger.open():
            if self._owns(record.name):
                self._take(record)

    def _take(self, record: Interruption) -> None:
        known = self._running.get(record.name)
        if known is not None and known[0].record.uid == record.uid:
            if len(record.notices) > len(known[0].record.notices):
                known[0].update(_named(record, known[0].record))
            return
        ended = record.over or self._has_ended(record)
        if not record.notices or (ended and not self._resumes(record)):
            return
        if known is not None:
            known[1].cancel()
        drain = Drain(self._resolved(record), self._world)
        task = asyncio.create_task(self._keep(drain), name=f"drain {record.name}")
        self._running[record.name] = (drain, task)
        # Another replica, or this one before a restart, has begun with it.
        if record.phase is not Phase.PENDING and not record.phase.over:
            metrics.takeovers.inc()

    def _let_go(self, name: str) -> Drain:
        """Stop a drain; it writes nothing any more."""
        drain, task = self._running.pop(name)
        drain.abandon()
        task.cancel()
        return drain

    def _has_ended(self, record: Interruption) -> bool:
        """Tell whether this is a late sight of a drain that ended here a moment ago."""
        return len(record.notices) <= self._ended.get(record.uid, -1)

    def resumes_at(self, record: Interruption) -> Instant | None:
        """Tell when an interruption that is over begins again for a change; None for never."""
        node = self._world.nodes.by_instance(record.instance_id)
        if not record.over or node is None or node.uid != record.node_uid:
            return None
        return record.resumes_at(self._world.clock(), self._world.policy_of(node).lead_time)

    def _resumes(self, record: Interruption) -> bool:
        at = self.resumes_at(record)
        return at is not None and at <= self._world.clock()

    def _resolved(self, record: Interruption) -> Interruption:
        """Name the node of a record that was written by hand without it."""
        if record.node_name and record.node_uid:
            return record
        node = self._world.nodes.by_instance(record.instance_id)
        if node is None:
            return record
        return replace(record, node_name=node.name, node_uid=node.uid)

    def drop(self, name: str) -> None:
        """Stop the drain of an interruption that somebody deleted, and open its node again."""
        self._ledger.drop(name)
        if name not in self._running:
            return
        record = self._let_go(name).record
        log.warning("NodeInterruption %s was deleted: its drain ends, its node is opened", name)
        node = self._world.nodes.by_name(record.node_name)
        if node is not None and node.uid == record.node_uid:
            task = asyncio.create_task(self._open(node))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Wake the drain of a node that came, went or changed."""
        for node in (old, new):
            known = self._running.get(node.instance_id) if node else None
            if known is not None:
                known[0].wake()

    def wake_all(self) -> None:
        """Have every drain plan anew: a policy or a budget changed."""
        for drain, _ in self._running.values():
            drain.wake()

    async def close(self) -> None:
        """Stop all drains; the records say how to go on."""
        tasks = [task for _, task in self._running.values()]
        for name in list(self._running):
            self._let_go(name)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, drain: Drain) -> None:
        """Run a drain to its end; a bug in it costs a second, not the node's pods."""
        name = drain.record.name
        while True:
            try:
                await drain.run()
                if not drain.overtaken:
                    break
                drain = Drain(drain.record.reopened(), self._world)
                self._running[name] = (drain, self._running[name][1])
            except Exception:
                log.exception("the drain of %s failed and starts again", name)
                metrics.loop_restarts.labels("drain").inc()
                await asyncio.sleep(RESTART_SECONDS)
                drain = drain.again()
                self._running[name] = (drain, self._running[name][1])
        if name in self._running and self._running[name][0] is drain:
            del self._running[name]
        self._ended[drain.record.uid] = len(drain.record.notices)
        while len(self._ended) > MOST_ENDED:
            del self._ended[next(iter(self._ended))]

    def _count(self, kind: Kind) -> int:
        return sum(drain.record.kind is kind for drain, _ in self._running.values())

    async def _open(self, node: NodeFacts) -> None:
        try:
            await self._world.fences.open(node)
        except ClusterError as error:
            log.error("cannot open node %s again: %s", node.name, error)


def _named(record: Interruption, known: Interruption) -> Interruption:
    """Keep the node that was found for a record which does not name it."""
    if record.node_name and record.node_uid:
        return record
    return replace(record, node_name=known.node_name, node_uid=known.node_uid)
