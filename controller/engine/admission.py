"""The leave to begin of one voluntary drain: its turn in the budget, then room elsewhere."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.domain.times import format_clock
from controller.domain.verdict import Verdict
from controller.drain.classify import PodClass
from controller.drain.room import Space, candidates, homeless
from controller.drain.turns import ASKS, CONDITION, Leave, Stand, stand_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.pod import PodFacts
    from controller.domain.policy import RebalancePolicy
    from controller.domain.times import Instant
    from controller.drain.plan import DrainPlan
    from controller.drain.turns import Turn
    from controller.engine.world import World

log = logging.getLogger(__name__)

ROOM_SECONDS = 10.0
"""Between two looks for room elsewhere: each asks about several nodes."""

BEGINS = "Admitted"


class Admission:
    """Keeps how one voluntary drain stands; the status makes it durable before it counts.

    `leave` is what the status is to tell. A drain may begin once that has been written.
    """

    def __init__(self, record: Interruption, world: World, wake: Callable[[], None]) -> None:
        self._record, self._world, self._wake = record, world, wake
        stand, self.since = stand_from(record)
        # What the status says already is not said anew in other words.
        self.leave = Leave(stand, _as_told(record) or ASKS)
        self._told_in: int | None = 0
        self._confirmed = False
        self._room: asyncio.Task[None] | None = None
        self._room_at = 0.0
        self._rooms = 0

    @property
    def begun(self) -> Instant | None:
        """When the drain was let begin; its bands count from there."""
        return self.since if self.leave.stand is Stand.DRAINS else None

    def told(self, stage: int) -> bool:
        """Note which stage the status tells; returns whether the drain may begin."""
        if stage == self.leave.stage and self._told_in is None:
            # Only a look that begins after the write has seen what others wrote before it.
            self._told_in = self._world.turns.looks
            self._world.turns.stir()
        return stage == self.leave.stage and self.leave.stand is Stand.DRAINS

    def ask(
        self, home: NodeFacts, plan: DrainPlan, policy: RebalancePolicy, now: Instant
    ) -> Instant | None:
        """Get on as far as possible; returns when the clock alone next asks for another look."""
        if self.leave.stand is Stand.DRAINS:
            return None
        self._world.turns.enter(self._record.name, self)
        if not self._confirmed:
            return None
        pods = [e.pod for e in plan.entries if e.left and e.treated.pod_class is PodClass.NORMAL]
        latest = (self.since or now) + policy.wait_for_capacity
        if now >= latest:
            say = "no room for all its pods was found elsewhere in time; it drains all the same"
            self._begin(Verdict(BEGINS, say if policy.wait_for_capacity else "its turn has come"))
            return None
        if self._room is None and now >= self._room_at:
            self._room_at = now + ROOM_SECONDS
            self._room = asyncio.create_task(self._look_for_room(home, pods, latest))
        return min(latest, max(self._room_at, now))

    def decide(self, turn: Turn, look: int) -> None:
        """Take over what a look at all records, the `look`th, has decided."""
        if self.leave.stand is Stand.DRAINS:
            return
        if turn.stand is not self.leave.stand:
            self._move(turn.stand, turn.verdict)
        elif turn.stand is Stand.WAITS:
            self._say(turn.verdict)
        elif self._told_in is not None and look > self._told_in:
            self._confirmed = turn.confirmed
        self._wake()

    def close(self) -> None:
        """Stop asking: the drain has begun or is over, or is an interruption by now."""
        self._world.turns.leave(self._record.name, self)
        # Should it ask again, for a change that was put off: the place may be another's by then.
        self._confirmed = False
        if self._room is not None:
            self._room.cancel()
            self._room = None

    def _begin(self, verdict: Verdict) -> None:
        self._move(Stand.DRAINS, verdict)
        self.close()
        self._wake()

    def _move(self, stand: Stand, verdict: Verdict) -> None:
        self.leave = Leave(stand, verdict, self.leave.stage + 1)
        self.since = self._world.clock()
        self._told_in, self._confirmed, self._room_at = None, False, 0.0
        self._log(verdict)

    def _say(self, verdict: Verdict) -> None:
        if verdict.reason != self.leave.verdict.reason:
            self._log(verdict)
        self.leave = self.leave._replace(verdict=verdict)

    def _log(self, verdict: Verdict) -> None:
        log.info("node %s: %s", self._record.node_name, verdict.message)

    async def _look_for_room(self, home: NodeFacts, pods: list[PodFacts], latest: Instant) -> None:
        world, turns = self._world, self._world.turns
        others = (node for node in world.nodes.all() if node.name not in turns.noticed)
        try:
            spaces = []
            for node in candidates(home, pods, others, self._rooms):
                used = await world.pods.requested_on(node.name)
                spaces.append(Space(node, node.allocatable.minus(used)))
            missing = homeless(home, pods, spaces)
        except ClusterError as error:
            missing = Verdict("WaitingForCapacity", f"cannot look for room elsewhere: {error}")
        self._rooms, self._room = self._rooms + 1, None
        # The look at all records may have taken the place away meanwhile.
        if not self._confirmed:
            return
        if missing is None:
            self._begin(Verdict(BEGINS, "its turn has come, and its pods fit on other nodes"))
        else:
            say = f"{missing.message}; it drains at {format_clock(latest)} at the latest"
            self._say(missing._replace(message=say))
            turns.tell()
            self._wake()


def _as_told(record: Interruption) -> Verdict | None:
    if record.phase.over:
        return None
    told = (c for c in record.conditions if c["type"] == CONDITION)
    return next((Verdict(c.get("reason", ""), c.get("message", "")) for c in told), None)
