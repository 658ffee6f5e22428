"""One instance that waits for its lifecycle hook: kept while its node drains, then let go."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.domain.lifecycle import OVER, ScalingError, open_actions
from controller.drain.letting_go import (
    HEARTBEAT_SECONDS,
    Step,
    beats_from,
    ended,
    failed,
    step_of,
    waits,
)
from controller.engine.hook_account import HookAccount
from controller.engine.hooks import pause_after
from controller.engine.pace import Wake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.lifecycle import LifecycleAction
    from controller.domain.policy import Policy
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.engine.hooks import Hooks
    from controller.engine.ledger import Ledger
    from controller.engine.world import World

    Actions = Mapping[str, LifecycleAction]

log = logging.getLogger(__name__)


class Held:
    """The open lifecycle actions of one interruption; `wake` it when anything about it changed.

    What was done is in the record's status, so a restart or another replica goes on with what is
    still open.
    """

    def __init__(self, name: str, world: World, ledger: Ledger, hooks: Hooks) -> None:
        self.wake = Wake()
        self._name, self._world, self._ledger, self._hooks = name, world, ledger, hooks
        self._account = HookAccount(world, ledger)
        self._done: dict[str, Verdict] = {}
        self._failure: Verdict | None = None
        self._beating: asyncio.Task[None] | None = None
        self._next_beat: Instant | None = None
        self._failures = 0

    async def run(self) -> None:
        """See to the actions until none is open, or the interruption is gone."""
        try:
            while (record := self._ledger.get(self._name)) is not None:
                actions = open_actions(record)
                if not actions or not await self._look(record, actions):
                    return
        finally:
            self._stop_beating()

    async def _look(self, record: Interruption, actions: Actions) -> bool:
        """Do what is due, tell it, and wait for what is next; False when there is no next."""
        node = self._world.nodes.by_instance(record.instance_id)
        policy = None if node is None else self._world.policy_of(node)
        step = step_of(record, policy)
        if step is Step.COMPLETE:
            self._stop_beating()
            await self._ask("complete", record, self._left(actions))
        try:
            there = await self._tell(step, record, policy, actions)
        except ClusterError as error:
            log.warning("cannot write about the lifecycle hook of %s: %s", record.node_name, error)
            await self._pause()
            return True
        if not there or not self._left(actions):
            return there and self._more()
        if step is Step.COMPLETE:
            await self._pause()
            return True
        self._failures = 0
        beat = self._beat(record, actions) if step is Step.KEEP else None
        await self.wake.wait(None if beat is None else max(0.0, beat - self._world.clock()))
        return True

    def _more(self) -> bool:
        """Tell whether a hook has come while the end of the others was written."""
        record = self._ledger.get(self._name)
        return record is not None and bool(self._left(open_actions(record)))

    def _left(self, actions: Actions) -> Actions:
        return {notice: action for notice, action in actions.items() if notice not in self._done}

    async def _tell(
        self, step: Step, record: Interruption, policy: Policy | None, actions: Actions
    ) -> bool:
        """Write how it stands; False when the interruption is gone. Raises ClusterError."""
        done = [notice for notice in actions if notice in self._done]
        verdict, holds = self._failure, None if self._failure is None else False
        if verdict is None:
            left = self._left(actions)
            verdict = waits(step, record, policy, left.values()) if left else None
            if not left:
                verdict, holds = ended(self._done[notice] for notice in done), True
        return await self._account.write(record, done, verdict, holds=holds)

    def _beat(self, record: Interruption, actions: Actions) -> Instant:
        """Have the actions kept if it is time; returns when it is next."""
        now = self._world.clock()
        due = self._next_beat or beats_from(record)
        if now < due:
            return due
        # One that hangs is not joined by another.
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._keep(record, self._left(actions)))
        self._next_beat = now + HEARTBEAT_SECONDS
        return self._next_beat

    async def _keep(self, record: Interruption, actions: Actions) -> None:
        before = self._failure, len(self._done)
        await self._ask("heartbeat", record, actions)
        if (self._failure, len(self._done)) != before:
            self.wake()

    async def _ask(self, call: str, record: Interruption, actions: Actions) -> None:
        """Make a call about each action, and keep what came of it."""
        failure = None
        for notice, action in actions.items():
            try:
                if call == "complete":
                    self._done[notice] = verdict = await self._hooks.complete(action)
                    log.info("node %s: %s", record.node_name, verdict.message)
                elif (verdict := await self._hooks.heartbeat(action)).reason == OVER:
                    self._done[notice] = verdict
                    log.warning("node %s is not drained yet: %s", record.node_name, verdict.message)
            except ScalingError as error:
                failure = failed(str(error))
        if failure is not None and failure != self._failure:
            log.warning("node %s: %s", record.node_name, failure.message)
        self._failure = failure

    async def _pause(self) -> None:
        """Wait before the next try."""
        self._failures += 1
        await asyncio.sleep(pause_after(self._failures))

    def _stop_beating(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None
