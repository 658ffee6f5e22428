"""Repeat a write that the API server had no strength for, while its message is ours."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from controller.domain.cluster import ClusterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

TOO_MANY, SERVER_ERROR = 429, 500
BACKOFF = (0.2, 0.5, 1.0, 2.0)

PATIENCE_SECONDS = 7.0
"""Less than a message is hidden for (10 s): waiting for it to come again would take longer."""


async def patiently(write: Callable[[], Awaitable[T]]) -> T:
    """Make a write; again and again where nobody answered, or the server was too busy.

    Raises ClusterError for what somebody refused, and after some seconds for everything else.
    """
    loop = asyncio.get_running_loop()
    until, failures = loop.time() + PATIENCE_SECONDS, 0
    while True:
        try:
            return await write()
        except ClusterError as error:
            pause = BACKOFF[min(failures, len(BACKOFF) - 1)]
            failures += 1
            passing = error.code in {0, TOO_MANY} or error.code >= SERVER_ERROR
            if not passing or loop.time() + pause > until:
                raise
        await asyncio.sleep(pause)
