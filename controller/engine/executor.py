"""Sends the steps of a drain that are due: through the lane of their budget, or at once."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.drain.plan import Call
from controller.engine.asking import sent
from controller.engine.calling import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from controller.domain.times import Instant
    from controller.drain.plan import Step
    from controller.engine.gate import Urgency
    from controller.engine.lanes import Lane
    from controller.engine.roster import Roster
    from controller.engine.world import World

log = logging.getLogger(__name__)

STALE_SECONDS = 1.0
"""How long a step may wait for its place before it is worked out anew."""


class Executor:
    """The calls in flight of one drain."""

    def __init__(
        self,
        world: World,
        roster: Roster,
        wake: Callable[[], None],
        due: Callable[[str], Step | None],
    ) -> None:
        """Wire the executor; `due` plans anew and gives the step that is due for a pod UID."""
        self._world, self._roster, self._wake, self._due = world, roster, wake, due
        self._queued: dict[str, asyncio.Task[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._caller = Caller(world, roster, wake)

    def send(self, steps: Iterable[Step], urgency: Urgency) -> None:
        """Start the calls of all steps, in their order; none twice for one pod.

        `urgency` decides who goes first when the API server cannot carry all of them.
        """
        for step in steps:
            uid = step.pod.uid
            if step.call is not Call.EVICT:
                self._mark_sent(step)
                self._spawn(self._delete(step, urgency))
            elif uid not in self._queued:
                self._queued[uid] = self._spawn(self._evict(step, urgency))

    def settle(self) -> None:
        """Count the calls that nobody answered and that the pod watch shows to have worked."""
        self._caller.settle()

    def requeue(self) -> None:
        """Give up the places in the queues: an interruption takes a better one than a rebalance."""
        for uid, task in self._queued.items():
            if not self._roster.attempt(uid).in_flight:
                task.cancel()

    async def close(self) -> None:
        """Cancel what is still on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, call: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # A task that is cancelled before its first step never reaches its own clean-up.
        for uid in [uid for uid, queued in self._queued.items() if queued is task]:
            del self._queued[uid]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a call of a drain failed unexpectedly", exc_info=error)

    async def _evict(self, step: Step, urgency: Urgency) -> None:
        """Evict one pod in its turn: in the lane of its budget, then among all evictions."""
        uid, (voluntary, deadline) = step.pod.uid, urgency
        came, lane, asked = self._world.clock(), None, False
        try:
            async with AsyncExitStack() as turns:
                if step.lane is not None:
                    rank = (voluntary, step.pod.priority, deadline)
                    lane = await turns.enter_async_context(self._world.lanes[step.lane].turn(rank))
                await turns.enter_async_context(self._world.evicting.turn(urgency))
                fresh = await self._refreshed(step, came, lane)
                if fresh is not None:
                    self._mark_sent(fresh)
                    answer, asked = await self._caller.ask(fresh), True
                    if lane is not None:
                        lane.learn(answer.outcome)
        finally:
            self._queued.pop(uid, None)
            # Who was asked has told what came of it; who gave up the place is to be sent again.
            if not asked:
                self._wake()

    async def _refreshed(self, step: Step, came: Instant, lane: Lane | None) -> Step | None:
        """Give the eviction as it has to be made now; None where it is out of date.

        The wait may have been long: the pod may be gone, asked otherwise, or out of time.
        """
        late = self._world.clock() - came > STALE_SECONDS
        if lane is None and not late:
            return self._same(step)
        fresh = self._due(step.pod.uid)
        # The plan may be of a moment ago: what we know of the pod itself is of now.
        if fresh is None or fresh.call is not Call.EVICT or fresh.lane != step.lane:
            return None
        if self._same(fresh) is None:
            return None
        # The API server takes room from a budget before it looks at the UID, and gives it back two
        # minutes later: a pod that went unseen must not use up the room of those that are here.
        doubtful = not self._roster.sure or (late and lane is not None and not lane.blocked)
        if lane is not None and doubtful and not await self._confirmed(fresh):
            self._caller.put_off(fresh)
            return None
        return fresh

    def _mark_sent(self, step: Step) -> None:
        uid = step.pod.uid
        self._roster.note(uid, sent(self._roster.attempt(uid), step, self._world.clock()))

    async def _delete(self, step: Step, urgency: Urgency) -> None:
        async with self._world.deleting.turn(urgency):
            await self._caller.ask(step)

    def _same(self, step: Step) -> Step | None:
        """Give the step again as long as its pod is there and nobody deletes it."""
        pod, attempt = self._roster.pod(step.pod.uid), self._roster.attempt(step.pod.uid)
        if pod is None or pod.terminating or attempt.accepted or attempt.deleting:
            return None
        return step

    async def _confirmed(self, step: Step) -> bool:
        try:
            return await self._world.pods.confirm(step.pod)
        except ClusterError as error:
            log.debug("cannot look at %s before its eviction: %s", step.pod.key, error)
            return True
