"""What was seen of the objects of one collection, from the beginning of the run: nothing is missed."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hack.cluster.api import Api

PATIENCE = 150.0
"""Seconds until what has to happen counts as never happening: a whole window and some more."""

FOR_EVER = 24 * 3600.0
"""Seconds: the process ends before that. Between two lists what lasts a moment would be missed."""

AWAY_SECONDS = 1.0

PODS = "/api/v1/pods"
NODES = "/api/v1/nodes"
INTERRUPTIONS = "/apis/spotdrain.io/v1alpha1/nodeinterruptions"

Object = dict[str, Any]


class Sightings:
    """Every version of every object of a collection that its watch has shown.

    One thread follows the collection until the process ends; an API server that is away is waited
    for. An object that was deleted stays as it was seen last.
    """

    def __init__(self, api: Api, path: str) -> None:
        """Say what is followed; `path` is the collection's."""
        self._api, self._path = api, path
        self._seen: list[Object] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name=f"sees {path}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    @property
    def count(self) -> int:
        """How much was seen so far: `since` for what is still to come."""
        with self._news:
            return len(self._seen)

    def all(self, since: int = 0) -> list[Object]:
        """List what was seen, in that order."""
        with self._news:
            return self._seen[since:]

    def wait(
        self,
        what: str,
        wanted: Callable[[Mapping[str, Any]], bool],
        *,
        since: int = 0,
        patience: float = PATIENCE,
    ) -> Object:
        """Return the first sighting that is wanted, also one of the past from `since` on.

        `what` names it for the AssertionError that comes with the last sighting if there is none.
        """
        deadline, looked = time.monotonic() + patience, since
        while True:
            with self._news:
                while len(self._seen) <= looked:
                    left = deadline - time.monotonic()
                    last = self._seen[-1] if len(self._seen) > since else None
                    assert left > 0, f"{what} was never seen in {patience:.0f} s; last: {last}"
                    self._news.wait(left)
                found = self._seen[looked]
            looked += 1
            if wanted(found):
                return found

    def _follow(self) -> None:
        while True:
            # What follows an API server that was away begins with the list: what is known already
            # comes once more.
            with suppress(OSError, HTTPException, HackError):
                for found in self._api.follow(self._path, FOR_EVER):
                    with self._news:
                        self._seen.append(found)
                        self._news.notify_all()
            time.sleep(AWAY_SECONDS)
