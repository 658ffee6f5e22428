"""Kubernetes Events, the same thing once with a count, written in the background."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from controller.domain.cluster import CONFLICT, NOT_FOUND, ClusterError
from controller.domain.event import Event, budget_reference, node_reference, pod_reference
from controller.domain.times import format_micro
from controller.kube.api import MERGE_PATCH
from controller.kube.series import Book

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.budget import BudgetFacts
    from controller.domain.event import Reference
    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.kube.api import Api
    from controller.kube.series import Series

log = logging.getLogger(__name__)

MOST_WAITING = 1000
MAX_NOTE = 1024
COMPONENT = "spotdrain"
DEFAULT_NAMESPACE = "default"
"""Where Events about cluster-scoped objects live, as client-go's recorder puts them."""


class Recorder:
    """Posts events.k8s.io/v1 Events; loses them rather than hold anything up."""

    def __init__(self, api: Api, identity: str, clock: Callable[[], Instant]) -> None:
        self._api, self._identity, self._clock = api, identity, clock
        self._waiting: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MOST_WAITING)
        self._book = Book()

    def on_node(self, node_name: str, node_uid: str, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a node."""
        self.tell(Event(node_reference(node_name, node_uid), verdict, warning))

    def on_pod(self, pod: PodFacts, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a pod."""
        self.tell(Event(pod_reference(pod.key, pod.uid), verdict, warning))

    def on_budget(self, budget: BudgetFacts, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a PodDisruptionBudget."""
        self.tell(Event(budget_reference(budget), verdict, warning))

    def tell(self, event: Event) -> None:
        """Have an Event sent soon, or one that was sent counted up; too many are dropped."""
        if self._waiting.full():
            return
        now = self._clock()
        namespace = event.regarding.namespace or DEFAULT_NAMESPACE
        series = self._book.enter(event, namespace, now)
        # None has the loop look when the next count is to be written.
        self._waiting.put_nowait(self._manifest(event, series, now) if series else None)

    async def run(self) -> None:
        """Send what is told, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._pause()):
                    manifest = await self._waiting.get()
            except TimeoutError:
                manifest = None
            if manifest is not None:
                await self._post(manifest)
            for series in self._book.due(self._clock()):
                await self._count(series)

    def _pause(self) -> float | None:
        due = self._book.next_due()
        return None if due is None else max(0.0, due - self._clock())

    async def _post(self, manifest: dict[str, Any]) -> None:
        path = _path(manifest["metadata"]["namespace"])
        # A conflict: told before a restart of ours, or by another replica.
        await self._send("POST", path, manifest, "application/json", fine=CONFLICT)

    async def _count(self, series: Series) -> None:
        body = {"series": {"count": series.count, "lastObservedTime": format_micro(series.last)}}
        path = f"{_path(series.namespace)}/{series.name}"
        # Not found: Events live for an hour.
        await self._send("PATCH", path, body, MERGE_PATCH, fine=NOT_FOUND)

    async def _send(
        self, method: str, path: str, body: dict[str, Any], content_type: str, fine: int
    ) -> None:
        try:
            reply = await self._api.request(method, path, body=body, content_type=content_type)
            if reply.code != fine:
                reply.json()
        except ClusterError as error:
            log.debug("an Event was lost: %s", error)

    def _manifest(self, event: Event, series: Series, now: Instant) -> dict[str, Any]:
        manifest = {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": series.name, "namespace": series.namespace},
            "eventTime": format_micro(now),
            "reportingController": f"{COMPONENT}.io/{COMPONENT}",
            "reportingInstance": self._identity,
            "type": "Warning" if event.warning else "Normal",
            "reason": event.verdict.reason,
            "action": "Drain",
            "note": event.verdict.message[:MAX_NOTE],
            "regarding": _to(event.regarding),
        }
        return manifest | {"related": _to(event.related)} if event.related else manifest


def _path(namespace: str) -> str:
    return f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"


def _to(reference: Reference) -> dict[str, str]:
    written = {
        "apiVersion": reference.api_version,
        "kind": reference.kind,
        "name": reference.name,
        "uid": reference.uid,
    }
    return written | {"namespace": reference.namespace} if reference.namespace else written
