"""The planner: which pod, at what absolute time, by which call, with which grace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.drain.attempt import UNTRIED
from controller.drain.bands import bands_of
from controller.drain.classify import classify
from controller.drain.plan import DrainPlan, Entry
from controller.drain.starts import Member, start_of, starts_of
from controller.drain.steps import steps_of
from controller.drain.treatment import UNCOUNTED, Case

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.drain.bands import Bands
    from controller.drain.plan import Situation
    from controller.drain.treatment import Classified


def plan(situation: Situation, now: Instant) -> DrainPlan:
    """Work out the drain; the same situation and time give the same plan, whatever their order."""
    treated = [(p, classify(_case(p, situation, now))) for p in sorted(situation.pods, key=order)]
    treated.sort(key=lambda each: each[1].pod_class.rank)
    counted = [(pod, how.pod_class) for pod, how in treated if how.pod_class not in UNCOUNTED]
    bands = bands_of((pod.priority for pod, how in counted if how.rank == 0), situation.policy)
    members = [_member(pod, how, bands, situation) for pod, how in treated]
    starts = starts_of(members, bands, situation.window, now)
    ranks = frozenset(how.rank for _, how in counted)
    return DrainPlan(
        tuple(_entry(m, start_of(m, starts, ranks, now), situation, now) for m in members)
    )


def order(pod: PodFacts) -> tuple[int, bool, int, bool, str, str]:
    """Order pods for leaving: priority first, then what takes longest to free, then by name.

    The integer priority decides, never the class's name. Volumes take seconds to detach, so pods
    with claims go first among equals; then long graces; then pods that serve nobody yet.
    """
    return (pod.priority, not pod.has_volume_claims, -pod.grace, pod.ready, pod.key, pod.uid)


def _case(pod: PodFacts, situation: Situation, now: Instant) -> Case:
    return Case(pod, situation.policy, situation.voluntary, now, situation.around)


def _member(pod: PodFacts, treated: Classified, bands: Bands, situation: Situation) -> Member:
    coverage = situation.budgets.of(pod)
    return Member(
        pod=pod,
        treated=treated,
        band=bands.of.get(pod.priority, 0),
        coverage=coverage,
        attempt=situation.attempts.get(pod.uid, UNTRIED),
        last_safe=situation.window.last_safe(pod, situation.policy.grace_cap),
        lane_blocked=coverage.lane in situation.blocked_lanes,
    )


def _entry(member: Member, start: Instant, situation: Situation, now: Instant) -> Entry:
    step, force = steps_of(member, start, situation, now)
    return Entry(
        pod=member.pod,
        treated=member.treated,
        coverage=member.coverage,
        attempt=member.attempt,
        band=member.band,
        last_safe=member.last_safe,
        step=step,
        force=force,
        lane_blocked=member.lane_blocked,
    )
