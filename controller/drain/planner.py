"""The planner: which pod, at what absolute time, by which call, with which grace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.policy import BudgetMode
from controller.domain.verdict import Verdict
from controller.drain.attempt import UNTRIED
from controller.drain.bands import bands_of
from controller.drain.classify import Case, PodClass, classify
from controller.drain.plan import UNCOUNTED, Call, DrainPlan, Entry, Step
from controller.drain.starts import LANE_LEAD, NEVER, Member, starts_of
from controller.drain.window import STOP_OVERHEAD

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.drain.attempt import Attempt
    from controller.drain.classify import Classified
    from controller.drain.plan import Situation
    from controller.drain.window import Window

NAMESPACE_TERMINATING = "NamespaceTerminating"
BUDGET_REASONS = frozenset({"DisruptionBudget", "MultiplePodDisruptionBudgets"})
"""The reasons by which a PodDisruptionBudget refuses, as drain/answer.py names them."""


def plan(situation: Situation, now: Instant) -> DrainPlan:
    """Work out the drain; the same situation and time give the same plan, whatever their order."""
    pods = sorted(situation.pods, key=order)
    treated = {p.uid: classify(Case(p, situation.policy, situation.voluntary, now)) for p in pods}
    counted = (p.priority for p in pods if treated[p.uid].pod_class not in UNCOUNTED)
    bands = bands_of(counted, ordered=situation.policy.ordered)
    members = [_member(p, treated[p.uid], bands.get(p.priority, 0), situation) for p in pods]
    starts = starts_of(members, situation.window, situation.policy.band_stagger, now)
    return DrainPlan(
        tuple(_entry(m, treated[m.pod.uid], starts[m.band], situation, now) for m in members)
    )


def order(pod: PodFacts) -> tuple[int, bool, int, bool, str, str]:
    """Order pods for leaving: priority first, then what takes longest to free, then by name.

    The integer priority decides, never the class's name. Volumes take seconds to detach, so pods
    with claims go first among equals; then long graces; then pods that serve nobody yet.
    """
    return (pod.priority, not pod.has_volume_claims, -pod.grace, pod.ready, pod.key, pod.uid)


def _member(pod: PodFacts, treated: Classified, band: int, situation: Situation) -> Member:
    attempt = situation.attempts.get(pod.uid, UNTRIED)
    coverage = situation.budgets.of(pod)
    blocked = coverage.stuck is not None or coverage.lane in situation.blocked_lanes
    return Member(
        pod=pod,
        pod_class=treated.pod_class,
        band=band,
        coverage=coverage,
        last_safe=situation.window.last_safe(pod, situation.policy.grace_cap),
        settled=attempt.accepted or attempt.refused is not None or blocked,
    )


def _entry(
    member: Member, treated: Classified, start: Instant, situation: Situation, now: Instant
) -> Entry:
    attempt = situation.attempts.get(member.pod.uid, UNTRIED)
    step, force = None, None
    if treated.pod_class is PodClass.STOPPING:
        step = _shortening(member, attempt, situation.window)
    elif treated.pod_class in {PodClass.NORMAL, PodClass.PROTECTED} and not attempt.accepted:
        step = _request(member, attempt, start, situation, now)
        force = _force(member, attempt, situation, now)
    if attempt.in_flight or attempt.deleting:
        step = None
    # An eviction that hangs holds up no deletion: both carry the UID, and the first one counts.
    if attempt.deleting:
        force = None
    return Entry(
        pod=member.pod,
        treated=treated,
        coverage=member.coverage,
        attempt=attempt,
        band=member.band,
        last_safe=member.last_safe,
        step=step,
        force=force,
        lane_blocked=member.coverage.lane in situation.blocked_lanes,
    )


def _request(
    member: Member, attempt: Attempt, start: Instant, situation: Situation, now: Instant
) -> Step | None:
    """Plan the pod's own turn: an eviction, or a deletion where budgets are not to be asked."""
    coverage, asks = member.coverage, _mode(situation) is not BudgetMode.IGNORE
    guarded = _guarded(member, attempt)
    at = start
    # Do-not-disrupt gets the longest run that still ends in peace.
    if member.pod_class is PodClass.PROTECTED and member.last_safe is not None:
        at = member.last_safe - (LANE_LEAD if guarded and asks else 0.0)
    at = max(at, attempt.retry_at, situation.window.started)
    # Its band waits for pods that stay, and there is no deadline that would end the wait.
    if at == NEVER:
        return None
    # In a namespace that is being deleted evictions are forbidden, but every pod has to go anyway.
    if attempt.refused is not None and attempt.refused.reason == NAMESPACE_TERMINATING:
        return _step(member, Call.DELETE, at, situation, now)
    # The policy says not to ask.
    if guarded and not asks:
        return _step(member, Call.DELETE, at, situation, now)
    # No eviction can succeed while two budgets select the pod; only force or a change helps.
    if coverage.stuck is not None:
        return None
    return _step(member, Call.EVICT, at, situation, now, lane=coverage.lane)


def _force(member: Member, attempt: Attempt, situation: Situation, now: Instant) -> Step | None:
    """Plan the graceful deletion at the last safe moment of a pod that could not be evicted."""
    # A voluntary drain overrides nobody.
    if situation.voluntary or member.last_safe is None:
        return None
    guarded = _guarded(member, attempt)
    # Budgets that are always respected keep their pods until the instance goes.
    if guarded and _mode(situation) is not BudgetMode.UNTIL_LAST_SAFE:
        return None
    # An unguarded pod is evicted at any time; only one that was refused needs force.
    if not guarded and attempt.refused is None and not attempt.in_flight:
        return None
    # Nor does an eviction's back-off hold it up; only what a deletion was told itself does.
    at = max(member.last_safe, attempt.force_at)
    # An eviction that nothing forbids gets the time that is kept for the API server's latency.
    if attempt.in_flight and attempt.refused is None and not guarded:
        at = max(at, attempt.asked_at + STOP_OVERHEAD)
    forced = _step(member, Call.DELETE, at, situation, now)
    return replace(forced, overrides=_overridden(member, attempt))


def _overridden(member: Member, attempt: Attempt) -> Verdict:
    """Say what a forced deletion goes past: what stood in the way, in its own words if it spoke."""
    if member.coverage.lane is None:
        silent = Verdict("APIServerUnreachable", "its eviction was not answered in time")
    else:
        silent = Verdict("DisruptionBudget", f"{member.coverage.lane} was not asked in time")
    return member.coverage.stuck or attempt.refused or silent


def _guarded(member: Member, attempt: Attempt) -> bool:
    """Tell whether a budget guards the pod: one that we see, or one that just refused us.

    The API server knows a new budget before our watch tells of it.
    """
    refused = attempt.refused is not None and attempt.refused.reason in BUDGET_REASONS
    return refused or member.coverage.lane is not None or member.coverage.stuck is not None


def _shortening(member: Member, attempt: Attempt, window: Window) -> Step | None:
    """Plan the one cut of a grace that outlasts the instance, so that unmounts still happen."""
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
) -> Step:
    grace = situation.window.grace_at(member.pod, max(at, now))
    return Step(member.pod, call, at, member.band, lane, grace)


def _mode(situation: Situation) -> BudgetMode:
    policy = situation.policy
    return policy.budgets_on_voluntary if situation.voluntary else policy.budgets_on_interruption
