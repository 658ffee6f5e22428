"""The VolumeAttachment mirror, by node."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from controller.domain.attachment import attachment_from
from controller.kube.mirror import Mirror

if TYPE_CHECKING:
    from controller.domain.attachment import AttachmentFacts
    from controller.kube.api import Api

PATH = "/apis/storage.k8s.io/v1/volumeattachments"


class Attachments:
    """Which volumes each node's instance holds.

    Not taken from the node's `status.volumesAttached`: the attach-detach controller takes a volume
    out of that before it asks the driver to detach it. A VolumeAttachment goes when that is done.
    """

    def __init__(self, api: Api) -> None:
        self.mirror: Mirror[AttachmentFacts] = Mirror(api, PATH, attachment_from)
        self._by_node: defaultdict[str, set[str]] = defaultdict(set)
        self.mirror.listen(self._index)

    def on_node(self, node_name: str) -> tuple[str, ...] | None:
        """Name the volumes of a node in the order of their names; None before they are known."""
        if not self.mirror.synced.is_set():
            return None
        return tuple(sorted(self._by_node.get(node_name, ())))

    def _index(self, old: AttachmentFacts | None, new: AttachmentFacts | None) -> None:
        # A volume is attached to a node at most once.
        if old:
            self._by_node[old.node_name].discard(old.volume)
            if not self._by_node[old.node_name]:
                del self._by_node[old.node_name]
        if new:
            self._by_node[new.node_name].add(new.volume)
