"""The instances whose Node was here and is gone: events about them come late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.node import NodeFacts

MOST = 10_000


class Departed:
    """The last instances that left, as many as it holds; a restart begins anew."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._instances: dict[str, None] = {}

    def node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Note a Node that came or went."""
        if new is not None:
            self._instances.pop(new.instance_id, None)
        elif old is not None and old.instance_id:
            self._instances[old.instance_id] = None
        while len(self._instances) > self._most:
            del self._instances[next(iter(self._instances))]

    def knows(self, instance_id: str) -> bool:
        """Tell whether the instance was a Node here, and is none any more."""
        return instance_id in self._instances
