"""Sends the steps of a drain that are due: through the lane of their budget, or at once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from controller import messages, metrics
from controller.drain.answer import Outcome
from controller.drain.planner import BUDGET_REASONS
from controller.engine.asking import make_call, note

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from controller.drain.answer import Answer
    from controller.drain.plan import Step
    from controller.engine.lanes import Rank
    from controller.engine.roster import Roster
    from controller.engine.world import World

log = logging.getLogger(__name__)


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

    def send(self, steps: Iterable[Step], rank: tuple[bool, float]) -> None:
        """Start the calls of all steps, in their order; none twice for one pod.

        `rank` is whether the drain is voluntary, and its deadline: who goes first in a lane.
        """
        voluntary, deadline = rank
        for step in steps:
            uid = step.pod.uid
            if step.lane is None:
                self._roster.note(uid, replace(self._roster.attempt(uid), in_flight=True))
                self._spawn(self._ask(step))
            elif uid not in self._queued:
                place = (voluntary, step.pod.priority, deadline)
                self._queued[uid] = self._spawn(self._queue(uid, step.lane, place))

    def requeue(self) -> None:
        """Give up the places in the lanes: an interruption takes a better one than a rebalance."""
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

    async def _queue(self, uid: str, lane: str, rank: Rank) -> None:
        try:
            async with self._world.lanes[lane].turn(rank) as turn:
                # The wait may have been long: the pod may be gone, asked otherwise, or out of time.
                step = self._due(uid)
                if step is None or step.lane != lane:
                    return
                self._roster.note(uid, replace(self._roster.attempt(uid), in_flight=True))
                answer = await self._ask(step)
                if answer.outcome is Outcome.BLOCKED:
                    turn.refused()
                elif answer.outcome is Outcome.ACCEPTED:
                    turn.accepted()
        finally:
            self._queued.pop(uid, None)
            self._wake()

    async def _ask(self, step: Step) -> Answer:
        uid, clock = step.pod.uid, self._world.clock
        try:
            async with self._world.in_flight:
                asked, before = clock(), self._roster.attempt(uid).refused
                answer = await make_call(self._world.pods, step, asked)
                self._roster.note(
                    uid, note(self._roster.attempt(uid), step, answer, asked, clock())
                )
        finally:
            self._roster.note(uid, replace(self._roster.attempt(uid), in_flight=False))
        self._tell(
            step, answer, again=before is not None and before.reason == answer.verdict.reason
        )
        self._wake()
        return answer

    def _tell(self, step: Step, answer: Answer, *, again: bool) -> None:
        if answer.outcome is Outcome.ACCEPTED and step.overrides is not None:
            verdict = messages.forced(step.overrides)
            self._world.recorder.on_pod(step.pod, verdict, warning=True)
            if step.overrides.reason in BUDGET_REASONS:
                metrics.pdb_overrides.inc()
        log.log(
            # The same refusal every second is for debugging; the status tells it all along.
            logging.DEBUG if again else logging.INFO,
            "%s %s (priority %d): %s",
            step.call.lower(),
            step.pod.key,
            step.pod.priority,
            answer.verdict.message,
            extra={"node": step.pod.node_name, "code": answer.code, "grace": step.grace},
        )
