"""A NodeInterruption as the API server has it: read, and written for the first notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.interruption import DEFAULT_TTL, Interruption, Phase
from controller.domain.lifecycle import CONDITION
from controller.domain.notice_entry import notice_from, notice_to
from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.notice import Notice

GROUP, VERSION = "spotdrain.io", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

JUDGED = "Executed"
"""The condition that tells what became of what was announced (drain/outcome.py)."""


def interruption_from(obj: Mapping[str, Any]) -> Interruption:
    """Read a NodeInterruption object; notices of unknown kinds are left out."""
    meta, spec, status = obj.get("metadata") or {}, obj.get("spec") or {}, obj.get("status") or {}
    instance_id = spec.get("instanceID", "")
    notices = (notice_from(entry, instance_id) for entry in spec.get("notices") or ())
    conditions = tuple(status.get("conditions") or ())
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
        pool=str(status.get("pool") or ""),
        policy=str(status.get("policy") or ""),
        judged=any(c.get("type") == JUDGED for c in status.get("conditions") or ()),
        observed_notices=int(status.get("observedNotices") or 0),
        conditions=conditions,
        timeline=tuple(status.get("timeline") or ()),
        completed_hooks=tuple(status.get("completedHooks") or ()),
        lifecycle=next((c for c in conditions if c.get("type") == CONDITION), None),
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
