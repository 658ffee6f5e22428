"""The slow look over all records: what a watch missed, and what has had its time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.times import Instant
    from controller.engine.drains import Drains
    from controller.engine.ledger import Ledger
    from controller.engine.letting_go import LettingGo
    from controller.engine.policies import Policies
    from controller.engine.ports import Records
    from controller.engine.reopening import Reopening

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0
MOST_READ = 100
"""Records that are read one by one; more, as at the start, come faster as a list."""


class Sweep:
    """Looks over all our resources; `owns` tells which names this replica is in charge of.

    What is over is looked after by one replica, its owner.
    """

    def __init__(
        self,
        *,
        records: Records,
        ledger: Ledger,
        drains: Drains,
        letting_go: LettingGo,
        policies: Policies,
        reopening: Reopening,
        owns: Callable[[str], bool],
        clock: Callable[[], Instant],
    ) -> None:
        self._records, self._ledger, self._drains = records, ledger, drains
        self._letting_go = letting_go
        self._policies, self._reopening = policies, reopening
        self._owns, self._clock = owns, clock

    async def run(self, beat: Callable[[], None]) -> None:
        """Sweep at once and then every half minute, until cancelled."""
        while True:
            beat()
            try:
                if await self._policies.reload():
                    self._drains.wake_all()
                await self.look()
                ours = [r for r in self._ledger.over() if self._owns(r.name)]
                await self._reopening.look(ours)
                await self._expire(ours)
            except ClusterError as error:
                log.warning("cannot list our own resources: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)

    async def look(self) -> None:
        """Adopt what nobody drains, drop what is gone; raises ClusterError.

        Kopf never tells of objects that were deleted while its watch was down; a list does.
        """
        before = self._ledger.names()
        versions = await self._records.versions()
        for name in before - versions.keys():
            self._drains.drop(name)
            self._letting_go.drop(name)
        news = await self._news(versions)
        for name in versions:
            record = news.get(name) or self._ledger.get(name)
            if record is not None:
                self._drains.adopt(record)
                self._letting_go.adopt(record)

    async def _news(self, versions: Mapping[str, str]) -> dict[str, Interruption]:
        """Read what the watch has not told, or not yet: of a day's records that are over, nothing."""
        unknown = []
        for name, version in versions.items():
            known = self._ledger.get(name)
            if known is None or known.resource_version != version:
                unknown.append(name)
        if len(unknown) > MOST_READ:
            return {record.name: record for record in await self._records.interruptions()}
        found = [await self._records.read(name) for name in unknown]
        return {record.name: record for record in found if record is not None}

    async def _expire(self, ended: Iterable[Interruption]) -> None:
        """Delete what has been over for its time to live, and does not begin again."""
        now = self._clock()
        for record in ended:
            old = now >= (record.finished_at or 0.0) + record.ttl
            if old and self._drains.resumes_at(record) is None:
                await self._records.delete(record)
