"""Tells what has changed in the cluster to every part that it concerns."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from controller.domain.interruption_object import interruption_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.attachment import AttachmentFacts
    from controller.domain.budget import BudgetFacts
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.engine.departed import Departed
    from controller.engine.drains import Drains
    from controller.engine.lanes import Lanes
    from controller.engine.late_hooks import LateHooks
    from controller.engine.letting_go import LettingGo
    from controller.engine.out_of_service import OutOfService
    from controller.engine.policies import Policies
    from controller.engine.turns import Turns
    from controller.engine.waiting_room import WaitingRoom
    from controller.kube.nodes import Nodes


@dataclass(slots=True)
class Changes:
    """Whom each kind of change concerns, in the order in which they have to hear of it.

    `rooms` are the waiting rooms of all queues.
    """

    drains: Drains
    out_of_service: OutOfService
    letting_go: LettingGo
    late_hooks: LateHooks
    departed: Departed
    policies: Policies
    turns: Turns
    nodes: Nodes
    lanes: Lanes
    rooms: Sequence[WaitingRoom] = ()
    _joining: set[asyncio.Task[None]] = field(default_factory=set)

    def adopt(self, record: Interruption) -> None:
        """Take up an interruption that is ours to see to."""
        # The drains first: they put it into the ledger.
        self.drains.adopt(record)
        self.letting_go.adopt(record)

    def share(self) -> None:
        """Take up and let go: replicas have come or gone."""
        self.drains.share()
        self.letting_go.share()

    def interruption(self, name: str, obj: Mapping[str, Any] | None) -> None:
        """Tell of a NodeInterruption that was written or, as None, deleted."""
        record = None if obj is None else interruption_from(obj)
        if record is None:
            self.drains.drop(name)
            self.out_of_service.drop(name)
            self.letting_go.drop(name)
        else:
            self.adopt(record)
            self.out_of_service.adopt(record)
        self.turns.seen(name, record)

    def policy(self, name: str, obj: Mapping[str, Any] | None) -> None:
        """Tell of a SpotPolicy that was written or, as None, deleted."""
        if self.policies.put(name, obj):
            self.drains.wake_all()
            self.letting_go.wake_all()
            self.turns.stir()

    def node(self, old: NodeFacts | None, new: NodeFacts | None) -> None:
        """Tell of a Node, and bring the messages back that waited for it to join."""
        self.departed.node_changed(old, new)
        self.drains.node_changed(old, new)
        self.out_of_service.node_changed(old, new)
        self.letting_go.node_changed(old, new)
        if new is None:
            return
        self.late_hooks.joined(new.instance_id)
        for room in self.rooms:
            if room.waits_for(new.instance_id):
                task = asyncio.create_task(room.joined(new.instance_id))
                self._joining.add(task)
                task.add_done_callback(self._joining.discard)

    def attachment(self, old: AttachmentFacts | None, new: AttachmentFacts | None) -> None:
        """Tell of a VolumeAttachment to whoever drains its node."""
        for attachment in (old, new):
            node = self.nodes.by_name(attachment.node_name) if attachment else None
            self.drains.node_changed(None, node)

    def budget(self, old: BudgetFacts | None, new: BudgetFacts | None) -> None:
        """Tell of a PodDisruptionBudget: that it has room now, or guards others than before."""
        if new is None:
            if old is not None:
                self.lanes.forget(old.key)
        elif new.allowed > 0:
            self.lanes.room(new.key)
        if old is None or new is None or _rules(old) != _rules(new):
            self.drains.wake_all()


def _rules(budget: BudgetFacts) -> tuple[object, ...]:
    """Take what decides whom a budget guards, and whether it can ever have room.

    Its status changes all the time; of that only what ends, or begins, a wait without end counts.
    """
    hopeless = budget.expected == 0, budget.desired == 0 and budget.healthy == 0
    return budget.selector, budget.always_allow_unhealthy, *hopeless
