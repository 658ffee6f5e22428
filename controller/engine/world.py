"""The parts that every piece of the engine shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.node import NodeFacts
    from controller.domain.policy import Policy
    from controller.domain.times import Instant
    from controller.engine.calm import Calm
    from controller.engine.fencing import Fences
    from controller.engine.gate import Gate
    from controller.engine.lanes import Lanes
    from controller.engine.pace import Crowd
    from controller.engine.ports import (
        Attachments,
        Budgets,
        DaemonSets,
        Nodes,
        Pods,
        Recorder,
        Records,
        Services,
    )
    from controller.engine.rights import Rights
    from controller.engine.turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The wired ports, the clock, and what is shared by all drains.

    `evicting` narrows when the API server pushes back; `deleting` never does: what is deleted at
    its last safe moment does not wait behind evictions that may hang. `telling` is for statuses, of
    which a thousand at once would keep evictions waiting. `own_pod` is the pod that this
    process runs in, `namespace/name`.
    """

    nodes: Nodes
    pods: Pods
    budgets: Budgets
    services: Services
    daemon_sets: DaemonSets
    attachments: Attachments
    records: Records
    recorder: Recorder
    policy_of: Callable[[NodeFacts], Policy]
    clock: Callable[[], Instant]
    lanes: Lanes
    calm: Calm
    fences: Fences
    evicting: Gate
    deleting: Gate
    telling: Gate
    crowd: Crowd
    rights: Rights
    turns: Turns
    own_pod: str
