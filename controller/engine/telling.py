"""Tells the Events of one drain, each of them once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.drain.tidings import events_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.drain.progress import Progress
    from controller.engine.world import World


class Teller:
    """Remembers what was told; a process that starts in mid-drain is refused what was told before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told: set[tuple[object, ...]] = set()

    def tell(self, progress: Progress, counts: Mapping[str, int]) -> None:
        """Tell what is new since the last time."""
        spaces = {passage.pod.partition("/")[0] for passage in progress.passages.values()}
        budgets = {budget.key: budget for budget in self._world.budgets.in_namespaces(spaces)}
        for event in events_of(progress, counts, budgets):
            identity = (event.key, event.related)
            if identity not in self._told:
                self._told.add(identity)
                self._world.recorder.tell(event)
