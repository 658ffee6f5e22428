"""The plan for small nodes, every instant worked out by hand.

A notice at T0 = 1000 has its deadline at 1120 and its window ends at 1112. A pod with 30 s of grace
needs 33 s: its last safe moment is 1079. The bands start 5 s apart: 1000, 1005, 1010, 1015.
"""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.selector import Selector
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.plan import Call, Step
from controller.drain.planner import plan
from tests.builders import CRITICAL, PROTECT, T0, alone, at, budget, entry, pod, situation

ACCEPTED = Attempt(requested_at=T0, accepted_at=T0)
BLOCKED = Attempt(refused=Verdict("DisruptionBudget", "no room"), tries=1)
BUSY = Verdict("APIServerBusy", "try again later")
LAST_SAFE = T0 + 79


def test_of_one_pod_the_call_that_is_due_is_found_by_its_uid() -> None:
    drain = plan(situation(pod("low", priority=-10), pod("high", priority=1000)), T0)

    due = drain.due_for("uid-low", T0)
    assert due is not None
    assert due.pod.name == "low"
    assert drain.due_for("uid-high", T0) is None
    assert drain.due_for("uid-gone", T0) is None


# --- order and bands -----------------------------------------------------------------------------


def test_bands_start_a_stagger_apart_while_lower_pods_are_unasked() -> None:
    drain = plan(
        situation(
            pod("high", priority=1000),
            pod("low", priority=-10),
            pod("mid", priority=0),
            pod("dns", priority=CRITICAL),
        ),
        T0,
    )
    assert [e.pod.name for e in drain.entries] == ["low", "mid", "high", "dns"]
    assert [at(drain, name) for name in ("low", "mid", "high")] == [0, 5, 10]
    assert at(drain, "dns") == 79  # lower pods still serve: it goes at its last safe moment


def test_a_band_starts_at_once_when_all_lower_pods_were_accepted_or_refused() -> None:
    drain = plan(
        situation(
            pod("low", priority=-10),
            pod("guarded", priority=-10),
            pod("mid", priority=0),
            pod("high", priority=1000),
            budgets=[budget("guarded")],
            attempts={"low": ACCEPTED, "guarded": BLOCKED},
        ),
        T0 + 1,
    )
    assert [at(drain, name) for name in ("low", "guarded", "mid", "high")] == [None, 0, 1, 10]


def test_a_lane_that_refused_another_pod_lets_higher_bands_start_too() -> None:
    pods = (pod("low", app="web"), pod("high", priority=9))
    drain = plan(situation(*pods, budgets=[budget("web")], blocked_lanes=["shop/web"]), T0 + 2)
    assert at(drain, "high") == 2
    assert entry(drain, "low").lane_blocked
    assert not entry(drain, "high").lane_blocked


def test_two_budgets_on_a_low_pod_starve_nobody() -> None:
    budgets = [budget("low"), budget("all", app="low")]
    drain = plan(situation(pod("low"), pod("high", priority=9), budgets=budgets), T0)
    assert at(drain, "low") is None
    assert at(drain, "high") == 0


def test_system_critical_pods_start_when_all_lower_pods_are_gone() -> None:
    stopping = pod("web", deletion_time=T0 + 30)
    dns = pod("dns", priority=CRITICAL)
    assert at(plan(situation(stopping, dns), T0 + 4), "dns") == 79
    assert at(plan(situation(dns), T0 + 4), "dns") == 0


@pytest.mark.parametrize(
    "fields", [{"mirror": True}, {"owner_kind": "DaemonSet"}, {"phase": "Failed"}]
)
def test_system_critical_pods_do_not_wait_for_pods_that_end_with_the_node(
    fields: dict[str, Any],
) -> None:
    drain = plan(situation(pod("stays", **fields), pod("dns", priority=CRITICAL)), T0)
    assert at(drain, "dns") == 0


def test_no_band_starts_after_the_last_safe_moment_of_a_pod_in_it_or_above() -> None:
    """A critical pod with 60 s of grace and a volume needs 75 s: everybody has started by then."""
    drain = plan(
        situation(
            pod("low"),
            pod("high", priority=9),
            pod("csi", priority=CRITICAL, grace=60, has_volume_claims=True),
            band_stagger=50.0,
        ),
        T0,
    )
    assert [at(drain, name) for name in ("low", "high", "csi")] == [0, 37, 37]


def test_without_order_everybody_starts_at_once() -> None:
    drain = plan(situation(pod("low"), pod("dns", priority=CRITICAL), ordered=False), T0)
    assert [at(drain, name) for name in ("low", "dns")] == [0, 0]


def test_among_equals_volumes_go_first_then_long_graces_then_unready_pods_then_names() -> None:
    drain = plan(
        situation(
            pod("e"),
            pod("d"),
            pod("c", ready=False),
            pod("b", grace=60),
            pod("a", has_volume_claims=True),
        ),
        T0,
    )
    assert [step.pod.name for step in drain.due(T0)] == ["a", "b", "c", "d", "e"]


def test_a_late_notice_asks_everybody_at_once_the_lowest_first() -> None:
    """The message came 115 s late: the window has ended, and one second of grace is left."""
    late = situation(
        pod("dns", priority=CRITICAL),
        pod("guarded", priority=5),
        pod("kept-long", priority=1, annotations=PROTECT),
        pod("low"),
        budgets=[budget("guarded")],
    )
    due = plan(late, T0 + 115).due(T0 + 115)
    assert [(s.pod.name, s.call, s.grace) for s in due] == [
        ("low", Call.EVICT, 1),
        ("kept-long", Call.EVICT, 1),
        ("guarded", Call.DELETE, 1),
        ("dns", Call.EVICT, 1),
    ]


# --- one pod's turn ------------------------------------------------------------------------------


def test_a_free_pod_is_evicted_at_its_bands_start_with_its_own_grace_and_never_by_force() -> None:
    web = pod()
    only = alone(situation(web))
    assert only.step == Step(web, Call.EVICT, T0, 0, None, None)
    assert only.force is None
    assert only.last_safe == LAST_SAFE


def test_a_long_grace_is_sent_as_what_is_left() -> None:
    step = alone(situation(pod(grace=300))).step
    assert step is not None
    assert step.grace == 112


def test_a_guarded_pod_is_evicted_through_its_lane_and_deleted_at_its_last_safe_moment() -> None:
    web = pod()
    only = alone(situation(web, budgets=[budget()]))
    assert only.step == Step(web, Call.EVICT, T0, 0, "shop/web", None)
    unasked = Verdict("DisruptionBudget", "shop/web was not asked in time")
    assert only.force == Step(web, Call.DELETE, LAST_SAFE, overrides=unasked)


def test_a_deletion_of_a_pod_with_a_long_grace_gets_all_that_is_left_at_the_cap() -> None:
    """With 300 s of grace and a cap of 60 s the last safe moment is 1049; 63 s are left then."""
    only = alone(situation(pod(grace=300), budgets=[budget()]))
    assert only.force is not None
    assert (only.force.at, only.force.grace) == (T0 + 49, 63)


def test_a_pod_under_two_budgets_is_not_evicted_but_deleted_at_its_last_safe_moment() -> None:
    only = alone(situation(pod(), budgets=[budget(), budget("all", selector=Selector())]))
    assert only.step is None
    assert only.force is not None
    assert (only.force.call, only.force.at) == (Call.DELETE, LAST_SAFE)
    assert only.force.overrides == only.coverage.stuck


def test_a_refused_pod_is_asked_again_when_its_time_to_retry_has_come() -> None:
    waiting = Attempt(refused=BUSY, retry_at=T0 + 3)
    only = alone(situation(pod(), attempts={"web": waiting}), T0 + 2)
    assert only.step is not None
    assert only.step.at == T0 + 3


def test_a_free_pod_that_was_refused_is_deleted_at_its_last_safe_moment() -> None:
    """A webhook may refuse evictions for ever."""
    refused = Attempt(refused=Verdict("Refused", "admission webhook"), retry_at=T0 + 3)
    only = alone(situation(pod(), attempts={"web": refused}), T0 + 2)
    assert only.force is not None
    assert (only.force.call, only.force.at) == (Call.DELETE, LAST_SAFE)
    assert only.force.overrides == refused.refused


def test_a_failed_deletion_is_repeated_when_its_time_to_retry_has_come_and_not_before() -> None:
    busy = Attempt(refused=BUSY, retry_at=LAST_SAFE + 3, force_at=LAST_SAFE + 3)
    given = situation(pod(), budgets=[budget()], attempts={"web": busy})
    drain = plan(given, LAST_SAFE + 1)
    assert drain.due(LAST_SAFE + 1) == []
    assert drain.wake_at(LAST_SAFE + 1) == LAST_SAFE + 3
    (step,) = plan(given, LAST_SAFE + 3).due(LAST_SAFE + 3)
    assert (step.call, step.grace) == (Call.DELETE, None)


def test_at_the_last_safe_moment_force_takes_the_evictions_place() -> None:
    given = situation(pod(), budgets=[budget()], attempts={"web": BLOCKED})
    (before,) = plan(given, LAST_SAFE - 1).due(LAST_SAFE - 1)
    (then,) = plan(given, LAST_SAFE).due(LAST_SAFE)
    assert (before.call, then.call) == (Call.EVICT, Call.DELETE)


def test_a_call_in_flight_is_not_made_twice() -> None:
    evicting, deleting = Attempt(in_flight=True), Attempt(deleting=True)
    given = situation(pod(), budgets=[budget()], attempts={"web": evicting})
    assert alone(given, LAST_SAFE).step is None
    given = situation(pod(), budgets=[budget()], attempts={"web": deleting})
    assert (alone(given, LAST_SAFE).step, alone(given, LAST_SAFE).force) == (None, None)


def test_an_eviction_that_hangs_does_not_hold_up_the_deletion() -> None:
    hanging = Attempt(in_flight=True, asked_at=LAST_SAFE - 0.5)
    given = situation(pod(), budgets=[budget()], attempts={"web": hanging})
    assert plan(given, LAST_SAFE - 0.1).due(LAST_SAFE - 0.1) == []
    (step,) = plan(given, LAST_SAFE).due(LAST_SAFE)
    assert step.call is Call.DELETE
    assert step.overrides == ("DisruptionBudget", "shop/web was not asked in time")


def test_an_unguarded_eviction_gets_the_time_kept_for_the_api_server_before_it_is_overtaken() -> (
    None
):
    """Nothing stands against it, so its answer is the likely end; a dead connection is not."""
    hanging = Attempt(in_flight=True, asked_at=LAST_SAFE)
    given = situation(pod(), attempts={"web": hanging})
    assert plan(given, LAST_SAFE + 2.9).due(LAST_SAFE + 2.9) == []
    (step,) = plan(given, LAST_SAFE + 3).due(LAST_SAFE + 3)
    assert step.call is Call.DELETE
    assert step.overrides == ("APIServerUnreachable", "its eviction was not answered in time")


def test_an_evictions_back_off_does_not_hold_up_the_deletion() -> None:
    moving = Attempt(refused=Verdict("Migrating", "evacuates"), retry_at=LAST_SAFE + 9)
    (step,) = plan(situation(pod(), attempts={"web": moving}), LAST_SAFE).due(LAST_SAFE)
    assert (step.call, step.overrides) == (Call.DELETE, moving.refused)


def test_an_accepted_pod_is_not_asked_again() -> None:
    only = alone(situation(pod(), budgets=[budget()], attempts={"web": ACCEPTED}), LAST_SAFE)
    assert (only.step, only.force) == (None, None)


def test_in_a_namespace_that_is_being_deleted_pods_are_deleted() -> None:
    refused = Attempt(refused=Verdict("NamespaceTerminating", "forbidden"))
    given = situation(pod(), budgets=[budget()], attempts={"web": refused})
    step = alone(given, T0 + 1).step
    assert step is not None
    assert (step.call, step.at, step.lane) == (Call.DELETE, T0, None)


@pytest.mark.parametrize(
    "fields",
    [{"mirror": True}, {"owner_kind": "DaemonSet"}, {"phase": "Succeeded"}, {"phase": "Failed"}],
)
def test_pods_that_end_with_the_node_are_neither_asked_nor_waited_for(
    fields: dict[str, Any],
) -> None:
    drain = plan(situation(pod(**fields)), T0)
    assert drain.due(T0 + 500) == []
    assert drain.drained
    assert not drain.entries[0].left


def test_a_budget_is_asked_a_second_before_it_is_overridden_also_for_who_waits_for_others() -> None:
    """A system-critical pod waits for the lower ones; its last safe moment is not its first chance."""
    dns = pod("dns", priority=CRITICAL)
    drain = plan(situation(dns, pod("web"), budgets=[budget("dns")]), T0)

    (found,) = (e for e in drain.entries if e.pod is dns)

    assert found.step is not None
    assert found.force is not None
    assert (found.step.at, found.force.at) == (LAST_SAFE - 1, LAST_SAFE)
