"""The slow look over all records: what a watch missed, and what has had its time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.times import Instant
    from controller.engine.drains import Drains
    from controller.engine.policies import Policies
    from controller.engine.ports import Records

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0


async def sweep_forever(
    records: Records,
    drains: Drains,
    policies: Policies,
    clock: Callable[[], Instant],
    beat: Callable[[], None],
) -> None:
    """Sweep at once and then every half minute, until cancelled."""
    while True:
        beat()
        try:
            if await policies.reload():
                drains.wake_all()
            await sweep(records, drains, clock())
        except ClusterError as error:
            log.warning("cannot list our own resources: %s", error)
        await asyncio.sleep(SWEEP_SECONDS)


async def sweep(records: Records, drains: Drains, now: Instant) -> None:
    """Adopt what nobody drains, drop what is gone, delete what has been over long enough.

    Kopf never tells of objects that were deleted while its watch was down, and a time to live is
    nobody's event; a list tells both.
    """
    before = drains.names()
    found = await records.interruptions()
    for name in before - {record.name for record in found}:
        drains.drop(name)
    for record in found:
        drains.adopt(record)
        if record.over and now >= (record.finished_at or 0.0) + record.ttl:
            await records.delete(record)
