"""What the policy, a deadline and the clock change in a plan, worked out by hand.

A notice at T0 = 1000 has its deadline at 1120 and its window ends at 1112. A pod with 30 s of grace
needs 33 s: its last safe moment is 1079. The bands start 5 s apart: 1000, 1005, 1010, 1015.
"""

from __future__ import annotations

from controller.domain.policy import BudgetMode, ProtectedMode
from controller.domain.selector import Selector
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.plan import Call, Step
from controller.drain.planner import plan
from tests.builders import CRITICAL, PROTECT, T0, alone, at, budget, entry, pod, situation

BLOCKED = Attempt(refused=Verdict("DisruptionBudget", "no room"), tries=1)
LAST_SAFE = T0 + 79


# --- policies ------------------------------------------------------------------------------------


def test_budgets_that_are_always_respected_are_asked_to_the_end_and_never_overridden() -> None:
    given = situation(
        pod(),
        budgets=[budget()],
        attempts={"web": BLOCKED},
        budgets_on_interruption=BudgetMode.ALWAYS,
    )
    only = alone(given, T0 + 100)
    assert only.force is None
    assert only.step is not None
    assert (only.step.call, only.step.lane, only.step.grace) == (Call.EVICT, "shop/web", 12)


def test_a_budget_that_only_the_api_server_knows_is_respected_as_well() -> None:
    """It was created a moment ago: its refusal is here before its watch event."""
    refused = {"web": BLOCKED}
    always = situation(pod(), attempts=refused, budgets_on_interruption=BudgetMode.ALWAYS)
    ignore = situation(pod(), attempts=refused, budgets_on_interruption=BudgetMode.IGNORE)
    assert alone(always, LAST_SAFE).force is None
    step = alone(ignore, T0).step
    assert step is not None
    assert step.call is Call.DELETE


def test_budgets_that_are_ignored_are_not_asked() -> None:
    two = [budget(), budget("all", selector=Selector())]
    for budgets in (two, two[:1]):
        only = alone(situation(pod(), budgets=budgets, budgets_on_interruption=BudgetMode.IGNORE))
        assert only.step is not None
        assert (only.step.call, only.step.at, only.step.lane) == (Call.DELETE, T0, None)
        assert only.force is None


def test_a_protected_pod_is_evicted_at_its_last_safe_moment() -> None:
    drain = plan(situation(pod("job", annotations=PROTECT), pod("high", priority=9)), T0)
    assert at(drain, "job") == 79
    assert at(drain, "high") == 0  # it holds no band back


def test_a_protected_pod_under_a_budget_is_asked_a_second_earlier_and_then_deleted() -> None:
    only = alone(situation(pod("job", annotations=PROTECT), budgets=[budget("job")]))
    assert only.step is not None
    assert (only.step.call, only.step.at, only.step.lane) == (Call.EVICT, T0 + 78, "shop/job")
    assert only.force is not None
    assert (only.force.call, only.force.at) == (Call.DELETE, LAST_SAFE)


def test_a_protected_pod_whose_budget_is_ignored_is_deleted_at_its_last_safe_moment() -> None:
    given = situation(
        pod("job", annotations=PROTECT),
        budgets=[budget("job")],
        budgets_on_interruption=BudgetMode.IGNORE,
    )
    step = alone(given).step
    assert step is not None
    assert (step.call, step.at) == (Call.DELETE, LAST_SAFE)


def test_a_pod_that_the_policy_never_disrupts_is_waited_for_and_not_asked() -> None:
    given = situation(
        pod("job", annotations=PROTECT), protected_on_interruption=ProtectedMode.NEVER
    )
    only = alone(given, T0 + 111)
    assert (only.step, only.force, only.left) == (None, None, True)


def test_a_voluntary_drain_without_a_deadline_evicts_and_forces_nobody() -> None:
    free, guarded, job = pod("free"), pod("guarded"), pod("job", annotations=PROTECT)
    drain = plan(
        situation(
            free,
            guarded,
            job,
            budgets=[budget("guarded")],
            attempts={"guarded": BLOCKED},
            voluntary=True,
        ),
        T0 + 5000,
    )
    assert entry(drain, "free").step == Step(free, Call.EVICT, T0, 0, None, None)
    assert entry(drain, "guarded").step == Step(guarded, Call.EVICT, T0, 0, "shop/guarded", None)
    assert entry(drain, "job").step is None
    assert all(e.force is None for e in drain.entries)


def test_a_voluntary_drain_forces_nobody_even_when_its_end_is_announced() -> None:
    given = situation(pod(), budgets=[budget()], voluntary=True, announced=True)
    only = alone(given, LAST_SAFE)
    assert only.last_safe == LAST_SAFE
    assert only.force is None
    assert only.step is not None
    assert only.step.call is Call.EVICT


def test_without_a_deadline_protected_pods_take_their_turn() -> None:
    given = situation(
        pod("job", annotations=PROTECT),
        voluntary=True,
        protected_on_voluntary=ProtectedMode.EVICT_LAST,
    )
    step = alone(given).step
    assert step is not None
    assert step.at == T0


def test_on_a_voluntary_drain_critical_pods_stay_as_long_as_a_kept_pod_does() -> None:
    drain = plan(
        situation(pod("job", annotations=PROTECT), pod("dns", priority=CRITICAL), voluntary=True),
        T0,
    )
    assert entry(drain, "dns").step is None
    assert drain.wake_at(T0) is None


# --- pods that are stopping ----------------------------------------------------------------------


def test_a_grace_that_outlasts_the_instance_is_cut_once_six_seconds_before_the_end() -> None:
    web = pod(deletion_time=T0 + 121)
    assert alone(situation(web)).step == Step(web, Call.SHORTEN, T0 + 114, 0, None, 1)
    cut = Attempt(shortened=True)
    assert alone(situation(web, attempts={"web": cut}), T0 + 115).step is None


def test_a_cut_that_failed_is_repeated_when_its_time_to_retry_has_come() -> None:
    web = pod(deletion_time=T0 + 300)
    failed = Attempt(retry_at=T0 + 115)
    step = alone(situation(web, attempts={"web": failed}), T0 + 114).step
    assert step is not None
    assert step.at == T0 + 115


def test_an_eviction_that_hangs_does_not_hold_up_the_cut() -> None:
    web = pod(deletion_time=T0 + 300)
    hangs = Attempt(in_flight=True, asked_at=T0 + 113)
    step = alone(situation(web, attempts={"web": hangs}), T0 + 114).step
    assert step is not None
    assert (step.call, step.at) == (Call.SHORTEN, T0 + 114)


def test_a_grace_that_ends_by_the_deadline_is_left_alone() -> None:
    assert alone(situation(pod(deletion_time=T0 + 120))).step is None


def test_without_a_deadline_no_grace_is_cut() -> None:
    assert alone(situation(pod(deletion_time=T0 + 9000), voluntary=True)).step is None


def test_a_stopping_pod_is_waited_for() -> None:
    assert not plan(situation(pod(deletion_time=T0 + 5)), T0).drained


# --- waking up -----------------------------------------------------------------------------------


def test_the_clock_wakes_the_drain_for_the_next_band_then_for_force() -> None:
    given = situation(pod("low"), pod("high", priority=9), budgets=[budget("high")])
    drain = plan(given, T0)
    assert drain.wake_at(T0) == T0 + 5
    assert drain.wake_at(T0 + 5) == LAST_SAFE
    assert drain.wake_at(LAST_SAFE) is None


def test_the_clock_wakes_the_drain_when_a_protection_ends() -> None:
    job = pod("job", annotations={"spotdrain.io/do-not-disrupt": "10m"}, start_time=T0 - 60)
    given = situation(job, voluntary=True)
    assert plan(given, T0).wake_at(T0) == T0 + 540
    step = alone(given, T0 + 540).step
    assert step is not None
    assert step.call is Call.EVICT


def test_an_empty_node_is_drained_and_never_wakes() -> None:
    drain = plan(situation(), T0)
    assert drain.drained
    assert drain.wake_at(T0) is None
