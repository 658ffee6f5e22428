"""The Leases by which replicas know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.cluster import CONFLICT, NOT_FOUND
from controller.domain.member import member_from
from controller.domain.times import format_micro
from controller.kube.api import MERGE_PATCH
from controller.kube.mirror import Mirror

if TYPE_CHECKING:
    from controller.domain.member import MemberLease
    from controller.domain.times import Instant
    from controller.kube.api import Api

API_VERSION = "coordination.k8s.io/v1"
LABEL = "spotdrain.io/member"
PREFIX = "spotdrain-member-"
LEASE_SECONDS = 6

CALL_SECONDS = 5.0
"""A renewal that is answered later proves nothing to us: our own Lease has run out by then
(`engine.membership.FENCE_SECONDS`). An answer that is only slow must not be given up, or a slow API
server takes the Leases of all. It never waits behind the calls of drains, for what they wait for
may be long."""


class Leases:
    """All replicas' Leases in one namespace, mirrored, and the writes on our own."""

    def __init__(self, api: Api, namespace: str, identity: str) -> None:
        self._api, self._namespace, self._identity = api, namespace, identity
        self._path = f"/apis/{API_VERSION}/namespaces/{namespace}/leases"
        self._query = {"labelSelector": f"{LABEL}=true"}
        self.mirror: Mirror[MemberLease] = Mirror(
            api, self._path, member_from, query=self._query, page=0
        )

    async def read(self) -> list[MemberLease]:
        """List the replicas' Leases past the mirror; raises ClusterError."""
        answer = (await self._api.request("GET", self._path, query=self._query)).json()
        return [member_from(item) for item in answer.get("items") or ()]

    async def renew(self, now: Instant) -> None:
        """Renew our Lease, or create it; raises ClusterError when that does not succeed at once."""
        times = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": format_micro(now),
        }
        reply = await self._api.request(
            "PATCH",
            f"{self._path}/{self._name}",
            body={"spec": times},
            content_type=MERGE_PATCH,
            seconds=CALL_SECONDS,
            aside=True,
        )
        if reply.code == NOT_FOUND:
            body = {
                "apiVersion": API_VERSION,
                "kind": "Lease",
                "metadata": {
                    "name": self._name,
                    "namespace": self._namespace,
                    "labels": {LABEL: "true"},
                },
                "spec": {**times, "acquireTime": times["renewTime"]},
            }
            reply = await self._api.request(
                "POST", self._path, body=body, seconds=CALL_SECONDS, aside=True
            )
        reply.json()

    async def release(self) -> None:
        """Take our Lease away, so that others take over at once; raises ClusterError."""
        reply = await self._api.request(
            "DELETE", f"{self._path}/{self._name}", seconds=CALL_SECONDS, aside=True
        )
        if reply.code != NOT_FOUND:
            reply.json()

    async def remove(self, lease: MemberLease) -> None:
        """Delete the Lease of a replica that is long gone, unless it has renewed meanwhile."""
        guard = {"uid": lease.uid, "resourceVersion": lease.version}
        reply = await self._api.request(
            "DELETE", f"{self._path}/{lease.name}", body={"preconditions": guard}
        )
        if reply.code not in {NOT_FOUND, CONFLICT}:
            reply.json()

    @property
    def _name(self) -> str:
        return f"{PREFIX}{self._identity}"
