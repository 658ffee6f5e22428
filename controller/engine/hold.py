"""Whether messages are left in the queue because our own writes are forbidden.

Each receive of a message that cannot be handled brings it nearer to the dead-letter queue.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.domain.times import Instant

log = logging.getLogger(__name__)

FORBIDDEN = 403
PAUSES = (1.0, 5.0, 15.0, 30.0)
"""Seconds: five receives, the usual bound of a queue, then last longer than a notice."""

CHECK_SECONDS = 2.0


class Hold:
    """Holds the intake after a refused write, longer each time, and until our rights are there."""

    def __init__(
        self, check: Callable[[], Awaitable[object]], clock: Callable[[], Instant]
    ) -> None:
        """Wire it; `check` raises ClusterError with what is missing."""
        self._check, self._clock = check, clock
        self._refusals = 0
        self._until = 0.0
        self.trouble: str | None = None

    def wrote(self) -> None:
        """Take note that a write was allowed: what was refused was about one object."""
        self._refusals, self.trouble = 0, None

    def failed(self, error: ClusterError) -> None:
        """Take note of a write that failed; only a refusal holds."""
        if error.code != FORBIDDEN:
            return
        self._until = self._clock() + PAUSES[min(self._refusals, len(PAUSES) - 1)]
        self._refusals += 1
        self.trouble = str(error)

    async def stands(self) -> bool:
        """Tell whether to leave the messages where they are; looks at our rights when it is time."""
        if self.trouble is None:
            return False
        if self._clock() < self._until:
            return True
        try:
            await self._check()
        except ClusterError as error:
            if self.trouble != str(error):
                log.error("no message is taken: %s", error)
            self.trouble, self._until = str(error), self._clock() + CHECK_SECONDS
            return True
        self.trouble = None
        log.info("taking messages again")
        return False
