"""One eviction in flight per PodDisruptionBudget, over all nodes of this process.

Evictions that share a budget meet on its optimistic lock and wait 500 ms a conflict in the API
server: 60 pods took 4 s in parallel and 0.6 s one by one (measured on kube-apiserver 1.36).
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from typing import TYPE_CHECKING

from controller.drain.answer import Outcome
from controller.engine.line import Line

if TYPE_CHECKING:
    Rank = tuple[bool, int, float]

POLL_SECONDS = 1.0
"""How often a budget without room is asked again when its watch tells nothing."""


class Lane(Line["Rank"]):
    """The turns at one budget; lowest rank first, then first come."""

    def __init__(self) -> None:
        super().__init__()
        self._busy = False
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._blocked_until = 0.0

    def learn(self, outcome: Outcome) -> None:
        """Take note of what an eviction in this lane was told."""
        if outcome is Outcome.BLOCKED:
            self.refused()
        elif outcome is Outcome.ACCEPTED:
            self.accepted()

    def accepted(self) -> None:
        """Note that the budget had room."""
        self._blocked_until = 0.0

    def refused(self) -> None:
        """Note that the budget had no room: nobody asks again before the watch or the poll."""
        self._not_before = asyncio.get_running_loop().time() + POLL_SECONDS
        # A lane in use is asked, and refused, again within the poll; one that is not says nothing.
        self._blocked_until = self._not_before + 2 * POLL_SECONDS

    def room(self) -> None:
        """Note that the watch shows room: the first in line tries at once."""
        self._not_before = self._blocked_until = 0.0
        self._advance()

    @property
    def blocked(self) -> bool:
        """Whether the budget refused the last eviction, and that is not long ago."""
        return asyncio.get_running_loop().time() < self._blocked_until

    @property
    def idle(self) -> bool:
        """Whether nobody is here, so that the lane may be forgotten."""
        return not self._busy and not any(not f.done() for _, _, f in self._waiting)

    def _leave(self) -> None:
        self._busy = False
        self._advance()

    def _advance(self) -> None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)
        if self._busy or not self._waiting:
            return
        loop = asyncio.get_running_loop()
        if (rest := self._not_before - loop.time()) > 0:
            if self._timer:
                self._timer.cancel()
            self._timer = loop.call_later(rest, self._advance)
            return
        self._busy = True
        heapq.heappop(self._waiting)[2].set_result(None)


class Lanes:
    """The lanes by budget, `namespace/name`."""

    def __init__(self) -> None:
        self._lanes: defaultdict[str, Lane] = defaultdict(Lane)

    def __getitem__(self, key: str) -> Lane:
        return self._lanes[key]

    def blocked(self) -> frozenset[str]:
        """List the budgets that refused the last eviction asked of them."""
        return frozenset(key for key, lane in self._lanes.items() if lane.blocked)

    def room(self, key: str) -> None:
        """Tell a lane that its budget's watch shows room."""
        if key in self._lanes:
            self._lanes[key].room()

    def forget(self, key: str) -> None:
        """Drop a lane whose budget was deleted, once nobody is in it."""
        lane = self._lanes.get(key)
        if lane is None:
            return
        lane.room()
        if lane.idle:
            del self._lanes[key]
