"""From a notice about one of our nodes to what is durable: a record, a fence, an end."""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.domain.notice import Kind
from controller.domain.notice_entry import clamp_deadline, with_timeout
from controller.drain.coexistence import at_receipt
from controller.drain.outcome import conversion
from controller.drain.relevance import NOT_ANNOUNCED, Case, needless, waits_to_act
from controller.engine.gate import Gate
from controller.engine.limit import Limit
from controller.engine.patience import patiently
from controller.engine.recording import record, record_end

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.notice import Notice
    from controller.domain.policy import Policy
    from controller.domain.times import Instant
    from controller.engine.hold import Hold
    from controller.engine.world import World

T = TypeVar("T")
log = logging.getLogger(__name__)

TERMINATED = "terminated"

WRITES_IN_FLIGHT = 20
"""More at once make none of them sooner, and those that close a node could not go first."""

HEAD_START = 2.0
"""Seconds by which closing goes before recording. Not more: where nodes cannot be closed, because a
webhook refuses, their drains begin by the record all the same."""


class Result(StrEnum):
    """What became of a message; a metric label."""

    HANDLED = "handled"
    IGNORED = "ignored"
    UNKNOWN = "unknown_instance"
    EARLY = "early"
    MALFORMED = "malformed"
    FAILED = "failed"


class Handling:
    """Handles notices about our nodes; `started` is called with every record that has news."""

    def __init__(
        self, world: World, *, started: Callable[[Interruption], None], hold: Hold
    ) -> None:
        self._world, self._started, self._hold = world, started, hold
        self._writing = Gate(Limit.wide(WRITES_IN_FLIGHT))

    async def handle(
        self, said: Notice, node: NodeFacts, received: Instant, *, again: bool = False
    ) -> Result:
        """Handle one; FAILED when it could not be made durable, and will come again.

        So does what is EARLY: it takes back what may be announced by a message behind it. `again` is
        whether it has come again for that.
        """
        policy = at_receipt(self._world.policy_of(node), node, said.kind)
        try:
            known = await self._known(said)
            why = needless(Case(said, node, policy, known), received)
            if why is None:
                await self._take(said, node, policy, received)
            ended = said.action == TERMINATED and await record_end(self._world.records, said)
        except ClusterError as error:
            self._hold.failed(error)
            log.error(
                "cannot record and fence %s, the message will come again: %s", node.name, error
            )
            return Result.FAILED
        if why is not None and why.reason == NOT_ANNOUNCED and not again:
            log.info("%s for node %s comes again: %s", said.kind, node.name, why.message)
            return Result.EARLY
        if ended:
            log.info("EC2 says that %s is terminated", said.instance_id)
        elif why is not None:
            metrics.events_ignored.labels(said.kind.label, why.reason).inc()
            log.info("ignored %s for node %s: %s", said.kind, node.name, why.message)
            return Result.IGNORED
        return Result.HANDLED

    async def _known(self, said: Notice) -> Interruption | None:
        """Read the interruption of the instance where the answer depends on it: seldom."""
        if said.kind is Kind.STATE_CHANGE or said.withdrawn:
            return await self._world.records.read(said.instance_id)
        return None

    async def _take(self, said: Notice, node: NodeFacts, policy: Policy, received: Instant) -> None:
        """Record and fence side by side: either alone, cut off by a crash, comes again."""
        notice = clamp_deadline(with_timeout(said, policy.lifecycle.timeout), received)
        fenced = False
        if waits_to_act(notice, policy, received):
            interruption, new = await self._record(notice, node, received)
        else:
            (interruption, new), fenced = await asyncio.gather(
                self._record(notice, node, received),
                self._close(notice, node, policy, received),
            )
        self._hold.wrote()
        if fenced:
            metrics.reaction.labels(notice.kind.label).observe(self._world.clock() - received)
        if new:
            self._count(interruption, notice, node, received)
            log.info(
                "%s for node %s (%s, %s): %s",
                notice.kind,
                node.name,
                notice.instance_id,
                node.pool,
                "fenced" if fenced else "recorded",
            )
            self._started(interruption)
        else:
            metrics.events_ignored.labels(notice.kind.label, "duplicate").inc()
            await self._undo(interruption, node, fenced=fenced)

    async def _record(
        self, notice: Notice, node: NodeFacts, received: Instant
    ) -> tuple[Interruption, bool]:
        rank = (notice.kind.voluntary, received + HEAD_START)
        return await self._write(rank, lambda: record(self._world.records, notice, node))

    async def _close(
        self, notice: Notice, node: NodeFacts, policy: Policy, received: Instant
    ) -> bool:
        """Close the node; of a burst all nodes are closed before the first is recorded."""
        rank = (notice.kind.voluntary, received)
        with self._world.calm.fencing():
            return await self._write(
                rank, lambda: self._world.fences.close(node, policy, notice.kind)
            )

    async def _write(self, rank: tuple[bool, Instant], write: Callable[[], Awaitable[T]]) -> T:
        """Make a write in its turn; one that failed has no place while it waits for the next try."""

        async def attempt() -> T:
            async with self._writing.turn(rank):
                return await write()

        return await patiently(attempt)

    async def _undo(self, interruption: Interruption, node: NodeFacts, *, fenced: bool) -> None:
        """Open a node again that a late copy of a notice has closed, after all was over."""
        if fenced and interruption.over:
            try:
                await self._world.fences.open(node)
            except ClusterError as error:
                log.error("cannot open node %s again: %s", node.name, error)

    def _count(
        self, interruption: Interruption, notice: Notice, node: NodeFacts, received: Instant
    ) -> None:
        pool = node.instance_type, node.zone
        if notice.withdrawn:
            return
        if notice.kind is Kind.REBALANCE:
            metrics.rebalances.labels(*pool).inc()
            return
        action = notice.action or "unknown"
        metrics.interruptions.labels(notice.kind.label, *pool, action).inc()
        if notice.kind is not Kind.SPOT_INTERRUPTION:
            return
        metrics.notice_lead.labels(action).observe((notice.deadline or received) - received)
        if (lead := conversion(interruption, notice)) is not None:
            metrics.rebalance_conversions.labels(*pool).inc()
            metrics.rebalance_lead.observe(lead)
