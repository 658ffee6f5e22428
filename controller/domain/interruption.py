"""The NodeInterruption: everything that is durable about the end of one instance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from controller.domain.notice import Kind
from controller.domain.notice_entry import notice_from, notice_to
from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.notice import Notice
    from controller.domain.times import Instant

GROUP, VERSION = "spotdrain.io", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
DEFAULT_TTL = 86_400

_FOLLOWS = frozenset({Kind.STATE_CHANGE, Kind.LIFECYCLE_TERMINATION})


class Phase(StrEnum):
    """Where an interruption stands."""

    PENDING = "Pending"
    FENCED = "Fenced"
    DRAINING = "Draining"
    DRAINED = "Drained"
    FINISHED = "Finished"
    EXPIRED = "Expired"
    CANCELLED = "Cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing will be done any more unless a new notice comes."""
        return self in {Phase.FINISHED, Phase.EXPIRED, Phase.CANCELLED}


@dataclass(frozen=True, slots=True)
class Interruption:
    """One NodeInterruption as read from the API server.

    `finished_at` and `phase` come from the status; the rest of the status is written, never read:
    after a restart the drain is worked out anew from the pods and the clock. `terminated_at` is
    when the instance was off, once EC2 has said so.
    """

    instance_id: str
    node_name: str
    node_uid: str
    notices: tuple[Notice, ...]
    name: str = ""
    uid: str = ""
    resource_version: str = ""
    ttl: int = DEFAULT_TTL
    phase: Phase = Phase.PENDING
    started_at: Instant | None = None
    finished_at: Instant | None = None
    terminated_at: Instant | None = None
    observed_notices: int = 0
    conditions: tuple[Mapping[str, Any], ...] = ()
    timeline: tuple[Mapping[str, Any], ...] = ()

    @property
    def valid(self) -> tuple[Notice, ...]:
        """The notices that nothing has taken back: of each subject the newest, unless withdrawn."""
        last: dict[str, Notice] = {}
        for notice in sorted(self.notices, key=lambda n: (n.time, n.withdrawn)):
            last[notice.subject or notice.id] = notice
        return tuple(n for n in self.notices if n is last[n.subject or n.id] and not n.withdrawn)

    @property
    def withdrawn(self) -> bool:
        """Whether everything that was announced has been taken back."""
        return bool(self.notices) and not self.valid

    @property
    def standing(self) -> tuple[Notice, ...]:
        """The notices that still count: a newer one tells that the instance outlived a deadline.

        So does a real notice after a drill on the same instance, and a state in which the instance
        lives. What follows from an end does not: that it shuts down, that its group lets it go.
        """
        valid = self.valid
        alive = (n.time for n in valid if n.living or n.kind not in _FOLLOWS)
        newest = max(alive, default=0.0)
        ends = (n for n in valid if not n.living)
        return tuple(
            n for n in ends if n.deadline is None or n.deadline > newest or n.time >= newest
        )

    @property
    def deadline(self) -> Instant | None:
        """When the instance goes: the earliest announced moment; None while nothing is announced."""
        return min((n.deadline for n in self.standing if n.deadline is not None), default=None)

    @property
    def kind(self) -> Kind:
        """The gravest kind among the notices: an interruption upgrades a rebalance in place."""
        kinds = (n.kind for n in self.standing)
        return min(kinds, key=lambda kind: kind.gravity, default=Kind.REBALANCE)

    @property
    def noticed_at(self) -> Instant:
        """The time of the newest notice."""
        return max((n.time for n in self.notices), default=0.0)

    @property
    def over(self) -> bool:
        """Whether it has ended and every notice that came was known at that end.

        Counted, not compared by time: a notice may come after the end and have been sent before it.
        """
        return self.phase.over and len(self.notices) <= self.observed_notices

    def reopened(self) -> Interruption:
        """Begin again after an end: what a new notice finds has no history yet."""
        return replace(
            self, phase=Phase.PENDING, started_at=None, finished_at=None, conditions=(), timeline=()
        )

    def knows(self, notice: Notice) -> bool:
        """Tell whether this very event was recorded before."""
        return any(n.id == notice.id for n in self.notices)


def is_older(version: str, other: str) -> bool:
    """Compare two resourceVersions of one object; they are growing numbers (KEP-5504)."""
    return version.isdecimal() and other.isdecimal() and int(version) < int(other)


def interruption_from(obj: Mapping[str, Any]) -> Interruption:
    """Read a NodeInterruption object; notices of unknown kinds are left out."""
    meta, spec, status = obj.get("metadata") or {}, obj.get("spec") or {}, obj.get("status") or {}
    instance_id = spec.get("instanceID", "")
    notices = (notice_from(entry, instance_id) for entry in spec.get("notices") or ())
    return Interruption(
        instance_id=instance_id,
        node_name=spec.get("nodeName", ""),
        node_uid=spec.get("nodeUID", ""),
        notices=tuple(n for n in notices if n is not None),
        name=meta.get("name", ""),
        uid=meta.get("uid", ""),
        resource_version=meta.get("resourceVersion", ""),
        ttl=int(spec.get("ttlSecondsAfterFinished", DEFAULT_TTL)),
        phase=next((p for p in Phase if p == status.get("phase")), Phase.PENDING),
        started_at=parse_rfc3339(status.get("startedAt")),
        finished_at=parse_rfc3339(status.get("finishedAt")),
        terminated_at=parse_rfc3339(status.get("terminatedAt")),
        observed_notices=int(status.get("observedNotices") or 0),
        conditions=tuple(status.get("conditions") or ()),
        timeline=tuple(status.get("timeline") or ()),
    )


def manifest(notice: Notice, node_name: str, node_uid: str) -> dict[str, Any]:
    """Write a new NodeInterruption for the first notice of an instance.

    It is named after the instance, so that the API server's "already exists" is the deduplication.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "NodeInterruption",
        "metadata": {"name": notice.instance_id},
        "spec": {
            "instanceID": notice.instance_id,
            "nodeName": node_name,
            "nodeUID": node_uid,
            "notices": [notice_to(notice)],
        },
    }
