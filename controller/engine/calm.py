"""Fence first: no pod is evicted while a burst of notices is still being fenced.

A pod that is evicted from one doomed node must not land on the next one of the same reclaim.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIET_SECONDS = 0.3
"""More than the gap between two receives of one burst: with 0.1 s drains began in that gap, while
nodes of the same burst were still open (docs/performance.md)."""

LONGEST_SECONDS, SHARE = 10.0, 0.05
"""For how long a drain waits at most, and for which part of the time that is left to it. A thousand
nodes took 5 s to close on two cores, and twice that while the first of them were drained."""


class Calm:
    """Counts the notices being fenced; drains wait until none has been for a moment."""

    def __init__(self, quiet: float = QUIET_SECONDS, longest: float = LONGEST_SECONDS) -> None:
        self._quiet, self._longest = quiet, longest
        self._fencing = 0
        self._last = float("-inf")

    @contextmanager
    def fencing(self) -> Iterator[None]:
        """Mark a notice as being fenced."""
        self._fencing += 1
        try:
            yield
        finally:
            self._fencing -= 1
            self._last = asyncio.get_running_loop().time()

    def heard(self) -> None:
        """Note that another replica is fencing: a record of its is new to us."""
        self._last = asyncio.get_running_loop().time()

    async def wait(self, left: float | None = None) -> None:
        """Wait until it has been quiet, but never longer than the bound: the clock runs.

        `left` are the seconds until the drain's deadline, None where it has none.
        """
        loop = asyncio.get_running_loop()
        longest = self._longest if left is None else min(self._longest, left * SHARE)
        until = loop.time() + longest
        while (now := loop.time()) < until:
            rest = self._quiet if self._fencing else self._last + self._quiet - now
            if rest <= 0:
                return
            await asyncio.sleep(min(rest, until - now))
