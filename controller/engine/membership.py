"""The replicas that share the work, and which part of it is ours."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from controller import metrics
from controller.domain.cluster import ClusterError
from controller.domain.ownership import owner_of
from controller.engine.attendance import RENEW_SECONDS, Attendance

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.member import MemberLease
    from controller.domain.times import Instant
    from controller.engine.ports import Leases

log = logging.getLogger(__name__)

FENCE_SECONDS = 5.0
"""Our own Lease counts for less long than it does for the others (6 s): we stop first."""

AGAIN_SECONDS, LOOK_SECONDS = 0.5, 0.5


class Membership:
    """Renews our Lease, watches those of the others, and tells which objects are ours.

    `changed` is called when the answers of `owns` may have changed. `trouble` is the sentence for
    /readyz while our Lease cannot be renewed. `clock` is for the times that are written, `steady`
    for those that are judged.
    """

    def __init__(
        self,
        leases: Leases,
        identity: str,
        clock: Callable[[], Instant],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._leases, self._identity = leases, identity
        self._clock, self._steady = clock, steady
        self._attendance = Attendance(identity)
        self._renewed: float | None = None
        self._left = False
        self._writing = asyncio.Lock()
        self.members: frozenset[str] = frozenset()
        self.trouble: str | None = None
        self.changed: Callable[[], None] = lambda: None
        leases.mirror.listen(self._lease_changed)

    def owns(self, name: str) -> bool:
        """Tell whether an object of this name is ours to act on; nothing is before we have joined."""
        return owner_of(name, self.members) == self._identity

    async def join(self) -> None:
        """Take our place among the replicas; raises ClusterError."""
        await self._renew()

    async def renew(self, beat: Callable[[], None]) -> None:
        """Renew our Lease until cancelled, or until we leave."""
        while not self._left:
            beat()
            began = self._steady()
            try:
                await self._renew()
                # From beginning to beginning: slow answers must not stretch the time in between.
                await asyncio.sleep(max(0.0, began + RENEW_SECONDS - self._steady()))
            except ClusterError as error:
                metrics.lease_renewals.labels("failed").inc()
                self._tell(error)
                await asyncio.sleep(AGAIN_SECONDS)
        await asyncio.Event().wait()

    async def look(self, beat: Callable[[], None]) -> None:
        """Notice until cancelled that somebody's Lease lapses: no event tells that."""
        while True:
            beat()
            self._look()
            await self._clean()
            await asyncio.sleep(LOOK_SECONDS)

    async def leave(self) -> None:
        """Give our place up, so that the others take over at once."""
        self._left = True
        async with self._writing:
            if self._renewed is None:
                return
            self._renewed = None
            try:
                await self._leases.release()
                log.info("released our Lease: other replicas take over")
            except ClusterError as error:
                log.warning("cannot release our Lease, others wait until it lapses: %s", error)
        # Nothing is told of this: the drains go on for the moment until they are stopped.

    async def _renew(self) -> None:
        async with self._writing:
            if self._left:
                return
            began = self._steady()
            await self._leases.renew(self._clock())
            self._renewed = began
        metrics.lease_renewals.labels("ok").inc()
        if self.trouble is not None:
            log.info("renewing our Lease again")
        self.trouble = None
        self._look()

    def _tell(self, error: ClusterError) -> None:
        if self._steady() - (self._renewed or 0.0) <= FENCE_SECONDS:
            return
        if self.trouble is None:
            log.error("cannot renew our Lease: %s", error)
        meanwhile = (
            "no other replica is heard, drains go on here"
            if self._identity in self.members
            else "other replicas drain meanwhile"
        )
        self.trouble = f"cannot renew our Lease, {meanwhile}: {error}"

    def _lease_changed(self, old: MemberLease | None, new: MemberLease | None) -> None:
        if new is not None:
            self._attendance.seen(new.identity, self._steady())
        elif old is not None:
            self._attendance.left(old.identity)
        self._look()

    def _look(self) -> None:
        if self._renewed is None:
            return
        now, before = self._steady(), self.members
        members = self._attendance.alive(now)
        heard = self._attendance.heard(now)
        # Who hears others renew, and cannot do so itself, leaves its share to them. Where nobody is
        # heard, the API server is slow or away for all, or we are alone: to go on without a Lease
        # may ask a pod twice, which does no harm; to stop would leave pods without their SIGTERM.
        if now - self._renewed <= FENCE_SECONDS or not heard:
            members |= {self._identity}
        if members == before:
            return
        self.members = members
        metrics.members.set(len(members))
        log.info(
            "replicas: %s",
            ", ".join(sorted(members)) or "none",
            extra={"joined": sorted(members - before), "gone": sorted(before - members)},
        )
        self.changed()

    async def _clean(self) -> None:
        """Delete the Leases of those that never came back, one a look."""
        forgotten = self._attendance.forgotten(self._steady())
        for lease in self._leases.mirror.items.values():
            if lease.identity in forgotten and self.owns(lease.name):
                try:
                    await self._leases.remove(lease)
                    log.info("deleted the Lease of %s, which is long gone", lease.identity)
                except ClusterError as error:
                    log.debug("cannot delete the Lease %s: %s", lease.name, error)
                return
