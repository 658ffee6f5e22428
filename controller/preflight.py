"""What has to be right before the first message is taken; asked again until it is."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.domain.message import QueueError
from controller.kube import permissions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.aws.queue import SqsQueue
    from controller.kube.api import Api
    from controller.kube.records import Records

log = logging.getLogger(__name__)

BACKOFF = (0.5, 1.0, 2.0, 5.0)
AGAIN_SECONDS = 60.0


class Preflight:
    """Checks the cluster and the queue; `troubles` are the sentences that /readyz shows.

    A message that is received while nothing can be done about it comes nearer to the dead-letter
    queue each time, so nothing is received before all is well.
    """

    def __init__(self, api: Api, namespace: str, records: Records, queue: SqsQueue) -> None:
        self._api, self._namespace = api, namespace
        self._records, self._queue = records, queue
        self.troubles: list[str] = ["starting: the cluster and the queue are not checked yet"]

    async def cluster(self) -> None:
        """Wait until the API server answers, the CRDs are there and RBAC allows our work."""
        await self._until_right(self.check)

    async def queue(self) -> None:
        """Wait until the queue answers; its settings are told as warnings."""
        await self._until_right(self._check_queue)
        self.troubles = []

    async def again(self, beat: Callable[[], None]) -> None:
        """Check the cluster once a minute: somebody may take away rights, or the CRDs.

        Raises ClusterError; the supervisor starts it again until all is well.
        """
        while True:
            await self.check()
            beat()
            await asyncio.sleep(AGAIN_SECONDS)

    async def loaded(self, load: Callable[[], Awaitable[object]]) -> None:
        """Wait until something that the first message needs has been read."""
        await self._until_right(load)

    async def check(self) -> None:
        """Make sure that RBAC allows our work and the CRDs are there; raises ClusterError."""
        if denied := await permissions.missing(self._api, self._namespace):
            raise ClusterError("; ".join(denied))
        await self._records.check()

    async def _check_queue(self) -> None:
        for warning in await self._queue.check():
            log.warning("%s", warning)

    async def _until_right(self, check: Callable[[], Awaitable[object]]) -> None:
        failures = 0
        while True:
            try:
                await check()
            except (ClusterError, QueueError) as error:
                failures += 1
                if self.troubles != [str(error)]:
                    log.error("not ready: %s", error)
                self.troubles = [str(error)]
                await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF)) - 1])
            else:
                return
