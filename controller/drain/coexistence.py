"""Which notices are left to Karpenter, and for how long, before nobody else is known to act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from controller.domain.notice import Kind
from controller.domain.policy import Action
from controller.domain.provisioner import KarpenterNodes, karpenter_drains, provisioner_of
from controller.domain.times import format_clock
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.policy import Policy
    from controller.domain.times import Instant

CONDITION = "LeftToKarpenter"

DRAINS, AWAITED, NOT_BEGUN = "KarpenterDrains", "AwaitingKarpenter", "KarpenterHasNotBegun"

HANDLED = frozenset(
    {
        Kind.SPOT_INTERRUPTION,
        Kind.STATE_CHANGE,
        Kind.SCHEDULED_CHANGE,
        Kind.CAPACITY_RESERVATION,
    }
)
"""The notices on which Karpenter drains a node at once, if it has a queue. It does nothing about
rebalance recommendations: https://karpenter.sh/docs/concepts/disruption/#interruption"""

BEGIN_SECONDS = 10.0
"""How long Karpenter is given. Its own message comes when ours does, and from there to its taint are
three calls of the API server: a second or two, some more where hundreds of nodes go at once. Of the
two minutes ten seconds can be spared, for what a pod needs is its grace period, mostly 30 s."""

LARGEST_SHARE = 0.25
"""Of a notice that came late never more than this share of what is left is spent on waiting."""


class Stance(NamedTuple):
    """What we do about a node that somebody else may drain.

    `policy` is the one to go by. `holds` is whether the node is left to Karpenter, None while that
    is being found out, and `verdict` says why; there is none where nobody else is concerned.
    `again` is when the clock alone changes it.
    """

    policy: Policy
    holds: bool | None = False
    verdict: Verdict | None = None
    again: Instant | None = None

    @property
    def left(self) -> bool:
        """Whether we neither close the node nor ask its pods to go."""
        return self.holds is not False


def stance_of(record: Interruption, node: NodeFacts, policy: Policy, now: Instant) -> Stance:
    """Tell whose the drain of a node is."""
    # Not Karpenter's node, or the policy wants it handled as any other, or does nothing anyhow; or
    # AWS has taken everything back.
    if record.withdrawn or not _concerns(node, policy, record.kind):
        return Stance(policy)
    # Whatever Karpenter drains it for, the same pods need not be asked by two.
    if karpenter_drains(node):
        say = "left to Karpenter, which drains the node"
        return Stance(_hands_off(policy, record.kind), True, Verdict(DRAINS, say))
    # Nothing that Karpenter acts on, or a change that is days ahead, for which we would wait anyhow.
    if record.kind not in HANDLED or record.dormant:
        return Stance(policy)
    until = _until(record, now)
    if now < until:
        say = (
            f"left to Karpenter, unless it has not begun to drain the node by {format_clock(until)}"
        )
        return Stance(_hands_off(policy, record.kind), None, Verdict(AWAITED, say), until)
    say = "Karpenter has not begun to drain the node: its interruption queue is missing, or it is down"
    return Stance(policy, False, Verdict(NOT_BEGUN, say))


def at_receipt(policy: Policy, node: NodeFacts, kind: Kind) -> Policy:
    """Choose what to go by when a notice comes: a node that is Karpenter's is not closed at once."""
    leaves = kind in HANDLED or karpenter_drains(node)
    return _hands_off(policy, kind) if leaves and _concerns(node, policy, kind) else policy


def remembered(record: Interruption, policy: Policy) -> Stance:
    """Read from a record's conditions what was decided: its Node may be gone since."""
    told = next((c for c in record.conditions if c.get("type") == CONDITION), None)
    if told is None:
        return Stance(policy)
    holds = {"True": True, "False": False}.get(str(told.get("status")))
    return Stance(policy, holds, Verdict(str(told.get("reason")), str(told.get("message"))))


def node_gone(stance: Stance) -> Stance:
    """Settle a stance when the Node is gone: a finalizer holds it until Karpenter is done with it."""
    if stance.holds is not None:
        return stance
    say = "left to Karpenter; the node is gone"
    return Stance(stance.policy, True, Verdict(DRAINS, say))


def _concerns(node: NodeFacts, policy: Policy, kind: Kind) -> bool:
    leaves = policy.karpenter_nodes is KarpenterNodes.LEAVE_TO_KARPENTER
    return leaves and provisioner_of(node).is_karpenter and policy.action_for(kind).fences


def _hands_off(policy: Policy, kind: Kind) -> Policy:
    return replace(policy, actions={**policy.actions, kind: Action.OBSERVE})


def _until(record: Interruption, now: Instant) -> Instant:
    """Tell until when Karpenter may begin: counted from our receipt of its first standing notice.

    Where the record is older, because a recommendation came first, the event's own time stands for
    that. All of it is in the record, so that no restart begins to wait anew.
    """
    sent = min((n.time for n in record.standing if n.kind in HANDLED), default=0.0)
    since = max(record.started_at or now, sent)
    if record.deadline is None:
        return since + BEGIN_SECONDS
    return since + min(BEGIN_SECONDS, max(0.0, record.deadline - since) * LARGEST_SHARE)
