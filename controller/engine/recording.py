"""Make a notice durable: create the NodeInterruption of its instance, or merge into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.cluster import ClusterError
from controller.domain.interruption_object import manifest
from controller.domain.lifecycle import open_actions
from controller.domain.notice_entry import notice_to
from controller.domain.times import format_rfc3339

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.notice import Notice
    from controller.engine.ports import Records

TRIES = 5
MAX_RECOMMENDATIONS, MAX_ENDS, MAX_NOTICES = 40, 46, 50
"""The last is the CRD's bound; what comes after so many events about one instance says nothing new,
unless it takes back what they said."""


async def record(records: Records, notice: Notice, node: NodeFacts) -> tuple[Interruption, bool]:
    """Create or merge; returns the NodeInterruption and whether the notice was new.

    "Already exists" is the deduplication: SQS and EventBridge both deliver at least once, and any
    replica may get any copy. Raises ClusterError when it could not be made durable.
    """
    for _ in range(TRIES):
        created = await records.create(manifest(notice, node.name, node.uid))
        if created is not None:
            return created, True
        known = await records.read(notice.instance_id)
        if known is None:
            continue
        if known.knows(notice):
            return known, False
        if len(known.notices) >= _places(notice):
            if not _gives_way(known, notice):
                return known, False
            await records.delete(known)
            continue
        merged = await records.update(
            known,
            {
                "nodeName": node.name,
                "nodeUID": node.uid,
                "notices": [*map(notice_to, known.notices), notice_to(notice)],
            },
        )
        if merged is not None:
            return merged, True
    raise ClusterError(f"NodeInterruption {notice.instance_id} changed under {TRIES} writes", 409)


def _gives_way(known: Interruption, notice: Notice) -> bool:
    """Tell whether a full record is only history: an instance of a warm pool comes and goes for days."""
    to_come = any(n.deadline is not None and n.deadline > notice.time for n in known.valid)
    return known.over and not to_come and not open_actions(known)


def _places(notice: Notice) -> int:
    """Tell how many notices there may be before this one: the last places are for the gravest."""
    if notice.withdrawn:
        return MAX_NOTICES
    return MAX_RECOMMENDATIONS if notice.kind.voluntary else MAX_ENDS


async def record_end(records: Records, said: Notice) -> bool:
    """Write into the status that the instance is terminated; False when it has no interruption.

    Raises ClusterError when it could not be made durable.
    """
    for _ in range(TRIES):
        known = await records.read(said.instance_id)
        if known is None:
            return False
        if known.terminated_at is not None:
            return True
        if await records.write_status(known, {"terminatedAt": format_rfc3339(said.time)}):
            return True
    raise ClusterError(f"NodeInterruption {said.instance_id} changed under {TRIES} writes", 409)
