"""From a message to a fenced node: read, resolve, record and fence, acknowledge."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.message import QueueError
from controller.domain.notice import Ignored, Kind, Malformed
from controller.engine.backlog import Backlog
from controller.engine.backoff import pause
from controller.engine.handling import Result
from controller.engine.late_hooks import Claim
from controller.engine.received import Received
from controller.engine.visibility import GIVE_BACK_SECONDS, hide
from controller.engine.waiting_room import WaitingRoom, waits_until
from controller.notices import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.message import Message
    from controller.domain.notice import Notice
    from controller.domain.times import Instant
    from controller.engine.acknowledging import Acknowledger
    from controller.engine.departed import Departed
    from controller.engine.handling import Handling
    from controller.engine.hold import Hold
    from controller.engine.late_hooks import LateHooks
    from controller.engine.ports import Queue
    from controller.engine.world import World

log = logging.getLogger(__name__)

NOT_OURS = ("not_our_node", "no node of this cluster")
PAUSE_SECONDS = 0.5

IN_HAND = 100
"""Receives, of ten messages at most, whose urgent messages are handled at once; more stay in the
queue, for a replica that has time."""

ORDER_RECEIVES = 3
"""As often a message is received that takes back what was not announced: 10 seconds lie between two.
SQS keeps no order, several are handled at once, and a redrive policy's usual bound is five."""


class Intake:
    """Receives messages and handles each until it is durable; only then is it deleted."""

    def __init__(
        self,
        queue: Queue,
        world: World,
        acknowledger: Acknowledger,
        *,
        handling: Handling,
        departed: Departed,
        paused: Callable[[], bool],
        hold: Hold,
        late_hooks: LateHooks,
    ) -> None:
        self._queue, self._world, self._acknowledger = queue, world, acknowledger
        self._handling, self._departed = handling, departed
        self._paused, self._hold = paused, hold
        self._late_hooks = late_hooks
        self.room = WaitingRoom(queue)
        self.backlog = Backlog(queue, self.handle, self._stands)
        self._troubles: dict[object, str] = {}
        self._hands = asyncio.Semaphore(IN_HAND)

    @property
    def trouble(self) -> str | None:
        """Give the sentence for /readyz while a receiver is refused, None when all are answered.

        A receive that was asked before the trouble may still be answered: that is no end of it.
        """
        return next(iter(self._troubles.values()), None)

    async def run(self, beat: Callable[[], None]) -> None:
        """Receive until cancelled; a queue that is away is waited out with back-off."""
        receiver = object()
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._receive(receiver, beat, tasks)
        finally:
            self._troubles.pop(receiver, None)

    async def _receive(
        self, receiver: object, beat: Callable[[], None], tasks: asyncio.TaskGroup
    ) -> None:
        failures = 0
        while True:
            beat()
            if await self._stands():
                # Nothing could be recorded: every receive would only bring a message nearer to
                # the dead-letter queue, and hide it from a replica that is better off.
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            # Nothing is received that could not be begun at once.
            async with self._hands:
                pass
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
            self._take([Received(m, read(m.body, now), now) for m in messages], tasks)

    async def give_back(self) -> None:
        """Show others what is hidden for us and not done; for when we stop.

        A long poll of ours that SQS still holds open may take it once more, for a receive's 10 s.
        """
        receipts = [*self.backlog.receipts, *self.room.receipts]
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                if receipts and not await hide(self._queue, receipts, 0):
                    log.info("gave messages back to the queue: %d", len(receipts))

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

    def _take(self, batch: list[Received], tasks: asyncio.TaskGroup) -> None:
        """Begin to handle what is urgent, the gravest first; the rest waits in the backlog.

        The next are received meanwhile: a node is closed no sooner for the records before it.
        """
        urgent: list[Received] = []
        patient: list[Received] = []
        for found in sorted(batch, key=lambda found: found.gravity):
            (urgent if found.urgent or self.backlog.full else patient).append(found)
        if urgent:
            tasks.create_task(self._work_off(urgent))
        # After that: tasks begin in their order, and the backlog's workers are to find it begun.
        for found in patient:
            self.backlog.put(found)

    async def _work_off(self, urgent: list[Received]) -> None:
        with self.backlog.behind(urgent):
            async with self._hands:
                await asyncio.gather(*(self._safely(found) for found in urgent))

    async def _safely(self, found: Received) -> None:
        """Handle one; what goes wrong with it breaks nothing else off."""
        try:
            await self.handle(found)
        except Exception:
            metrics.sqs_messages.labels(self._queue.name, str(Result.FAILED)).inc()
            log.exception("message %s failed unexpectedly, it comes again", found.message.id)

    async def handle(self, found: Received) -> Result:
        """Handle one message; deleted only when everything that it asks for is durable."""
        message, outcome, received = found.message, found.said, found.at
        if isinstance(outcome, Malformed):
            result = self._malformed(message, outcome)
        else:
            results = [await self._one(message, said, received) for said in outcome]
            # The gravest decides: a message with one notice left to do is not done.
            order = [Result.FAILED, Result.UNKNOWN, Result.EARLY, Result.HANDLED, Result.IGNORED]
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
        self.room.forget(said.instance_id, message.id)
        node = self._world.nodes.by_instance(said.instance_id)
        # Instances start and end all the time, in the whole account.
        ours = node is not None or said.kind is not Kind.STATE_CHANGE
        if message.receive_count == 1 and ours:
            metrics.events_received.labels(said.kind.label, said.source).inc()
            metrics.event_age.labels(said.kind.label).observe(max(0.0, received - said.time))
        if node is None:
            return await self._unknown(message, said, received)
        again = message.receive_count >= ORDER_RECEIVES
        return await self._handling.handle(said, node, received, again=again)

    def _claim(self, receipt: str) -> Claim:
        return Claim(
            hide=partial(hide, self._queue, [receipt]),
            done=partial(self._acknowledger.done, receipt),
        )

    async def _unknown(self, message: Message, notice: Notice, now: Instant) -> Result:
        """Keep a notice about an instance that may yet join; all others are not ours."""
        if self._late_hooks.knows(notice):
            metrics.events_ignored.labels(notice.kind.label, "duplicate").inc()
            log.info("%s for %s: a copy, its hook is seen to", notice.kind, notice.instance_id)
            return Result.IGNORED
        if self._late_hooks.takes(notice):
            await self._late_hooks.complete(notice, self._claim(message.receipt))
            return Result.UNKNOWN
        if now < waits_until(notice):
            await self.room.keep(message, notice, now)
            log.info("%s for %s: no node yet, kept in the queue", notice.kind, notice.instance_id)
            return Result.UNKNOWN
        gone = self._departed.knows(notice.instance_id)
        reason, why = ("node_gone", "its node is gone") if gone else NOT_OURS
        metrics.events_ignored.labels(notice.kind.label, reason).inc()
        ends = "; its hook's own time-out ends the wait" if notice.hook else ""
        log.info("%s for %s: %s%s", notice.kind, notice.instance_id, why, ends)
        return Result.IGNORED
