"""From a message to a fenced node: read, resolve, record and fence, acknowledge."""

from __future__ import annotations

import asyncio
import logging
import random
from enum import StrEnum
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.domain.message import QueueError
from controller.domain.notice import Ignored, Kind, Malformed
from controller.domain.notice_entry import clamp_deadline, with_timeout
from controller.domain.policy import Action
from controller.engine.backlog import Backlog
from controller.engine.backoff import pause
from controller.engine.patience import patiently
from controller.engine.received import Received
from controller.engine.recording import record, record_end
from controller.engine.waiting_room import WaitingRoom, waits_until
from controller.notices import read
from controller.notices.unsupported import UNSUPPORTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.interruption import Interruption
    from controller.domain.message import Message
    from controller.domain.node import NodeFacts
    from controller.domain.notice import Notice
    from controller.domain.times import Instant
    from controller.engine.acknowledging import Acknowledger
    from controller.engine.hold import Hold
    from controller.engine.ports import Queue
    from controller.engine.world import World

log = logging.getLogger(__name__)

STALE_SECONDS = 300.0
"""A Spot notice this long past its deadline tells of an instance that has long gone, or stayed."""

TERMINATED = "terminated"
PAUSE_SECONDS = 0.5


class Result(StrEnum):
    """What became of a message; a metric label."""

    HANDLED = "handled"
    IGNORED = "ignored"
    UNKNOWN = "unknown_instance"
    MALFORMED = "malformed"
    FAILED = "failed"


class Intake:
    """Receives messages and handles each until it is durable; only then is it deleted."""

    def __init__(
        self,
        queue: Queue,
        world: World,
        acknowledger: Acknowledger,
        *,
        started: Callable[[Interruption], None],
        paused: Callable[[], bool],
        hold: Hold,
    ) -> None:
        self._queue, self._world, self._acknowledger = queue, world, acknowledger
        self._started, self._paused, self._hold = started, paused, hold
        self.room = WaitingRoom(queue)
        self.backlog = Backlog(queue, self.handle, self._stands)
        self._troubles: dict[object, str] = {}

    @property
    def trouble(self) -> str | None:
        """Give the sentence for /readyz while a receiver is refused, None when all are answered.

        A receive that was asked before the trouble may still be answered: that is no end of it.
        """
        return next(iter(self._troubles.values()), None)

    async def run(self, beat: Callable[[], None]) -> None:
        """Receive until cancelled; a queue that is away is waited out with back-off."""
        receiver, failures = object(), 0
        try:
            while True:
                beat()
                if await self._stands():
                    # Nothing could be recorded: every receive would only bring a message nearer to
                    # the dead-letter queue, and hide it from a replica that is better off.
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                try:
                    messages = await self._queue.receive()
                except QueueError as error:
                    failures += 1
                    self._refused(receiver, error)
                    await asyncio.sleep(pause(failures, random.random()))  # noqa: S311 - no secret
                    continue
                failures = 0
                self._answered(receiver)
                now = self._world.clock()
                await self._take([Received(m, read(m.body, now), now) for m in messages])
        finally:
            self._troubles.pop(receiver, None)

    def _refused(self, receiver: object, error: QueueError) -> None:
        metrics.sqs_errors.labels(self._queue.name, "receive", error.code).inc()
        if str(error) not in self._troubles.values():
            log.error("cannot receive from the queue: %s", error)
        self._troubles[receiver] = str(error)

    def _answered(self, receiver: object) -> None:
        if self._troubles.pop(receiver, None) and not self._troubles:
            log.info("the queue answers again")
        metrics.sqs_last_success.labels(self._queue.name).set(self._world.clock())

    async def _stands(self) -> bool:
        """Tell whether messages are left in the queue for now."""
        return self._paused() or await self._hold.stands()

    async def _take(self, batch: list[Received]) -> None:
        """Handle what is urgent, the gravest first; the rest waits while the next are received."""
        urgent: list[Received] = []
        for found in sorted(batch, key=lambda found: found.gravity):
            if found.urgent or self.backlog.full:
                urgent.append(found)
            else:
                self.backlog.put(found)
        with self.backlog.behind(urgent):
            await asyncio.gather(*(self.handle(found) for found in urgent))

    async def handle(self, found: Received) -> Result:
        """Handle one message; deleted only when everything that it asks for is durable."""
        message, outcome, received = found.message, found.said, found.at
        if isinstance(outcome, Malformed):
            result = self._malformed(message, outcome)
        else:
            with self._world.calm.fencing():
                results = [await self._one(message, said, received) for said in outcome]
            # The gravest decides: a message with one notice left to do is not done.
            order = [Result.FAILED, Result.UNKNOWN, Result.HANDLED, Result.IGNORED]
            result = min(results, key=order.index, default=Result.IGNORED)
        metrics.sqs_messages.labels(self._queue.name, str(result)).inc()
        if result in {Result.HANDLED, Result.IGNORED}:
            self._acknowledger.done(message.receipt)
        return result

    def _malformed(self, message: Message, said: Malformed) -> Result:
        metrics.events_ignored.labels("unknown", "malformed").inc()
        log.error(
            "message %s cannot be read, it is left for the dead-letter queue (receive %d): %s",
            message.id,
            message.receive_count,
            said.message,
        )
        return Result.MALFORMED

    async def _one(self, message: Message, said: Notice | Ignored, received: Instant) -> Result:
        if isinstance(said, Ignored):
            metrics.events_ignored.labels(said.kind, said.reason).inc()
            log.info("ignored a message: %s", said.message)
            return Result.IGNORED
        if said.kind is Kind.STATE_CHANGE:
            return await self._state_changed(said)
        if message.receive_count == 1:
            metrics.events_received.labels(said.kind.label, said.source).inc()
            metrics.event_age.labels(said.kind.label).observe(max(0.0, received - said.time))
        self.room.forget(said.instance_id, message.receipt)
        node = self._world.nodes.by_instance(said.instance_id)
        if node is None:
            return await self._unknown(message, said, received)
        return await self._known(said, node, received)

    async def _state_changed(self, said: Notice) -> Result:
        """Record the end of an instance that has a record and still has a Node; no more is done."""
        node = self._world.nodes.by_instance(said.instance_id)
        # Instances start and end all the time, in the whole account: few are asked about at all.
        if said.action != TERMINATED or node is None:
            return self._ignored(said, UNSUPPORTED if node else "not_our_node")
        try:
            if not await record_end(self._world.records, said):
                return self._ignored(said, "no_interruption")
        except ClusterError as error:
            log.error(
                "cannot record the end of %s, it will come again: %s", said.instance_id, error
            )
            return Result.FAILED
        log.info("EC2 says that %s is terminated", said.instance_id)
        return Result.HANDLED

    def _ignored(self, said: Notice, reason: str) -> Result:
        metrics.events_ignored.labels(said.kind.label, reason).inc()
        log.info("ignored that %s is %s: %s", said.instance_id, said.action, reason)
        return Result.IGNORED

    async def _unknown(self, message: Message, notice: Notice, now: Instant) -> Result:
        if now >= waits_until(notice):
            metrics.events_ignored.labels(notice.kind.label, "not_our_node").inc()
            log.info("%s for %s: no node of this cluster", notice.kind, notice.instance_id)
            return Result.IGNORED
        await self.room.keep(message, notice, now)
        log.info("%s for %s: no node yet, kept in the queue", notice.kind, notice.instance_id)
        return Result.UNKNOWN

    async def _known(self, said: Notice, node: NodeFacts, received: Instant) -> Result:
        policy = self._world.policy_of(node)
        if policy.action_for(said.kind) is Action.IGNORE:
            metrics.events_ignored.labels(said.kind.label, "policy").inc()
            return Result.IGNORED
        if said.deadline is not None and received > said.deadline + STALE_SECONDS:
            metrics.events_ignored.labels(said.kind.label, "stale").inc()
            log.warning("%s for %s is stale, ignored", said.kind, node.name)
            return Result.IGNORED
        notice = clamp_deadline(with_timeout(said, policy.lifecycle.timeout), received)
        try:
            # Side by side: either alone, cut off by a crash, is completed by the redelivery.
            (interruption, new), fenced = await asyncio.gather(
                patiently(lambda: record(self._world.records, notice, node)),
                patiently(lambda: self._world.fences.close(node, policy, notice.kind)),
            )
        except ClusterError as error:
            self._hold.failed(error)
            log.error(
                "cannot record and fence %s, the message will come again: %s", node.name, error
            )
            return Result.FAILED
        self._hold.wrote()
        if fenced:
            metrics.reaction.labels(notice.kind.label).observe(self._world.clock() - received)
        if new:
            self._count(notice, node, received, fenced=fenced)
            self._started(interruption)
        else:
            metrics.events_ignored.labels(notice.kind.label, "duplicate").inc()
            await self._undo(interruption, node, fenced=fenced)
        return Result.HANDLED

    async def _undo(self, interruption: Interruption, node: NodeFacts, *, fenced: bool) -> None:
        """Open a node again that a late copy of a notice has closed, after all was over."""
        if fenced and interruption.over:
            try:
                await self._world.fences.open(node)
            except ClusterError as error:
                log.error("cannot open node %s again: %s", node.name, error)

    def _count(self, notice: Notice, node: NodeFacts, received: Instant, *, fenced: bool) -> None:
        if notice.kind is Kind.REBALANCE:
            metrics.rebalances.labels(node.instance_type, node.zone).inc()
        else:
            action = notice.action or "unknown"
            metrics.interruptions.labels(node.instance_type, node.zone, action).inc()
            if notice.deadline is not None:
                metrics.notice_lead.labels(action).observe(notice.deadline - received)
        log.info(
            "%s for node %s (%s, %s): %s",
            notice.kind,
            node.name,
            notice.instance_id,
            node.pool,
            "fenced" if fenced else "recorded",
        )
