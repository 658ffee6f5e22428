"""Why a notice about one of our nodes asks nothing of us: a list of checks, the first that speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.interruption import Phase
from controller.domain.notice import Kind
from controller.domain.policy import Action
from controller.domain.provisioner import karpenter_drains
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts
    from controller.domain.notice import Notice
    from controller.domain.policy import Policy
    from controller.domain.times import Instant

STALE_SECONDS = 300.0
"""A notice this long past its deadline tells of an instance that has long gone, or stayed."""

STALE_PLAN_SECONDS = 86_400.0
"""The same for a scheduled change: its start opens a window, and reminders come in it."""

EARLY_SECONDS = 5.0
"""An instance that ends this much before its deadline ends as announced: EC2's times are about."""

NOT_ANNOUNCED = "not_announced"
"""The reason of a withdrawal that nothing goes before: a queue may give messages in any order."""

SCALE_DOWN = "ToBeDeletedByClusterAutoscaler"
"""The taint by which the Cluster Autoscaler marks nodes that it empties and ends itself.

https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/utils/taints/taints.go
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A notice and what it is about; `known` is the interruption of its instance, if there is one."""

    notice: Notice
    node: NodeFacts
    policy: Policy
    known: Interruption | None = None


def needless(case: Case, now: Instant) -> Verdict | None:
    """Tell why nothing is to be done; None where something is. The reason is a metric label."""
    notice, known = case.notice, case.known
    takes_back = notice.withdrawn and _announced(notice, known)
    # The platform engineers do not want it. What was recorded before they said so can be taken back.
    if case.policy.action_for(notice.kind) is Action.IGNORE and not takes_back:
        return Verdict("policy", "the policy says Ignore")
    # Good news: instances start all the time.
    if notice.living:
        return Verdict("living", f"the instance is {notice.action}")
    # Nothing to take back.
    if notice.withdrawn and not takes_back:
        return Verdict(NOT_ANNOUNCED, "what it takes back was never announced here")
    # It was on its way for too long.
    old = STALE_PLAN_SECONDS if notice.kind is Kind.SCHEDULED_CHANGE else STALE_SECONDS
    if notice.deadline is not None and now > notice.deadline + old:
        return Verdict("stale", "it is long past its deadline")
    return _expected(case) if notice.kind is Kind.STATE_CHANGE else None


def _expected(case: Case) -> Verdict | None:
    """Tell why the end of an instance is no news; None where nothing has announced it."""
    known = case.known
    # It ends as was announced, sooner or later.
    if known is not None and _due(known, case):
        return Verdict("announced", "it ends as announced")
    # An autoscaler has emptied the node and ends its instance: Karpenter does so for notices too.
    scaled_down = known is None and any(taint.key == SCALE_DOWN for taint in case.node.taints)
    if scaled_down or karpenter_drains(case.node):
        return Verdict("scale_down", "an autoscaler takes the node away")
    # As the gravest kind it would decide what is done, and end a drain that is under way.
    says = case.policy.action_for(case.notice.kind)
    if says is not Action.DRAIN and _drains(known, case.policy):
        return Verdict("policy", f"the policy says {says} about it; the drain under way goes on")
    return None


def _drains(known: Interruption | None, policy: Policy) -> bool:
    if known is None or known.over:
        return False
    return policy.action_for(known.kind) is Action.DRAIN


def _due(known: Interruption, case: Case) -> bool:
    ends = case.notice.deadline
    if known.deadline is None or ends is None:
        return False
    # Its node has lived on after all that was announced: this is another end.
    if case.node.ready and ends > known.deadline + known.kind.patience:
        return False
    # Its pods are gone, and its group was told to go on: it ends because of that.
    let_go = known.phase is Phase.DRAINED and bool(known.completed_hooks)
    ended = let_go or known.phase is Phase.FINISHED
    return ended or ends >= known.deadline - EARLY_SECONDS


def _announced(notice: Notice, known: Interruption | None) -> bool:
    return known is not None and any(n.subject == notice.subject for n in known.notices)


def waits_to_act(notice: Notice, policy: Policy, now: Instant) -> bool:
    """Tell whether the node stays as it is for now: it is good news, or days ahead."""
    if notice.withdrawn:
        return True
    begins = notice.begins(policy.lead_time)
    return begins is not None and begins > now
