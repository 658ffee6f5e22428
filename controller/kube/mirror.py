"""LIST and WATCH one collection into small values, and notice what vanished meanwhile."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import AsyncExitStack, nullcontext
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from controller.domain.cluster import ClusterError
from controller.kube.api import PAGE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from controller.kube.api import Api

T = TypeVar("T")
log = logging.getLogger(__name__)

GONE = 410
BACKOFF = (0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts while the API server is away; jittered, so that replicas spread."""

SHORT_SECONDS = 5.0
"""A watch that lasted no longer was not worth its name; a good one lasts minutes."""


class Mirror(Generic[T]):
    """A collection as small values by UID, kept up to date.

    After a gap the collection is listed anew and compared, so deletions in the gap are seen too
    (a watch that resumes never tells them). `listen`ers are called with (old, new); None stands for
    "was not there" and "is no more".
    """

    def __init__(
        self,
        api: Api,
        path: str,
        convert: Callable[[Mapping[str, Any]], T],
        *,
        query: Mapping[str, str] | None = None,
        page: int = PAGE,
        opening: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        """Describe it; `opening` is held while it lists and opens its watch, to bound many.

        With a `page` of 0 the list comes whole, out of the API server's cache.
        """
        self._api, self._path, self._convert = api, path, convert
        self._query, self._page = dict(query or {}), page
        self._opening = opening or nullcontext()
        self._listeners: list[Callable[[T | None, T | None], None]] = []
        self._beat: Callable[[], None] = lambda: None
        self.items: dict[str, T] = {}
        self.synced = asyncio.Event()
        self.failing: str | None = None
        self.watching = False
        self._version = ""

    def listen(self, listener: Callable[[T | None, T | None], None]) -> None:
        """Have every change told, in the loop, in order."""
        self._listeners.append(listener)

    def learn(self, uid: str, before: T, after: T) -> None:
        """Take over what the answer to a write of ours says, unless the watch has told more."""
        if self.items.get(uid) == before:
            self._put(uid, after)

    async def run(self, beat: Callable[[], None] = lambda: None) -> None:
        """Mirror for ever; errors of the API server are waited out here."""
        self._beat, self._version = beat, ""
        failures, time = 0, asyncio.get_running_loop().time
        while True:
            self._beat()
            began = time()
            try:
                async with AsyncExitStack() as watch:
                    async with self._opening:
                        self._version = self._version or await self._list()
                        events = await watch.enter_async_context(self._watch())
                    await self._follow(events)
            except ClusterError as error:
                if error.code == GONE:
                    self._version = ""
                else:
                    self._fail(error)
            # What ends at once, in peace or not, would have us spin: it is waited out ever longer.
            failures = failures + 1 if time() - began < SHORT_SECONDS else 0
            pause = BACKOFF[min(failures, len(BACKOFF)) - 1] if failures or self.failing else 0.0
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret

    def _mended(self) -> None:
        if self.failing is not None:
            log.info("watching %s again", self._path)
        self.failing = None

    def _fail(self, error: ClusterError) -> None:
        if self.failing is None:
            log.warning("cannot watch %s: %s", self._path, error)
        self.failing = str(error)

    async def _list(self) -> str:
        """List in pages; apply the difference; return the resourceVersion to watch from."""
        found: dict[str, T] = {}
        version = ""
        query = self._query if self._page else self._query | {"resourceVersion": "0"}
        async for page in self._api.pages(self._path, query, self._page):
            for item in page.get("items") or ():
                found[item["metadata"]["uid"]] = self._convert(item)
            self._beat()
            version = str(page["metadata"]["resourceVersion"])
        for uid in self.items.keys() - found.keys():
            self._put(uid, None)
        for uid, value in found.items():
            self._put(uid, value)
        self.synced.set()
        return version

    def _watch(self) -> AbstractAsyncContextManager[AsyncIterator[dict[str, Any]]]:
        query = self._query | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            # The spread keeps many watches from ending, and starting again, in one moment.
            "timeoutSeconds": str(random.randint(280, 340)),  # noqa: S311 - jitter, no secret
        }
        return self._api.watch(self._path, query)

    async def _follow(self, events: AsyncIterator[dict[str, Any]]) -> None:
        """Follow the watch to its end; what it told before it broke is not asked for again.

        A watch that began anew further back would show pods again that have gone.
        """
        self._mended()
        self.watching = True
        try:
            async for event in events:
                self._beat()
                self._version = self._take(event)
        finally:
            self.watching = False

    def _take(self, event: Mapping[str, Any]) -> str:
        """Work one event of the watch in; return its resourceVersion."""
        item = event["object"]
        if event["type"] == "ERROR":
            raise ClusterError(str(item.get("message")), int(item.get("code") or 0))
        if event["type"] != "BOOKMARK":
            deleted = event["type"] == "DELETED"
            self._put(item["metadata"]["uid"], None if deleted else self._convert(item))
        return str(item["metadata"]["resourceVersion"])

    def _put(self, uid: str, new: T | None) -> None:
        old = self.items.pop(uid, None)
        if new is not None:
            self.items[uid] = new
        if old != new:
            for listener in self._listeners:
                listener(old, new)
