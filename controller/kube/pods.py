"""The pods of one node, and the calls that ask a pod to leave."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from controller.domain.cluster import ClusterError
from controller.domain.pod import FINISHED_PHASES, pod_from
from controller.domain.resources import requests_of, total
from controller.domain.times import format_rfc3339
from controller.drain.answer import no_answer, read_answer
from controller.drain.history import FORCED_REASON
from controller.kube.api import STRATEGIC_PATCH
from controller.kube.mirror import Mirror

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts
    from controller.domain.resources import Resources
    from controller.domain.times import Instant
    from controller.drain.answer import Answer
    from controller.kube.api import Api

OPENING = 20
"""Nodes whose pods are listed at once. After a restart there may be a thousand: in their order, which
is that of their deadlines, the first is drained before the last is looked at."""


class Pods:
    """Evictions and deletions; each carries the pod's UID and its own time-out."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._opening = asyncio.Semaphore(OPENING)

    def on_node(self, node_name: str) -> Mirror[PodFacts]:
        """Mirror the pods of one node; the first list comes out of the API server's cache."""
        query = {"fieldSelector": f"spec.nodeName={node_name}"}
        return Mirror(
            self._api, "/api/v1/pods", pod_from, query=query, page=0, opening=self._opening
        )

    async def confirm(self, pod: PodFacts) -> bool:
        """Tell whether exactly this pod is still on its node and not stopping.

        A list by name needs no right beside that of the mirror, and is read past the watch cache.
        Raises ClusterError.
        """
        query = {"fieldSelector": f"metadata.name={pod.name},spec.nodeName={pod.node_name}"}
        reply = await self._api.request(
            "GET", f"/api/v1/namespaces/{pod.namespace}/pods", query=query
        )
        found = [item["metadata"] for item in reply.json().get("items") or ()]
        return any(m["uid"] == pod.uid and "deletionTimestamp" not in m for m in found)

    async def requested_on(self, node_name: str) -> Resources:
        """Add up what the pods of a node ask of the scheduler, out of the API server's cache.

        Finished pods hold nothing any more. Raises ClusterError.
        """
        phases = (f"status.phase!={phase}" for phase in sorted(FINISHED_PHASES))
        selector = ",".join((f"spec.nodeName={node_name}", *phases))
        query = {"fieldSelector": selector, "resourceVersion": "0"}
        answer = (await self._api.request("GET", "/api/v1/pods", query=query)).json()
        return total(requests_of(pod.get("spec") or {}) for pod in answer.get("items") or ())

    async def evict(self, pod: PodFacts, grace: int | None) -> Answer:
        """Ask for an eviction: budgets are checked, DisruptionTarget is set by the server."""
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": _options(pod, grace),
        }
        return await self._call("POST", f"{_path(pod)}/eviction", body)

    async def delete(self, pod: PodFacts, grace: int | None) -> Answer:
        """Delete gracefully, past any budget."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **_options(pod, grace)}
        return await self._call("DELETE", _path(pod), body)

    async def mark_disrupted(self, pod: PodFacts, message: str, now: Instant) -> None:
        """Set the DisruptionTarget condition that a plain deletion would leave out.

        Without it a Job with a podFailurePolicy counts our deletion as its own failure (KEP-3329).
        The UID in the patch guards against another pod of the same name.
        """
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": FORCED_REASON,
            "message": message,
            "lastTransitionTime": format_rfc3339(now),
        }
        body = {"metadata": {"uid": pod.uid}, "status": {"conditions": [condition]}}
        reply = await self._api.request(
            "PATCH", f"{_path(pod)}/status", body=body, content_type=STRATEGIC_PATCH
        )
        reply.json()

    async def _call(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        try:
            reply = await self._api.request(method, path, body=body)
        except ClusterError as error:
            return no_answer(str(error))
        return read_answer(reply.code, reply.headers, reply.text)


def _path(pod: PodFacts) -> str:
    return f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}"


def _options(pod: PodFacts, grace: int | None) -> dict[str, Any]:
    options: dict[str, Any] = {"preconditions": {"uid": pod.uid}}
    if grace is not None:
        options["gracePeriodSeconds"] = grace
    return options
