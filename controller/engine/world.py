"""The parts that every piece of the engine shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from controller.domain.node import NodeFacts
    from controller.domain.policy import Policy
    from controller.domain.times import Instant
    from controller.engine.calm import Calm
    from controller.engine.fencing import Fences
    from controller.engine.lanes import Lanes
    from controller.engine.ports import Budgets, Nodes, Pods, Recorder, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The wired ports, the clock, and what is shared by all drains."""

    nodes: Nodes
    pods: Pods
    budgets: Budgets
    records: Records
    recorder: Recorder
    policy_of: Callable[[NodeFacts], Policy]
    clock: Callable[[], Instant]
    lanes: Lanes
    calm: Calm
    fences: Fences
    in_flight: asyncio.Semaphore
