"""Kubernetes Events, one for the same thing in a minute, written in the background."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING, Any

from controller.domain.cluster import ClusterError
from controller.domain.times import format_micro

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.kube.api import Api

log = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0
MOST_WAITING = 1000
COMPONENT = "spotdrain"
DEFAULT_NAMESPACE = "default"
"""Where Events about cluster-scoped objects live, as client-go's recorder puts them."""


class Recorder:
    """Posts events.k8s.io/v1 Events; loses them rather than hold anything up."""

    def __init__(self, api: Api, identity: str, clock: Callable[[], Instant]) -> None:
        self._api, self._identity, self._clock = api, identity, clock
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)
        self._told: dict[tuple[str, str, str], Instant] = {}

    def on_node(self, node_name: str, node_uid: str, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a node."""
        regarding = {"apiVersion": "v1", "kind": "Node", "name": node_name, "uid": node_uid}
        self._offer(regarding, DEFAULT_NAMESPACE, verdict, warning=warning)

    def on_pod(self, pod: PodFacts, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a pod."""
        regarding = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": pod.name,
            "namespace": pod.namespace,
            "uid": pod.uid,
        }
        self._offer(regarding, pod.namespace, verdict, warning=warning)

    async def run(self) -> None:
        """Post what is offered, until cancelled."""
        while True:
            event = await self._waiting.get()
            namespace = event["metadata"]["namespace"]
            path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
            try:
                (await self._api.request("POST", path, body=event)).json()
            except ClusterError as error:
                log.debug("an Event was lost: %s", error)

    def _offer(
        self, regarding: Mapping[str, str], namespace: str, verdict: Verdict, *, warning: bool
    ) -> None:
        now, key = self._clock(), (regarding["uid"], verdict.reason, verdict.message)
        if now < self._told.get(key, float("-inf")) + AGAIN_SECONDS or self._waiting.full():
            return
        self._told = {k: t for k, t in self._told.items() if now < t + AGAIN_SECONDS}
        self._told[key] = now
        self._waiting.put_nowait(
            {
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {"name": _name(regarding["name"]), "namespace": namespace},
                "eventTime": format_micro(now),
                "reportingController": f"{COMPONENT}.io/{COMPONENT}",
                "reportingInstance": self._identity,
                "type": "Warning" if warning else "Normal",
                "reason": verdict.reason,
                "action": "Drain",
                "note": verdict.message[:1024],
                "regarding": dict(regarding),
            }
        )


def _name(regarding: str) -> str:
    """Name an Event as client-go does: the object, a dot, something unique."""
    return f"{regarding[:200]}.{uuid.uuid4().hex[:16]}"
