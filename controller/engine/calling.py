"""Makes the call of one step, keeps what came of it, and tells it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.verdict import Verdict
from controller.drain.answer import Answer, Outcome
from controller.drain.attempt import BUDGET_REASONS
from controller.drain.plan import Call
from controller.engine.asking import landed, make_call, note

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.times import Instant
    from controller.drain.plan import Step
    from controller.engine.roster import Roster
    from controller.engine.world import World

log = logging.getLogger(__name__)

UNSEEN_SECONDS = 1.0

AFTER_ALL = Answer(
    Outcome.ACCEPTED, 0, Verdict("Accepted", "no answer came, but the pod is stopping")
)


class Caller:
    """The calls about the pods of one drain, one at a time or side by side."""

    def __init__(self, world: World, roster: Roster, wake: Callable[[], None]) -> None:
        self._world, self._roster, self._wake = world, roster, wake
        self._unsure: dict[str, tuple[Step, Instant]] = {}

    async def ask(self, step: Step) -> Answer:
        """Make a step's call, unless it is known that we lack the right; returns the answer."""
        uid, world, loop = step.pod.uid, self._world, asyncio.get_running_loop()
        asked, sent_at, before = world.clock(), loop.time(), self._roster.attempt(uid)
        try:
            answer = world.rights.standing(step, asked)
            if answer is None:
                answer = await make_call(world.pods, step, asked)
                world.evicting.learn(answer, sent_at)
                world.rights.learn(step, answer, world.clock())
                if before.tries:
                    metrics.api_retries.labels(step.call.lower()).inc()
            self._keep(step, answer, asked)
        finally:
            self._roster.note(uid, landed(self._roster.attempt(uid), step))
        refused = before.refused
        self._log(
            step, answer, again=refused is not None and refused.reason == answer.verdict.reason
        )
        # What is done the pods' watch tells, with all that follows from it, unless it has before.
        pod = self._roster.pod(uid)
        if answer.outcome is not Outcome.ACCEPTED or pod is None or pod.terminating:
            self._wake()
        else:
            # That watch may be dead, and nobody knows yet.
            loop.call_later(UNSEEN_SECONDS, self._wake)
        return answer

    def put_off(self, step: Step) -> None:
        """Leave a pod that is gone, unseen by us, until its watch says so."""
        uid, again = step.pod.uid, self._world.clock() + UNSEEN_SECONDS
        self._roster.note(uid, replace(self._roster.attempt(uid), retry_at=again))
        log.info("%s has gone or left its node: it is not evicted", step.pod.key)

    def settle(self) -> None:
        """Count the calls that got no clear answer and were done all the same, as the watch shows."""
        for uid, (step, asked) in list(self._unsure.items()):
            pod = self._roster.pod(uid)
            if pod is None or pod.terminating:
                self._keep(step, AFTER_ALL, asked)
                self._log(step, AFTER_ALL, again=False)

    def _keep(self, step: Step, answer: Answer, asked: Instant) -> None:
        uid = step.pod.uid
        before = self._roster.attempt(uid)
        self._roster.note(uid, note(before, step, answer, asked, self._world.clock()))
        if answer.unsure and step.call is not Call.SHORTEN:
            self._unsure.setdefault(uid, (step, asked))
            return
        self._unsure.pop(uid, None)
        overrides = step.overrides if answer.outcome is Outcome.ACCEPTED else None
        if overrides is not None and overrides.reason in BUDGET_REASONS and not before.accepted:
            metrics.pdb_overrides.inc()

    def _log(self, step: Step, answer: Answer, *, again: bool) -> None:
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
