"""Laws that every plan keeps, whatever the pods, the budgets, the policy and the hour."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from controller.domain.policy import BudgetMode, DaemonSetMode, DrainPolicy, ProtectedMode
from controller.drain.attempt import UNTRIED
from controller.drain.plan import Call
from controller.drain.planner import plan
from controller.drain.starts import LANE_LEAD
from controller.drain.treatment import ASKED, UNCOUNTED, PodClass
from controller.drain.window import STOP_OVERHEAD
from tests.strategies import moments, policies, situations

if TYPE_CHECKING:
    from random import Random

    from controller.domain.times import Instant
    from controller.drain.plan import Entry, Situation, Step

any_situation = situations() | situations(voluntary=True)

FORCEFUL = policies.map(
    lambda policy: replace(
        policy,
        budgets_on_interruption=BudgetMode.UNTIL_LAST_SAFE,
        protected_on_interruption=ProtectedMode.EVICT_LAST,
    )
)


def steps(given: Situation, now: Instant) -> list[tuple[Entry, Step]]:
    entries = plan(given, now).entries
    return [(e, step) for e in entries for step in (e.step, e.force) if step is not None]


@given(any_situation, moments)
def test_every_pod_has_exactly_one_entry(given: Situation, now: Instant) -> None:
    entries = plan(given, now).entries
    assert sorted(e.pod.uid for e in entries) == sorted(p.uid for p in given.pods)


@given(any_situation, moments, moments)
def test_no_pod_is_asked_twice_in_one_plan(given: Situation, now: Instant, later: Instant) -> None:
    due = Counter(step.pod.uid for step in plan(given, now).due(later))
    assert all(count == 1 for count in due.values())


@given(situations(), moments)
def test_nothing_is_first_asked_after_the_window_and_only_graces_are_cut_then(
    given: Situation, now: Instant
) -> None:
    """A late notice is asked late, but planned for a moment that has passed."""
    end = given.window.end
    assert end is not None
    for entry, step in steps(given, now):
        if step.call is Call.SHORTEN:
            continue
        attempt = entry.attempt
        latest = (attempt.retry_at, attempt.force_at, attempt.asked_at + STOP_OVERHEAD)
        assert step.at <= max(end, given.window.started, *latest)


@given(any_situation, moments)
def test_a_refused_call_is_never_repeated_before_its_time(given: Situation, now: Instant) -> None:
    for entry, step in steps(given, now):
        forced = step is entry.force
        assert step.at >= (entry.attempt.force_at if forced else entry.attempt.retry_at)


@given(any_situation, moments)
def test_only_classes_that_are_asked_are_asked_and_only_stopping_pods_shortened(
    given: Situation, now: Instant
) -> None:
    for entry, step in steps(given, now):
        pod, pod_class = entry.pod, entry.treated.pod_class
        assert not pod.mirror
        assert not pod.finished
        assert not pod.held_by_finalizer
        assert pod.labels.get("cluster.x-k8s.io/drain") != "skip"
        assert not (given.policy.skip_pods and given.policy.skip_pods.matches(pod.labels))
        if step.call is Call.SHORTEN:
            assert pod_class is PodClass.STOPPING
            assert pod.terminating
        else:
            assert pod_class in ASKED
            assert not pod.terminating
            assert not pod.owner_uid or pod.owner_uid not in given.around.recreated


@given(any_situation, moments)
def test_no_daemon_set_pod_is_asked_but_orphans_and_those_that_the_policy_sends_last(
    given: Situation, now: Instant
) -> None:
    around, last = given.around, given.policy.daemon_sets is DaemonSetMode.EVICT_LAST
    for entry, _ in steps(given, now):
        pod = entry.pod
        if pod.owner_kind != "DaemonSet":
            continue
        exists = not pod.owner_uid or around.daemon_sets is None
        if exists or pod.owner_uid in (around.daemon_sets or ()):
            assert last
            assert around.taint is not None
            assert not pod.tolerations


@given(any_situation, moments)
def test_who_goes_last_waits_until_the_others_are_gone_or_no_longer_can(
    given: Situation, now: Instant
) -> None:
    drain = plan(given, now)
    for entry in drain.entries:
        rank, step = entry.treated.pod_class.rank, entry.step
        if rank == 0 or step is None or step.at > now:
            continue
        alone = all(other.treated.pod_class.rank >= rank for other in drain.entries if other.left)
        assert alone or (entry.last_safe is not None and now >= entry.last_safe - LANE_LEAD)


@given(any_situation, moments)
def test_pods_behind_a_load_balancer_are_held_until_it_knows_or_no_longer_can(
    given: Situation, now: Instant
) -> None:
    for entry, step in steps(given, now):
        if entry.pod.uid not in given.around.balanced or step.call is Call.SHORTEN:
            continue
        safe = float("inf") if entry.last_safe is None else entry.last_safe - LANE_LEAD
        if step is entry.step and step.at < given.around.settled_at:
            assert step.at >= min(safe, given.window.started)


@given(any_situation, moments)
def test_a_second_later_nothing_new_is_asked_of_who_was_asked(
    given: Situation, now: Instant
) -> None:
    """Sending a plan's calls and planning again with nothing changed repeats none of them."""
    asked = {step.pod.uid: step for step in plan(given, now).due(now)}
    known = {
        uid: replace(
            given.attempts.get(uid, UNTRIED),
            in_flight=step.call is Call.EVICT,
            deleting=step.call is not Call.EVICT,
            asked_at=now,
        )
        for uid, step in asked.items()
    }
    sent = replace(given, attempts={**given.attempts, **known})
    for step in plan(sent, now + 1).due(now + 1):
        before = asked.get(step.pod.uid)
        # What hangs may be forced; what was forced or cut is left alone.
        assert before is None or (before.call is Call.EVICT and step.call is Call.DELETE)


@given(any_situation, moments)
def test_a_pod_in_flight_is_at_most_forced_or_cut_short_and_an_accepted_one_is_left(
    given: Situation, now: Instant
) -> None:
    """An eviction that hangs may have been done: its pod may stop with a grace to be cut."""
    for entry, step in steps(given, now):
        assert not entry.attempt.deleting
        forced = step is entry.force or step.call is Call.SHORTEN
        assert not entry.attempt.in_flight or forced
        assert step.call is Call.SHORTEN or not entry.attempt.accepted


@given(any_situation, moments)
def test_no_normal_pod_is_asked_before_the_band_of_a_lower_one_starts(
    given: Situation, now: Instant
) -> None:
    """A band's start is the earliest step in it of a pod that has not to wait for its own retry."""
    starts = [
        (entry.pod.priority, entry.step.at)
        for entry in plan(given, now).entries
        if entry.step is not None and entry.treated.pod_class is PodClass.NORMAL
        if entry.attempt.retry_at <= given.window.started
        if entry.pod.uid not in given.around.balanced
    ]
    if not given.policy.ordered:
        assert len({at for _, at in starts}) <= 1
    ordered = sorted(starts)
    assert [at for _, at in ordered] == sorted(at for _, at in ordered)


@given(situations(policy=FORCEFUL), moments)
def test_budgets_cost_no_pod_its_grace(given: Situation, now: Instant) -> None:
    """Every pod that is to go is asked, or forced, by its last safe moment, whatever its budgets."""
    for entry in plan(given, now).entries:
        if entry.treated.pod_class not in ASKED:
            continue
        if entry.attempt.accepted or entry.attempt.in_flight or entry.attempt.deleting:
            continue
        assert entry.last_safe is not None
        first = min(step.at for step in (entry.step, entry.force) if step is not None)
        waits = entry.attempt.retry_at if entry.force is None else entry.attempt.force_at
        assert first <= max(entry.last_safe, given.window.started, waits)
        if entry.coverage.lane or entry.coverage.stuck:
            assert entry.force is not None
            assert entry.force.call is Call.DELETE


@given(situations(policy=FORCEFUL, tried=False), moments)
def test_an_untried_pod_is_asked_in_peace_unless_the_notice_came_too_late(
    given: Situation, now: Instant
) -> None:
    cap = int(given.policy.grace_cap)
    for entry, step in steps(given, given.window.started):
        if step.call is Call.SHORTEN or entry.last_safe is None:
            continue
        if entry.last_safe >= given.window.started and not given.window.late:
            sent = entry.pod.grace if step.grace is None else step.grace
            assert sent >= min(entry.pod.grace, cap)


@given(situations(voluntary=True), moments)
def test_a_voluntary_drain_forces_nobody_and_respects_do_not_disrupt(
    given: Situation, now: Instant
) -> None:
    for entry, step in steps(given, now):
        assert entry.force is None
        # A pod that stops already has been asked by somebody; an announced end cuts its grace.
        if step.call is Call.SHORTEN:
            continue
        assert entry.treated.pod_class in ASKED - {PodClass.PROTECTED}
        refused = entry.attempt.refused
        terminating = refused is not None and refused.reason == "NamespaceTerminating"
        assert step.call is (Call.DELETE if terminating else Call.EVICT)


@given(
    situations(
        policy=st.builds(
            DrainPolicy,
            budgets_on_interruption=st.just(BudgetMode.ALWAYS),
            protected_on_interruption=st.just(ProtectedMode.NEVER),
        )
    ),
    moments,
)
def test_always_overrides_no_budget_and_never_asks_no_protected_pod(
    given: Situation, now: Instant
) -> None:
    for entry in plan(given, now).entries:
        guarded = entry.coverage.lane is not None or entry.coverage.stuck is not None
        if guarded and entry.treated.pod_class is PodClass.NORMAL:
            assert entry.force is None
        if entry.treated.pod_class is PodClass.KEPT:
            assert (entry.step, entry.force) == (None, None)


@given(any_situation, moments)
def test_a_grace_is_never_zero_nor_longer_than_the_pods_own_or_the_time_left(
    given: Situation, now: Instant
) -> None:
    end = given.window.end
    for entry, step in steps(given, now):
        if step.grace is None:
            left = float("inf") if end is None else end - max(step.at, now)
            assert entry.pod.grace <= max(1.0, left)
            continue
        assert end is not None
        assert 1 <= step.grace <= entry.pod.grace or step.call is Call.SHORTEN
        assert step.grace <= max(1.0, end - max(step.at, now))


@given(any_situation, moments, st.randoms(use_true_random=False))
def test_the_order_in_which_pods_are_listed_changes_nothing(
    given: Situation, now: Instant, shuffle: Random
) -> None:
    pods = list(given.pods)
    shuffle.shuffle(pods)
    assert plan(replace(given, pods=tuple(pods)), now) == plan(given, now)


@given(any_situation, moments)
def test_the_clock_wakes_the_drain_later_and_for_the_next_thing_to_do(
    given: Situation, now: Instant
) -> None:
    drain = plan(given, now)
    wake = drain.wake_at(now)
    coming = [step.at for _, step in steps(given, now) if step.at > now]
    if wake is None:
        assert not coming
        return
    assert now < wake < float("inf")
    assert all(wake <= at for at in coming)


@given(situations(tried=False), moments)
def test_before_the_wake_up_the_plan_stays_what_it_is(given: Situation, now: Instant) -> None:
    """Nothing is missed by sleeping: between two wake-ups no further call comes due."""
    drain = plan(given, now)
    wake = drain.wake_at(now)
    between = now + 0.25 if wake is None else (now + wake) / 2
    asked = {step.pod.uid for step in drain.due(now)}
    assert {step.pod.uid for step in plan(given, between).due(between)} == asked


@given(any_situation, moments)
def test_what_is_due_is_sent_the_lowest_priority_first_and_the_last_last(
    given: Situation, now: Instant
) -> None:
    due = [
        (e.treated.pod_class.rank, e.pod.priority) for e in plan(given, now).entries if e.due(now)
    ]
    assert due == sorted(due)


@given(any_situation, moments)
def test_drained_means_that_only_pods_are_left_that_end_with_the_node(
    given: Situation, now: Instant
) -> None:
    drain = plan(given, now)
    classes = {entry.treated.pod_class for entry in drain.entries}
    assert drain.drained == (classes <= UNCOUNTED)
    if drain.drained:
        assert drain.due(now) == []


def test_nobody_was_asked_before_the_first_attempt() -> None:
    assert (UNTRIED.accepted, UNTRIED.tries, UNTRIED.refused) == (False, 0, None)
