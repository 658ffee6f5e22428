"""What we know of another replica: its Lease."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class MemberLease:
    """A coordination.k8s.io/v1 Lease of a replica.

    Its times are left out: they are of somebody else's clock. `version` is the resourceVersion; that
    it changes tells that the replica lives.
    """

    name: str
    uid: str
    identity: str
    version: str


def member_from(obj: Mapping[str, Any]) -> MemberLease:
    """Reduce a Lease to its facts."""
    meta, spec = obj.get("metadata") or {}, obj.get("spec") or {}
    return MemberLease(
        name=meta.get("name", ""),
        uid=meta.get("uid", ""),
        identity=spec.get("holderIdentity") or "",
        version=meta.get("resourceVersion", ""),
    )
