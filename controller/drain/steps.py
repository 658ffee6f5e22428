"""What comes next for one pod: its own turn, the force at its last safe moment, the cut of a grace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.policy import BudgetMode
from controller.domain.verdict import Verdict
from controller.drain.attempt import BUDGET_REASONS, NAMESPACE_TERMINATING
from controller.drain.plan import Call, Step
from controller.drain.starts import LANE_LEAD, NEVER
from controller.drain.treatment import ASKED, PodClass
from controller.drain.window import STOP_OVERHEAD

if TYPE_CHECKING:
    from controller.domain.times import Instant
    from controller.drain.plan import Situation
    from controller.drain.starts import Member

GRANTED_SECONDS, GRANT_LASTS = 3.0, 100.0
"""How long an eviction that was let through may take to delete its pod, mostly milliseconds; and how
long the room is surely still the pod's: the disruption controller gives it to others after 120 s."""


def steps_of(
    member: Member, start: Instant, situation: Situation, now: Instant
) -> tuple[Step | None, Step | None]:
    """Plan a pod's own turn and the force after it; None where there is none."""
    attempt, pod_class = member.attempt, member.treated.pod_class
    # A deletion on its way is not made twice.
    if attempt.deleting:
        return None, None
    if pod_class is PodClass.STOPPING:
        return _shortening(member, situation), None
    # What was accepted is waited for; the watch will tell that it stops.
    if pod_class not in ASKED or attempt.accepted:
        return None, None
    # An eviction that hangs holds up no deletion: both carry the UID, and the first one counts.
    step = None if attempt.in_flight else _request(member, start, situation, now)
    return step, _force(member, situation, now)


def _request(member: Member, start: Instant, situation: Situation, now: Instant) -> Step | None:
    """Plan the pod's own turn: an eviction, or a deletion where budgets are not to be asked."""
    guarded, asks = _guarded(member), _mode(situation) is not BudgetMode.IGNORE
    lead = LANE_LEAD if guarded and asks else 0.0
    at = max(
        _turn(member, start, lead, situation), member.attempt.retry_at, situation.window.started
    )
    # It waits for pods that stay, and there is no deadline that would end the wait.
    if at == NEVER:
        return None
    # In a namespace that is being deleted evictions are forbidden, but every pod has to go anyway.
    refused = member.attempt.refused
    if refused is not None and refused.reason == NAMESPACE_TERMINATING:
        return _step(member, Call.DELETE, at, situation, now)
    # The policy says not to ask.
    if guarded and not asks:
        return _step(member, Call.DELETE, at, situation, now)
    # Its budget has let it go, and whoever asked was cut off before it was deleted. Another eviction
    # would be refused for want of the room that this pod itself holds.
    granted = member.coverage.granted_at
    if granted is not None and now < granted + GRANT_LASTS:
        return _step(member, Call.DELETE, max(at, granted + GRANTED_SECONDS), situation, now)
    # No eviction can succeed as the budgets are; only force or a change helps.
    if member.coverage.stuck is not None:
        return None
    return _step(member, Call.EVICT, at, situation, now, lane=member.coverage.lane)


def _turn(member: Member, start: Instant, lead: float, situation: Situation) -> Instant:
    """Compute when it is the pod's turn, `lead` seconds before its last safe moment at the latest."""
    latest = NEVER if member.last_safe is None else member.last_safe - lead
    around = situation.around
    # Do-not-disrupt gets the longest run that still ends in peace.
    if member.treated.pod_class is PodClass.PROTECTED and latest != NEVER:
        return latest
    # A load balancer that sends to the node has to learn first that the node is closed.
    if member.pod.uid in around.balanced:
        start = max(start, around.settled_at)
    return min(start, latest)


def _force(member: Member, situation: Situation, now: Instant) -> Step | None:
    """Plan the graceful deletion at the last safe moment of a pod that could not be evicted."""
    # A voluntary drain overrides nobody.
    if situation.voluntary or member.last_safe is None:
        return None
    guarded, attempt = _guarded(member), member.attempt
    # Budgets that are always respected keep their pods until the instance goes.
    if guarded and _mode(situation) is not BudgetMode.UNTIL_LAST_SAFE:
        return None
    # An unguarded pod is evicted at any time; only one that was refused needs force.
    if not guarded and attempt.refused is None and not attempt.in_flight:
        return None
    at = _force_at(member, member.last_safe, situation)
    return _step(member, Call.DELETE, at, situation, now, overrides=_overridden(member))


def _force_at(member: Member, at: Instant, situation: Situation) -> Instant:
    attempt = member.attempt
    # On a node that does not report nobody becomes ready again: there is nothing to wait for.
    if not situation.around.node_ready and _blocked(member):
        at = min(at, situation.window.started)
    # Nor does an eviction's back-off hold it up; only what a deletion was told itself does.
    at = max(at, attempt.force_at)
    # An eviction that nothing forbids gets the time that is kept for the API server's latency.
    if attempt.in_flight and attempt.refused is None and not _guarded(member):
        return max(at, attempt.asked_at + STOP_OVERHEAD)
    return at


def _overridden(member: Member) -> Verdict:
    """Say what a forced deletion goes past: what stood in the way, in its own words if it spoke."""
    if member.coverage.lane is None:
        silent = Verdict("APIServerUnreachable", "its eviction was not answered in time")
    else:
        silent = Verdict("DisruptionBudget", f"{member.coverage.lane} was not asked in time")
    return member.coverage.stuck or member.attempt.refused or silent


def _guarded(member: Member) -> bool:
    """Tell whether a budget guards the pod: one that we see, or one that just refused us.

    The API server knows a new budget before our watch tells of it.
    """
    coverage = member.coverage
    return coverage.lane is not None or coverage.stuck is not None or _refused_by_budget(member)


def _blocked(member: Member) -> bool:
    """Tell whether a budget is known to have no room for the pod."""
    return member.lane_blocked or member.coverage.stuck is not None or _refused_by_budget(member)


def _refused_by_budget(member: Member) -> bool:
    refused = member.attempt.refused
    return refused is not None and refused.reason in BUDGET_REASONS


def _shortening(member: Member, situation: Situation) -> Step | None:
    """Plan the one cut of a grace that outlasts the instance, so that unmounts still happen."""
    window, attempt = situation.window, member.attempt
    ends, kill = member.pod.deletion_time, window.final_kill
    if ends is None or kill is None or window.deadline is None or attempt.shortened:
        return None
    if ends <= window.deadline:
        return None
    return Step(member.pod, Call.SHORTEN, max(kill, attempt.retry_at), member.band, grace=1)


def _step(
    member: Member,
    call: Call,
    at: Instant,
    situation: Situation,
    now: Instant,
    *,
    lane: str | None = None,
    overrides: Verdict | None = None,
) -> Step:
    grace = situation.window.grace_at(member.pod, max(at, now))
    return Step(member.pod, call, at, member.band, lane, grace, overrides)


def _mode(situation: Situation) -> BudgetMode:
    policy = situation.policy
    return policy.budgets_on_voluntary if situation.voluntary else policy.budgets_on_interruption
