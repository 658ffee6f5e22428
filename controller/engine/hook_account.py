"""Writes into the status of an interruption which lifecycle actions have ended, and what is amiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.domain.condition import condition
from controller.domain.lifecycle import CONDITION
from controller.drain.letting_go import others

if TYPE_CHECKING:
    from collections.abc import Collection

    from controller.domain.interruption import Interruption
    from controller.domain.verdict import Verdict
    from controller.engine.ledger import Ledger
    from controller.engine.world import World

TRIES = 5


class HookAccount:
    """Each write is over a known version: no writer of a status loses what another one told."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world, self._ledger = world, ledger

    async def write(
        self,
        record: Interruption,
        ended: Collection[str],
        verdict: Verdict | None,
        *,
        holds: bool | None,
    ) -> bool:
        """Write the ids of notices whose action has ended, and the condition; None leaves it.

        Returns False when the interruption is gone. Raises ClusterError.
        """
        if _says(record, ended, verdict, holds=holds):
            return True
        for _ in range(TRIES):
            known = await self._world.records.read(record.name)
            if known is None or known.uid != record.uid:
                return False
            # Another replica has told it, maybe with the better word: completed, not over.
            if _says(known, ended, verdict, holds=holds) or _knows(known, ended):
                self._ledger.put(known)
                return True
            status = self._status(known, ended, verdict, holds=holds)
            written = await self._world.records.write_status(known, status)
            if written is not None:
                self._ledger.put(written)
                return True
        raise ClusterError(f"NodeInterruption {record.name} changed under {TRIES} writes", 409)

    def _status(
        self,
        known: Interruption,
        ended: Collection[str],
        verdict: Verdict | None,
        *,
        holds: bool | None,
    ) -> dict[str, object]:
        status: dict[str, object] = {}
        if ended:
            status["completedHooks"] = list(dict.fromkeys([*known.completed_hooks, *ended]))
        if verdict is not None:
            told = condition(known.conditions, CONDITION, verdict, self._world.clock(), holds=holds)
            status["conditions"] = [*others(known.conditions), told]
        return status


def _knows(record: Interruption, ended: Collection[str]) -> bool:
    return bool(ended) and set(ended) <= set(record.completed_hooks)


def _says(
    record: Interruption, ended: Collection[str], verdict: Verdict | None, *, holds: bool | None
) -> bool:
    """Tell whether the status says all that already."""
    if not set(ended) <= set(record.completed_hooks):
        return False
    if verdict is None:
        return True
    (told,) = [condition((), CONDITION, verdict, 0.0, holds=holds)]
    said = record.lifecycle or {}
    return all(said.get(key) == told[key] for key in ("status", "reason", "message"))
