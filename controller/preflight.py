"""What has to be right before the first message is taken; asked again until it is."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.domain.message import QueueError
from controller.kube import permissions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.kube.api import Api
    from controller.kube.records import Records

log = logging.getLogger(__name__)

BACKOFF = (0.5, 1.0, 2.0, 5.0)
AGAIN_SECONDS = 300.0


async def until_right(
    check: Callable[[], Awaitable[object]], tell: Callable[[str], object]
) -> None:
    """Check again and again until it succeeds; `tell` gets the sentence of each failure."""
    failures = 0
    while True:
        try:
            await check()
        except (ClusterError, QueueError) as error:
            failures += 1
            tell(str(error))
            longest = BACKOFF[min(failures, len(BACKOFF)) - 1]
            await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311 - no secret
        else:
            return


class Preflight:
    """Checks the cluster; `troubles` are the sentences that /readyz shows.

    A message that is received while nothing can be done about it comes nearer to the dead-letter
    queue each time, so nothing is received before all is well.
    """

    def __init__(self, api: Api, namespace: str, records: Records) -> None:
        self._api, self._namespace, self._records = api, namespace, records
        self.troubles: list[str] = ["starting: the cluster and the queue are not checked yet"]

    async def cluster(self) -> None:
        """Wait until the API server answers, the CRDs are there and RBAC allows our work."""
        await until_right(self.check, self._tell)

    def passed(self) -> None:
        """Have all that belongs to the cluster stand as checked."""
        self.troubles = []

    async def again(self, beat: Callable[[], None]) -> None:
        """Check the cluster now and then: somebody may take away rights, or the CRDs.

        Raises ClusterError; the supervisor starts it again until all is well.
        """
        while True:
            await self.check()
            beat()
            await asyncio.sleep(AGAIN_SECONDS)

    async def loaded(self, load: Callable[[], Awaitable[object]]) -> None:
        """Wait until something that the first message needs has been read."""
        await until_right(load, self._tell)

    async def check(self) -> None:
        """Make sure that RBAC allows our work and the CRDs are there; raises ClusterError."""
        if denied := await permissions.missing(self._api, self._namespace):
            raise ClusterError("; ".join(denied))
        await self._records.check()

    def _tell(self, sentence: str) -> None:
        if self.troubles != [sentence]:
            log.error("not ready: %s", sentence)
        self.troubles = [sentence]
