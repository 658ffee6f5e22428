"""Every NodeInterruption of the cluster, as it was last seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.interruption import is_older

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption


class Ledger:
    """The records by name: ours and those that other replicas drain."""

    def __init__(self) -> None:
        self._records: dict[str, Interruption] = {}

    def put(self, record: Interruption) -> bool:
        """Keep a sight of a record unless a newer one is known; tells whether it is a new record."""
        known = self._records.get(record.name)
        same = known is not None and known.uid == record.uid
        if known and same and is_older(record.resource_version, known.resource_version):
            return False
        # What is over is kept for a day, and nobody reads its history here.
        slim = replace(record, timeline=(), conditions=()) if record.over else record
        self._records[record.name] = slim
        return not same

    def get(self, name: str) -> Interruption | None:
        """Look a record up; None when there is none, or none was seen yet."""
        return self._records.get(name)

    def drop(self, name: str) -> None:
        """Forget a record that was deleted."""
        self._records.pop(name, None)

    def names(self) -> set[str]:
        """List all records."""
        return set(self._records)

    def over(self) -> list[Interruption]:
        """List what has ended."""
        return [record for record in self._records.values() if record.over]

    def open(self) -> list[Interruption]:
        """List what is not over, whichever replica drains it; the earliest deadline comes first."""
        never = float("inf")
        found = [record for record in self._records.values() if not record.over and record.notices]
        return sorted(found, key=lambda r: (r.deadline or never, r.noticed_at))
