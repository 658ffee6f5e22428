"""The evictions in flight for each PodDisruptionBudget, over all nodes of this process.

Each eviction writes its budget, and so does the disruption controller for every pod that has gone. Who
meets the other's write waits 500 ms in the API server (EvictionsRetry, kubernetes
pkg/registry/core/pod/storage/eviction.go), and only there: one at a time meets nobody as long as
pods take longer to stop than to be evicted, and is slow as soon as they go meanwhile. So they go one
at a time, and who is held up is overtaken (measured in docs/performance.md).
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

HELD_UP_SECONDS = 0.05
"""An eviction that meets nobody is answered within 10 to 20 ms."""

MOST = 4
"""Evictions in flight for one budget: many budgets share the places of all evictions."""

LONG_AGO = float("-inf")
"""The loop's clock may begin with the machine: zero is not long ago on one that was just started."""


class Lane(Line["Rank"]):
    """The turns at one budget; lowest rank first, then first come.

    While the budget's last answer was no, or there was none yet, one at a time asks it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0
        self._began = LONG_AGO
        self._open = False
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
        self._open = True
        self._blocked_until = 0.0

    def refused(self) -> None:
        """Note that the budget had no room: nobody asks again before the watch or the poll."""
        self._open = False
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
        return not self._taken and not any(not f.done() for _, _, f in self._waiting)

    def _leave(self) -> None:
        self._taken -= 1
        # Somebody got through: who still waits in the API server is passed by.
        self._began = LONG_AGO
        self._advance()

    def _advance(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            if self._waiting[0][2].done():  # it gave up
                heapq.heappop(self._waiting)
                continue
            now, at = asyncio.get_running_loop().time(), self._next_at()
            if at is None:
                return
            if at > now:
                self._timer = asyncio.get_running_loop().call_later(at - now, self._advance)
                return
            self._taken += 1
            self._began = now
            heapq.heappop(self._waiting)[2].set_result(None)

    def _next_at(self) -> float | None:
        """Tell when the next may go, in the loop's time; None when somebody has to leave first."""
        if not self._taken:
            return self._not_before
        if not self._open or self._taken >= MOST:
            return None
        return max(self._not_before, self._began + HELD_UP_SECONDS)


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
