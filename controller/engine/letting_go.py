"""Lets go of the instances that an Auto Scaling group keeps for us in a lifecycle hook."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.lifecycle import open_actions
from controller.engine.held import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.engine.hooks import Hooks
    from controller.engine.ledger import Ledger
    from controller.engine.world import World

log = logging.getLogger(__name__)


class LettingGo:
    """One task for each interruption of ours with a lifecycle action that is still open.

    It goes by what the record's status says of the drain, and by nothing else: the drain may be
    over, or another process may have carried it out. The ledger has to know a record before it is
    adopted here.
    """

    def __init__(
        self, world: World, ledger: Ledger, hooks: Hooks, owns: Callable[[str], bool]
    ) -> None:
        self._world, self._ledger, self._hooks, self._owns = world, ledger, hooks, owns
        self._held: dict[str, tuple[Held, asyncio.Task[None]]] = {}

    def adopt(self, record: Interruption) -> None:
        """See to the actions of an interruption; called for every sight of a record."""
        if record.name in self._held:
            self._held[record.name][0].wake()
        elif self._owns(record.name) and open_actions(record):
            held = Held(record.name, self._world, self._ledger, self._hooks)
            task = asyncio.create_task(self._see_to(record.name, held))
            self._held[record.name] = held, task

    def share(self) -> None:
        """Let go of what is no longer ours and take over what is: a replica came or went."""
        for name in [name for name in self._held if not self._owns(name)]:
            self.drop(name)
        for name in self._ledger.names():
            if (record := self._ledger.get(name)) is not None:
                self.adopt(record)

    def drop(self, name: str) -> None:
        """Stop: the interruption is another replica's, or somebody deleted it."""
        if name in self._held:
            self._held.pop(name)[1].cancel()

    def node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Look again at a node that came or went."""
        for node in (old, new):
            if node is not None and node.instance_id in self._held:
                self._held[node.instance_id][0].wake()

    def wake_all(self) -> None:
        """Look again at all of them: a policy changed."""
        for held, _ in self._held.values():
            held.wake()

    async def close(self) -> None:
        """Stop; the records say how to go on."""
        tasks = [task for _, task in self._held.values()]
        self._held.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _see_to(self, name: str, held: Held) -> None:
        try:
            await held.run()
        except Exception:
            # The next sight of the record, within half a minute, begins anew.
            log.exception("cannot see to the lifecycle hook of %s", name)
            metrics.loop_restarts.labels("lifecycle").inc()
        finally:
            if name in self._held and self._held[name][0] is held:
                del self._held[name]
