"""Reads the NodeInterruptions of the cluster as they change."""

from __future__ import annotations

import http.client
import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hack.demo.views import view_of
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hack.demo.views import NodeView

COLLECTION = "/apis/spotdrain.io/v1alpha1/nodeinterruptions"


class Watch:
    """All NodeInterruptions, kept up to date by a thread that lists and watches them."""

    def __init__(self, follow: Callable[[str], Iterator[dict[str, Any]]]) -> None:
        """Begin to watch; `follow` is LocalCluster's."""
        self._follow = follow
        self._changes: queue.SimpleQueue[Mapping[str, Any] | Exception] = queue.SimpleQueue()
        self._views: dict[str, NodeView] = {}
        # It ends with the cluster, or else with this process: a watch cannot be interrupted.
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, seconds: float) -> list[NodeView]:
        """Wait for a change, `seconds` at most; return all interruptions as they are with it.

        Several that came meanwhile are given one after the other: a phase that was short is shown
        too. Raises HackError when the API server cannot be watched any more.
        """
        with suppress(queue.Empty):
            self._take(self._changes.get(timeout=seconds))
        return sorted(self._views.values(), key=lambda view: (view.pool, view.node))

    def _take(self, change: Mapping[str, Any] | Exception) -> None:
        if isinstance(change, Exception):
            raise HackError(f"The NodeInterruptions cannot be watched any more: {change}")
        if change.get("kind", "NodeInterruption") == "NodeInterruption":
            self._views[change["metadata"]["name"]] = view_of(change)

    def _read(self) -> None:
        try:
            while True:
                for item in self._follow(COLLECTION):
                    self._changes.put(item)
        except (OSError, http.client.HTTPException, HackError, ValueError) as error:
            self._changes.put(error)
