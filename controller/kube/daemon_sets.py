"""Which DaemonSets exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.kube.mirror import Mirror

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.kube.api import Api

PATH = "/apis/apps/v1/daemonsets"


class DaemonSets:
    """The UIDs of all DaemonSets; whose owner is none of them is an orphan."""

    def __init__(self, api: Api) -> None:
        self.mirror: Mirror[str] = Mirror(api, PATH, _uid)

    def uids(self) -> frozenset[str] | None:
        """Give the UIDs; None while they are not known for sure.

        What the mirror held before the API server failed is not enough: a DaemonSet that is new
        since would look as if it did not exist, and its pods like orphans.
        """
        if not self.mirror.synced.is_set() or self.mirror.failing is not None:
            return None
        return frozenset(self.mirror.items)


def _uid(obj: Mapping[str, Any]) -> str:
    uid: str = obj["metadata"]["uid"]
    return uid
