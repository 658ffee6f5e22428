"""The instances whose Node was here and is gone, and their policies: events about them come late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.node import NodeFacts
    from controller.domain.policy import Policy

MOST = 10_000


class Departed:
    """The last instances that left, as many as it holds; a restart begins anew."""

    def __init__(self, policy_of: Callable[[NodeFacts], Policy]) -> None:
        self._policy_of = policy_of
        self._policies: dict[str, Policy] = {}

    def node_changed(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Note a Node that came, or that went: then no policy selects it any more."""
        if new is not None:
            self._policies.pop(new.instance_id, None)
        elif old is not None and old.instance_id:
            self._policies[old.instance_id] = self._policy_of(old)
        while len(self._policies) > MOST:
            del self._policies[next(iter(self._policies))]

    def knows(self, instance_id: str) -> bool:
        """Tell whether the instance was a Node here, and is none any more."""
        return instance_id in self._policies

    def policy(self, instance_id: str) -> Policy | None:
        """Give the policy that its Node had when it left."""
        return self._policies.get(instance_id)
