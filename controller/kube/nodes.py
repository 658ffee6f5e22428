"""The Node mirror, by instance id and by name, and the writes that we make on a Node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.cluster import CONFLICT, NOT_FOUND, ClusterError
from controller.domain.node import node_from
from controller.kube.api import MERGE_PATCH
from controller.kube.mirror import Mirror

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.node import NodeFacts
    from controller.kube.api import Api

PATH = "/api/v1/nodes"


class Nodes:
    """All Nodes as NodeFacts; no EC2 call is ever needed to find one."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.mirror: Mirror[NodeFacts] = Mirror(api, PATH, node_from)
        self._by_instance: dict[str, NodeFacts] = {}
        self._by_name: dict[str, NodeFacts] = {}
        self.mirror.listen(self._index)

    def _index(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        # A name or an instance may have a new Node before the old one's deletion is told.
        if old:
            for index, key in ((self._by_name, old.name), (self._by_instance, old.instance_id)):
                if key in index and index[key].uid == old.uid:
                    del index[key]
        if new:
            self._by_name[new.name] = new
            if new.instance_id:
                self._by_instance[new.instance_id] = new

    def all(self) -> Iterable[NodeFacts]:
        """Give every node."""
        return self.mirror.items.values()

    def by_instance(self, instance_id: str) -> NodeFacts | None:
        """Look a node up by its EC2 instance id."""
        return self._by_instance.get(instance_id)

    def by_name(self, name: str) -> NodeFacts | None:
        """Look a node up by its name."""
        return self._by_name.get(name)

    async def read(self, name: str) -> NodeFacts | None:
        """Read a node past the mirror; None when there is none of that name."""
        reply = await self._api.request("GET", f"{PATH}/{name}")
        return None if reply.code == NOT_FOUND else node_from(reply.json())

    async def read_all(self) -> list[NodeFacts]:
        """Read all nodes past the mirror; raises ClusterError."""
        pages = self._api.pages(PATH, {})
        return [node_from(item) async for page in pages for item in page.get("items") or ()]

    async def patch(self, node: NodeFacts, patch: Mapping[str, Any]) -> bool:
        """Merge-patch exactly this version of exactly this node; False when it has changed.

        The resourceVersion guards the taints, which are one atomic list: without it we would write
        over a taint that somebody else added meanwhile. Raises ClusterError, 404 when it is gone.
        """
        guard = {"uid": node.uid, "resourceVersion": node.resource_version}
        body = {**patch, "metadata": {**patch.get("metadata", {}), **guard}}
        reply = await self._api.request(
            "PATCH", f"{PATH}/{node.name}", body=body, content_type=MERGE_PATCH
        )
        if reply.code == CONFLICT:
            return False
        if reply.code == NOT_FOUND:
            raise ClusterError(f"node {node.name} is gone", NOT_FOUND)
        # Learn the answer now: the watch tells it a moment later, and who looks at the mirror in
        # between would close the node a second time.
        self.mirror.learn(node.uid, node, node_from(reply.json()))
        return True
