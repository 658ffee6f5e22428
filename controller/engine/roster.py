"""The pods of one draining node: who was seen, who was asked, who is gone."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from controller import metrics
from controller.drain.attempt import UNTRIED
from controller.drain.history import (
    attempted,
    evidenced,
    followed,
)
from controller.drain.timeline import passages_from, timeline_to
from controller.engine.returns import Returns

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from typing import Any

    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.drain.attempt import Attempt
    from controller.drain.history import Passage
    from controller.drain.plan import DrainPlan
    from controller.engine.ports import PodMirror


log = logging.getLogger(__name__)

RESTART_SECONDS = 0.5


class Roster:
    """Mirrors the pods of a node while a drain runs and keeps the history of each UID.

    What an earlier process wrote into the status is taken over, so that a restart forgets nobody.
    """

    def __init__(
        self,
        mirror: PodMirror,
        timeline: Sequence[Mapping[str, Any]],
        wake: Callable[[], None],
        clock: Callable[[], Instant],
    ) -> None:
        self._mirror, self._wake, self._clock = mirror, wake, clock
        self.attempts: dict[str, Attempt] = {}
        self.passages: dict[str, Passage] = passages_from(timeline)
        self.returns = Returns()
        self._blocked_since: dict[str, Instant] = {}
        mirror.listen(self._changed)

    @property
    def known(self) -> bool:
        """Whether the pods have been listed once."""
        return self._mirror.synced.is_set()

    @property
    def sure(self) -> bool:
        """Whether what we know of the pods is the present: their watch is open."""
        return self._mirror.watching

    @property
    def pods(self) -> tuple[PodFacts, ...]:
        """The pods on the node now."""
        return tuple(self._mirror.items.values())

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Keep the pods up to date; on entry they are known."""
        task = asyncio.create_task(self._follow())
        try:
            await self._mirror.synced.wait()
            self._close_gaps()
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self) -> None:
        """Mirror the pods, come what may: without them the drain would plan on what was."""
        while True:
            try:
                await self._mirror.run()
            except Exception:
                log.exception("the pod watch of a drain failed and starts again")
                await asyncio.sleep(RESTART_SECONDS)

    def pod(self, uid: str) -> PodFacts | None:
        """Look a pod up; None once it is gone."""
        return self._mirror.items.get(uid)

    def attempt(self, uid: str) -> Attempt:
        """Tell what was tried for a pod."""
        return self.attempts.get(uid, UNTRIED)

    def note(self, uid: str, attempt: Attempt) -> None:
        """Keep what was tried for a pod."""
        pod = self.pod(uid)
        if attempt.accepted and pod is not None:
            self.returns.asked(pod)
        self.attempts[uid] = attempt
        if uid in self.passages:
            own_grace = pod.grace if pod is not None else None
            self.passages[uid] = attempted(self.passages[uid], attempt, own_grace)
        self._note_blocking(uid, attempt)

    def enrol(self, plan: DrainPlan) -> None:
        """Write the plan into the history of the pods that the drain is about; others have none."""
        now = self._clock()
        for entry in plan.entries:
            known = followed(self.passages.get(entry.pod.uid), entry, now)
            if known is not None:
                self.passages[entry.pod.uid] = known
            else:
                self.passages.pop(entry.pod.uid, None)

    def timeline(self) -> tuple[Mapping[str, Any], ...]:
        """Give the history as the status holds it."""
        return tuple(timeline_to(self.passages.values()))

    def _changed(self, old: PodFacts | None, new: PodFacts | None) -> None:
        if new is None and old is not None:
            self._gone(old.uid)
        if old is None and new is not None and self.known:
            self.returns.came(new)
        self._wake()

    def _gone(self, uid: str) -> None:
        self.attempts.pop(uid, None)
        self._note_blocking(uid, UNTRIED)
        if (passage := self.passages.get(uid)) and passage.gone_at is None:
            self.passages[uid] = replace(passage, gone_at=self._clock())

    def _close_gaps(self) -> None:
        """Mark as gone what left while nobody looked, and as asked what was asked at the last."""
        for uid in self.passages.keys() - self._mirror.items.keys():
            self._gone(uid)
        for uid in self.passages.keys() & self._mirror.items.keys():
            self.passages[uid] = evidenced(self.passages[uid], self._mirror.items[uid])

    def _note_blocking(self, uid: str, attempt: Attempt) -> None:
        blocked = attempt.refused is not None and attempt.refused.reason == "DisruptionBudget"
        if blocked and not attempt.accepted:
            self._blocked_since.setdefault(uid, self._clock())
        elif (since := self._blocked_since.pop(uid, None)) is not None:
            metrics.pdb_blocked.observe(self._clock() - since)
