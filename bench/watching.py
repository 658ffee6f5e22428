"""One watch on a collection for a whole measurement, so that waiting costs the cluster little."""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING, Any

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hack.cluster import LocalCluster

INTERRUPTIONS = "/apis/spotdrain.io/v1alpha1/nodeinterruptions"
PATIENCE = 90.0

Objects = dict[str, dict[str, Any]]


class Watch:
    """The objects of a collection by name, kept up to date by a thread."""

    def __init__(self, cluster: LocalCluster, path: str = INTERRUPTIONS) -> None:
        """Begin; the thread ends with the cluster, or with this process."""
        self._cluster, self._path = cluster, path
        self._news = threading.Condition()
        self._objects: Objects = {}
        self._ended: Exception | None = None
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, wanted: Callable[[Objects], bool], patience: float = PATIENCE) -> float:
        """Wait until the objects are as wanted; returns when that was seen (epoch seconds).

        Raises HackError when it does not come within `patience` seconds.
        """
        seen = self.wait_for(wanted, patience)
        if seen is None:
            raise HackError(f"{self._path} never became as wanted; see the controller's log.")
        return seen

    def wait_for(self, wanted: Callable[[Objects], bool], seconds: float) -> float | None:
        """Wait likewise, at most so long; None when it did not come."""
        with self._news:
            came = self._news.wait_for(
                lambda: self._ended is not None or wanted(self._objects), seconds
            )
            if self._ended is not None:
                raise HackError(f"{self._path} cannot be watched any more: {self._ended}")
            return time.time() if came else None

    def objects(self) -> Objects:
        """Give all objects as they are now."""
        with self._news:
            return dict(self._objects)

    def _read(self) -> None:
        try:
            while True:
                for found in self._cluster.follow(self._path):
                    with self._news:
                        self._objects[found["metadata"]["name"]] = found
                        self._news.notify_all()
        except (OSError, http.client.HTTPException, HackError, ValueError) as error:
            with self._news:
                self._ended = error
                self._news.notify_all()


def phase(found: Mapping[str, Any] | None) -> str:
    """Read the phase of a NodeInterruption, empty before there is one."""
    return str(((found or {}).get("status") or {}).get("phase", ""))


def blocked(found: Mapping[str, Any] | None) -> int:
    """Read how many pods of a NodeInterruption wait for a budget."""
    return int(((found or {}).get("status") or {}).get("pods", {}).get("blocked", 0))
