"""What the engine needs of the world, as Protocols; kube/ and aws/ provide them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from controller.domain.budget import BudgetFacts
    from controller.domain.event import Event
    from controller.domain.interruption import Interruption
    from controller.domain.lifecycle import LifecycleAction
    from controller.domain.member import MemberLease
    from controller.domain.message import Message, Refusal
    from controller.domain.node import NodeFacts
    from controller.domain.pod import PodFacts
    from controller.domain.resources import Resources
    from controller.domain.service import ServiceFacts
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.drain.answer import Answer


class Queue(Protocol):
    """An SQS queue; every call raises QueueError with a sentence."""

    name: str

    async def receive(self) -> Sequence[Message]:
        """Long-poll for up to ten messages; empty when none came within the wait."""

    async def delete(self, receipts: Sequence[str]) -> Sequence[Refusal]:
        """Delete messages; returns what the queue refused of them."""

    async def hide(self, receipts: Mapping[str, int]) -> Sequence[Refusal]:
        """Keep messages invisible for so many seconds from now; returns what was refused."""


class Scaling(Protocol):
    """Auto Scaling; every call raises ScalingError with a sentence, and may be repeated."""

    async def complete(self, action: LifecycleAction) -> Verdict:
        """Let the instance of a lifecycle action go; the reason is COMPLETED or OVER."""

    async def heartbeat(self, action: LifecycleAction) -> Verdict:
        """Have an action wait for its hook's time-out from now on; EXTENDED or OVER."""


class Nodes(Protocol):
    """The Node mirror, and the one write that we make on a Node."""

    def all(self) -> Iterable[NodeFacts]:
        """Give every node."""

    def by_instance(self, instance_id: str) -> NodeFacts | None:
        """Look a node up by its EC2 instance id."""

    def by_name(self, name: str) -> NodeFacts | None:
        """Look a node up by its name."""

    async def read(self, name: str) -> NodeFacts | None:
        """Read a node past the mirror; None when it is gone."""

    async def patch(self, node: NodeFacts, patch: Mapping[str, Any]) -> bool:
        """Merge-patch exactly this version of this node; False when it has changed."""


class PodMirror(Protocol):
    """The pods of one node, kept up to date while `run` runs."""

    items: dict[str, PodFacts]
    synced: asyncio.Event
    watching: bool

    def listen(self, listener: Callable[[PodFacts | None, PodFacts | None], None]) -> None:
        """Have every change told as (old, new)."""

    async def run(self) -> None:
        """Mirror until cancelled."""


class Pods(Protocol):
    """The calls that ask a pod to leave."""

    def on_node(self, node_name: str) -> PodMirror:
        """Mirror the pods of a node."""

    async def requested_on(self, node_name: str) -> Resources:
        """Add up what the pods of a node ask of the scheduler; raises ClusterError."""

    async def evict(self, pod: PodFacts, grace: int | None) -> Answer:
        """Ask for an eviction."""

    async def delete(self, pod: PodFacts, grace: int | None) -> Answer:
        """Delete gracefully."""

    async def confirm(self, pod: PodFacts) -> bool:
        """Tell whether exactly this pod is still on its node, past any cache; raises ClusterError."""

    async def mark_disrupted(self, pod: PodFacts, message: str, now: Instant) -> None:
        """Set the DisruptionTarget condition; raises ClusterError."""


class Budgets(Protocol):
    """The PodDisruptionBudget mirror."""

    def in_namespaces(self, namespaces: Iterable[str]) -> Iterable[BudgetFacts]:
        """Give the budgets of some namespaces."""


class Services(Protocol):
    """The mirror of the Services that can be reached from outside."""

    def in_namespaces(self, namespaces: Iterable[str]) -> Iterable[ServiceFacts]:
        """Give the Services of some namespaces; none while they are unknown."""


class DaemonSets(Protocol):
    """The DaemonSet mirror."""

    def uids(self) -> frozenset[str] | None:
        """Give the UIDs of those that exist; None while they are not known for sure."""


class Attachments(Protocol):
    """The VolumeAttachment mirror."""

    def on_node(self, node_name: str) -> tuple[str, ...] | None:
        """Name the volumes that a node's instance holds; None before they are known."""


class Records(Protocol):
    """Our own resources; every call raises ClusterError with the server's words."""

    async def create(self, manifest: Mapping[str, Any]) -> Interruption | None:
        """Create a NodeInterruption; None when it exists."""

    async def read(self, name: str) -> Interruption | None:
        """Read a NodeInterruption; None when it is gone."""

    async def interruptions(self) -> list[Interruption]:
        """List all NodeInterruptions."""

    async def versions(self) -> dict[str, str]:
        """Give the resourceVersion of each NodeInterruption by its name."""

    async def update(self, record: Interruption, spec: Mapping[str, Any]) -> Interruption | None:
        """Merge into the spec; None when the object has changed meanwhile."""

    async def write_status(
        self, record: Interruption, status: Mapping[str, Any]
    ) -> Interruption | None:
        """Merge into the status of exactly this version; None when it has changed or is gone."""

    async def delete(self, record: Interruption) -> None:
        """Delete exactly this NodeInterruption."""

    async def policies(self) -> list[Mapping[str, Any]]:
        """List all SpotPolicy objects."""

    async def write_policy_status(self, name: str, status: Mapping[str, Any]) -> None:
        """Merge into a SpotPolicy's status."""


class LeaseMirror(Protocol):
    """The Leases of all replicas, kept up to date."""

    items: dict[str, MemberLease]

    def listen(self, listener: Callable[[MemberLease | None, MemberLease | None], None]) -> None:
        """Have every change told as (old, new)."""


class Leases(Protocol):
    """The replicas' Leases; every call raises ClusterError."""

    @property
    def mirror(self) -> LeaseMirror:
        """Give the mirror."""

    async def renew(self, now: Instant) -> None:
        """Renew our own Lease, or create it."""

    async def release(self) -> None:
        """Delete our own Lease."""

    async def remove(self, lease: MemberLease) -> None:
        """Delete exactly this version of another one's."""


class Recorder(Protocol):
    """Kubernetes Events; never raises, never blocks."""

    def tell(self, event: Event) -> None:
        """Tell something; the same again counts up the Event that was sent."""

    def on_node(self, node_name: str, node_uid: str, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a node."""

    def on_pod(self, pod: PodFacts, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a pod."""

    def on_budget(self, budget: BudgetFacts, verdict: Verdict, *, warning: bool) -> None:
        """Tell something about a PodDisruptionBudget."""
