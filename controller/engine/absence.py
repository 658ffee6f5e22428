"""Waiting until no replica is left: for what must not be done beside a running controller."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.engine.attendance import LAPSE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from controller.domain.member import MemberLease

LOOK_SECONDS = 0.5
LAST_WRITES_SECONDS = 2.0
"""A replica takes its Lease away first, so that others take over, and has stopped a moment later."""


class Absence:
    """Looks at the Leases of all replicas until none is alive.

    `read` lists them; `steady` is a monotonic clock in seconds. Whoever watches others renew has a
    Lease of its own to judge by (`engine.attendance`); here one counts as alive for as long after its
    last change as a Lease lasts.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[MemberLease]]],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._steady = read, steady
        self._seen: dict[str, tuple[str, float]] = {}

    async def wait(self, patience: float, waiting: Callable[[frozenset[str]], None]) -> None:
        """Return when no replica is alive; `waiting` is told who is, whenever that changes.

        Raises ClusterError when one still lives after `patience` seconds.
        """
        until, told = self._steady() + patience, frozenset[str]()
        while alive := await self._alive():
            if self._steady() >= until:
                raise ClusterError(
                    f"spotdrain still runs ({', '.join(sorted(alive))}) and would close the nodes"
                    " again: uninstall it first, or scale its Deployment to 0"
                )
            if alive != told:
                told = alive
                waiting(alive)
            await asyncio.sleep(LOOK_SECONDS)
        if told:
            await asyncio.sleep(LAST_WRITES_SECONDS)

    async def _alive(self) -> frozenset[str]:
        leases, before = await self._read(), self._seen
        now, self._seen = self._steady(), {}
        for lease in leases:
            version, since = before.get(lease.name, ("", now))
            self._seen[lease.name] = lease.version, since if version == lease.version else now
        return frozenset(
            lease.identity for lease in leases if now - self._seen[lease.name][1] <= LAPSE_SECONDS
        )
