"""NodeInterruption and SpotPolicy objects: read, create, patch, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.cluster import CONFLICT, NOT_FOUND, ClusterError
from controller.domain.interruption_object import API_VERSION, interruption_from
from controller.kube.api import MERGE_PATCH, METADATA_LIST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.interruption import Interruption
    from controller.kube.api import Api

BASE = f"/apis/{API_VERSION}"
INTERRUPTIONS = f"{BASE}/nodeinterruptions"
POLICIES = f"{BASE}/spotpolicies"
VERSIONS_PAGE = 500


class Records:
    """Our own resources; every call raises ClusterError with the server's words."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(self, manifest: Mapping[str, Any]) -> Interruption | None:
        """Create a NodeInterruption; None when one of that name exists: the deduplication."""
        reply = await self._api.request("POST", INTERRUPTIONS, body=manifest)
        return None if reply.code == CONFLICT else interruption_from(reply.json())

    async def read(self, name: str) -> Interruption | None:
        """Read a NodeInterruption; None when it is gone."""
        reply = await self._api.request("GET", f"{INTERRUPTIONS}/{name}")
        return None if reply.code == NOT_FOUND else interruption_from(reply.json())

    async def interruptions(self) -> list[Interruption]:
        """List all NodeInterruptions, of which one with the way of 30 pods has 12 KB."""
        pages = self._api.pages(INTERRUPTIONS, {})
        return [interruption_from(item) async for page in pages for item in page["items"]]

    async def versions(self) -> dict[str, str]:
        """Give the resourceVersion of each NodeInterruption by its name, without the rest of it."""
        pages = self._api.pages(INTERRUPTIONS, {}, VERSIONS_PAGE, accept=METADATA_LIST)
        # Of none the API server says null, where it says [] of whole objects.
        found = [item["metadata"] async for page in pages for item in page["items"] or ()]
        return {meta["name"]: meta["resourceVersion"] for meta in found}

    async def update(self, record: Interruption, spec: Mapping[str, Any]) -> Interruption | None:
        """Merge into the spec of exactly this version; None when it has changed meanwhile."""
        body = {"metadata": {"resourceVersion": record.resource_version}, "spec": spec}
        reply = await self._api.request(
            "PATCH", f"{INTERRUPTIONS}/{record.name}", body=body, content_type=MERGE_PATCH
        )
        return None if reply.code == CONFLICT else interruption_from(reply.json())

    async def write_status(
        self, record: Interruption, status: Mapping[str, Any]
    ) -> Interruption | None:
        """Merge into the status of exactly this version of this object.

        None when somebody has written it meanwhile, when it is gone, or another one has its name.
        """
        guard = {"uid": record.uid, "resourceVersion": record.resource_version}
        reply = await self._api.request(
            "PATCH",
            f"{INTERRUPTIONS}/{record.name}/status",
            body={"metadata": guard, "status": status},
            content_type=MERGE_PATCH,
        )
        return None if reply.code in {NOT_FOUND, CONFLICT} else interruption_from(reply.json())

    async def delete(self, record: Interruption) -> None:
        """Delete exactly this version of this NodeInterruption; one that is gone or newer is fine.

        What is newer may have a notice that came this moment.
        """
        guard = {"uid": record.uid, "resourceVersion": record.resource_version}
        body = {"preconditions": guard}
        reply = await self._api.request("DELETE", f"{INTERRUPTIONS}/{record.name}", body=body)
        if reply.code not in {NOT_FOUND, CONFLICT}:
            reply.json()

    async def policies(self) -> list[Mapping[str, Any]]:
        """List all SpotPolicy objects."""
        answer = (await self._api.request("GET", POLICIES, seconds=30)).json()
        found: list[Mapping[str, Any]] = answer["items"]
        return found

    async def write_policy_status(self, name: str, status: Mapping[str, Any]) -> None:
        """Merge into a SpotPolicy's status; one that is gone is fine."""
        reply = await self._api.request(
            "PATCH", f"{POLICIES}/{name}/status", body={"status": status}, content_type=MERGE_PATCH
        )
        if reply.code != NOT_FOUND:
            reply.json()

    async def check(self) -> None:
        """Make sure that the CRDs are installed; raise ClusterError with what to do.

        A missing CRD answers 404 for its whole collection.
        """
        for path in (INTERRUPTIONS, POLICIES):
            reply = await self._api.request("GET", path, query={"limit": "1"})
            if reply.code == NOT_FOUND:
                kind = path.rsplit("/", 1)[1]
                raise ClusterError(
                    f"the CRD {kind}.spotdrain.io is not installed: run `kubectl apply -f crds/`",
                    NOT_FOUND,
                )
            reply.json()
