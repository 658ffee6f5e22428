"""One queue and all that is done with it: checked, received from, deleted from, looked after."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller import metrics
from controller.aws.settings import REASONS
from controller.domain.message import QueueError
from controller.preflight import until_right

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.aws.queue import SqsQueue
    from controller.engine.acknowledging import Acknowledger
    from controller.engine.intake import Intake

    Beat = Callable[[], None]
    Start = Callable[[str, Callable[[Beat], Awaitable[None]], float | None], None]

log = logging.getLogger(__name__)

RECEIVER_STALL = 90.0

LOOK_SECONDS, LOOK_STALL = 300.0, 700.0
"""How often its settings and counts are read again: a call of about 9,000 a month."""


class Feed:
    """A queue with its receivers; with several queues the sentences and loops bear its name."""

    def __init__(
        self, queue: SqsQueue, intake: Intake, acknowledger: Acknowledger, *, alone: bool
    ) -> None:
        """Wire it; `alone` is whether there is no other queue."""
        self.intake = intake
        self._queue, self._acknowledger = queue, acknowledger
        self._alone = alone
        self._trouble: str | None = f"starting: the {queue.url} is not checked yet"
        self._warned: set[str] = set()

    async def open(self, start: Start, receivers: int) -> None:
        """Wait until the queue answers, then start to receive; its faults are told as warnings.

        A message that is received before all else is ready comes nearer to the dead-letter queue
        for nothing, so this is for the very last.
        """
        await until_right(self._look, self._tell)
        self._trouble = None
        suffix = "" if self._alone else f"-{self._queue.name}"
        start(f"acknowledge{suffix}", lambda _: self._acknowledger.run(), None)
        start(f"backlog{suffix}", lambda _: self.intake.backlog.run(), None)
        start(f"queue{suffix}", self._watch, LOOK_STALL)
        for number in range(receivers):
            start(f"receiver{suffix}-{number}", self.intake.run, RECEIVER_STALL)

    def troubles(self) -> list[str]:
        """List the sentences that keep this queue from being read, or its messages from ending."""
        found = (self._trouble, self.intake.trouble, self._acknowledger.trouble)
        return [self._named(trouble) for trouble in dict.fromkeys(found) if trouble]

    async def _watch(self, beat: Beat) -> None:
        """Read the settings and counts again from time to time: somebody may change them."""
        while True:
            beat()
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except QueueError as error:
                # The receivers meet it too, and are who tells.
                metrics.sqs_errors.labels(self._queue.name, "check", error.code).inc()

    async def _look(self) -> None:
        checkup = await self._queue.check()
        name = self._queue.name
        for state, count in checkup.waiting._asdict().items():
            metrics.sqs_waiting.labels(name, state).set(count)
        found = {warning.reason: warning.message for warning in checkup.warnings}
        for reason in REASONS:
            metrics.sqs_warnings.labels(name, reason).set(reason in found)
        for reason in found.keys() - self._warned:
            log.warning("%s", found[reason])
        self._warned = set(found)

    def _tell(self, sentence: str) -> None:
        if self._trouble != sentence:
            log.error("not ready: %s", self._named(sentence))
        self._trouble = sentence

    def _named(self, sentence: str) -> str:
        """Say which queue it is about, unless there is one only, or the sentence has its name."""
        if self._alone or self._queue.url.name in sentence:
            return sentence
        return f"{self._queue.name}: {sentence}"
