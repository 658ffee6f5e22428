"""Writes one status beside other replicas: over exactly the version that is known, or not at all."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller import metrics
from controller.domain.interruption import is_older
from controller.drain.history import merged
from controller.drain.report import status_of
from controller.drain.timeline import passages_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption
    from controller.domain.times import Instant
    from controller.drain.history import Passage
    from controller.drain.progress import Progress
    from controller.engine.world import World

log = logging.getLogger(__name__)

CONFLICT_TRIES = 3
MICROSECOND = 2e-6


class StatusWriter:
    """The status of one interruption, with what another replica has told of it.

    For a moment two replicas may drain one node: neither loses what the other one told, and only
    one tells the end. `written` is the status that was written last.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.written: dict[str, Any] = {}
        self._passages: Mapping[str, Passage] = {}
        self.closed = False
        self._conditions: tuple[Mapping[str, Any], ...] = ()
        self._known: Interruption | None = None
        self._theirs: dict[str, Passage] = {}
        self._began: Instant | None = None

    def told(self, progress: Progress) -> Progress:
        """Add what another replica has told of this interruption."""
        record = progress.record
        began = [at for at in (record.started_at, self._began) if at is not None]
        record = replace(
            record,
            conditions=self._conditions or record.conditions,
            started_at=min(began, default=None),
            # Of exactly the version that will be written over: it has a writer of its own.
            lifecycle=self._base(record).lifecycle,
        )
        return replace(progress, record=record, passages=merged(progress.passages, self._theirs))

    async def write(self, progress: Progress) -> bool:
        """Write; tells whether it succeeded, and closes if another replica has written an end.

        What is written already is not written again. Raises ClusterError.
        """
        for _ in range(CONFLICT_TRIES):
            base, told = self._base(progress.record), self.told(progress)
            status = status_of(told, self._world.clock())
            # They keep the times of the transitions told before.
            self._conditions = tuple(status["conditions"])
            slim = {key: value for key, value in status.items() if key != "timeline"}
            if slim == self.written and told.passages == self._passages:
                return True
            written = await self._world.records.write_status(base, status)
            if written is None:
                written = await self._catch_up(progress)
            if written is not None:
                self._known = replace(written, timeline=())
                self.written, self._passages = slim, told.passages
                metrics.status_writes.labels("ok").inc()
                return True
            if self.closed:
                return False
        return False

    def _base(self, record: Interruption) -> Interruption:
        """Choose the newest version that we know of: the drain's, or the one written last."""
        known = self._known
        if known is None or is_older(known.resource_version, record.resource_version):
            return record
        return known

    async def _catch_up(self, progress: Progress) -> Interruption | None:
        """Read what another replica, or a new notice, has made of the object meanwhile.

        Returns it if it has our own end: a write whose answer was lost.
        """
        record = progress.record
        metrics.status_writes.labels("conflict").inc()
        found = await self._world.records.read(record.name)
        if found is not None and found.over and _same(found.finished_at, progress.finished_at):
            return found
        if found is None or found.uid != record.uid or found.over:
            log.info("%s is over: another replica has told its end", record.name)
            self.closed = True
            return None
        self._known = found
        # What an earlier end told is no part of this drain.
        if not found.phase.over:
            self._theirs = merged(self._theirs, passages_from(found.timeline))
            self._began = found.started_at
        return None


def _same(one: Instant | None, other: Instant | None) -> bool:
    """Compare an instant with what became of it as a text of microseconds."""
    return one is not None and other is not None and abs(one - other) < MICROSECOND
