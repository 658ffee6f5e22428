"""Kinds of pods, by the numbers of the catalogue: who is asked, who is left alone, who is waited for.

A notice at T0 has its deadline at T0 + 120; a pod with 30 s of grace is asked by T0 + 79.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.node import Taint
from controller.domain.policy import DaemonSetMode
from controller.domain.toleration import Toleration
from controller.drain.attempt import Attempt
from controller.drain.plan import Call, Step, Surroundings
from controller.drain.planner import plan
from controller.drain.treatment import PodClass
from tests.builders import CRITICAL, PROTECT, T0, alone, at, budget, entry, pod, situation

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts
    from controller.drain.plan import Entry

TAINT = Taint("spotdrain.io/interruption", "NoSchedule", "i-1")
ACCEPTED = Attempt(requested_at=T0, accepted_at=T0)
LAST_SAFE = T0 + 79


def daemon(name: str = "agent", **fields: Any) -> PodFacts:
    return pod(name, **({"owner_kind": "DaemonSet", "owner_uid": "ds-1"} | fields))


def left_alone(found: Entry) -> bool:
    return (found.step, found.force, found.left) == (None, None, False)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_t17_a_finished_pod_is_neither_asked_nor_waited_for(phase: str) -> None:
    drain = plan(situation(pod(phase=phase)), T0)
    assert left_alone(drain.entries[0])
    assert drain.drained


def test_t18_a_pending_pod_on_the_node_is_evicted_although_its_budget_has_no_room() -> None:
    web = pod(phase="Pending", ready=False)
    given = situation(web, budgets=[budget()], blocked_lanes=["shop/web"])
    assert alone(given).step == Step(web, Call.EVICT, T0)


def test_t25_a_static_pod_is_never_touched_whatever_else_it_is() -> None:
    static = pod(mirror=True, owner_kind="Node", annotations=PROTECT, deletion_time=T0 + 500)
    for voluntary in (False, True):
        assert left_alone(alone(situation(static, voluntary=voluntary), T0 + 114))


def test_t26_a_daemon_set_pod_is_left_to_end_with_the_node() -> None:
    exists = Surroundings(daemon_sets=frozenset({"ds-1"}))
    found = alone(situation(daemon(), around=exists), T0 + 110)
    assert left_alone(found)
    assert found.treated.verdict.reason == "DaemonSet"


def test_t27_a_pod_whose_daemon_set_is_gone_is_evicted_as_any_other() -> None:
    orphan = daemon(priority=5)
    around = Surroundings(daemon_sets=frozenset({"ds-2"}))
    for mode in DaemonSetMode:
        given = situation(orphan, around=around, daemon_sets=mode)
        assert alone(given).step == Step(orphan, Call.EVICT, T0)


@pytest.mark.parametrize("owner", ["ds-1", ""])
def test_t28_while_daemon_sets_are_unknown_no_pod_is_taken_for_an_orphan(owner: str) -> None:
    assert left_alone(alone(situation(daemon(owner_uid=owner))))
    known = Surroundings(daemon_sets=frozenset({"ds-2"}))
    assert left_alone(alone(situation(daemon(owner_uid=""), around=known)))


@pytest.mark.parametrize("mode", list(DaemonSetMode))
def test_t29_a_failed_daemon_set_pod_is_not_deleted_since_it_would_be_replaced(
    mode: DaemonSetMode,
) -> None:
    around = Surroundings(daemon_sets=frozenset({"ds-1"}), taint=TAINT)
    given = situation(daemon(phase="Failed"), around=around, daemon_sets=mode)
    assert left_alone(alone(given, T0 + 111))


def test_t30_the_pod_of_a_custom_resource_is_evicted() -> None:
    spark = pod(owner_kind="SparkApplication", owner_uid="s-1")
    for voluntary in (False, True):
        assert alone(situation(spark, voluntary=voluntary)).step == Step(spark, Call.EVICT, T0)


def test_t31_a_pod_without_a_controller_stays_on_a_voluntary_drain() -> None:
    bare = pod(owner_kind="")
    found = alone(situation(bare, voluntary=True), T0 + 5000)
    assert (found.step, found.left) == (None, True)
    assert found.treated.verdict.reason == "Unmanaged"
    allowed = situation(bare, voluntary=True, evict_unmanaged_on_voluntary=True)
    assert alone(allowed).step == Step(bare, Call.EVICT, T0)


def test_t31_on_an_interruption_it_is_evicted_with_a_warning() -> None:
    found = alone(situation(pod(owner_kind="")))
    assert found.step is not None
    assert [warning.reason for warning in found.warnings] == ["Unmanaged"]
    assert alone(situation(pod())).warnings == ()


def test_t32_a_pod_with_an_empty_dir_is_evicted_unless_the_policy_keeps_it_on_a_voluntary_drain() -> (
    None
):
    cache = pod(local_storage=True)
    kept: dict[str, Any] = {"evict_local_storage_on_voluntary": False}
    assert alone(situation(cache, voluntary=True)).step is not None
    assert alone(situation(cache, **kept)).step is not None
    found = alone(situation(cache, voluntary=True, **kept))
    assert (found.step, found.left) == (None, True)
    assert found.treated.verdict.reason == "LocalStorage"


def test_t33_pods_that_keep_coming_back_are_left_alone_and_not_waited_for() -> None:
    again = pod(owner_uid="rs-1", tolerations=(Toleration(operator="Exists"),))
    given = situation(again, around=Surroundings(recreated=frozenset({"rs-1"})))
    found = alone(given)
    assert left_alone(found)
    assert found.treated.verdict.reason == "Tolerates"
    assert plan(given, T0).drained


def test_t33_one_of_them_that_is_stopping_is_still_waited_for() -> None:
    around = Surroundings(recreated=frozenset({"rs-1"}))
    found = alone(situation(pod(owner_uid="rs-1", deletion_time=T0 + 30), around=around))
    assert found.treated.pod_class is PodClass.STOPPING
    assert found.left


def test_t34_a_pod_that_was_bound_after_the_cordon_is_asked_as_soon_as_it_is_seen() -> None:
    before = situation(pod("old"), attempts={"old": ACCEPTED})
    late = pod("late", priority=-10)
    drain = plan(replace(before, pods=(*before.pods, late)), T0 + 3)
    assert [step.pod.name for step in drain.due(T0 + 3)] == ["late"]


@pytest.mark.parametrize("ends", [T0 + 20, T0 + 120])
def test_t35_a_pod_that_stops_before_the_deadline_is_only_waited_for(ends: float) -> None:
    found = alone(situation(pod(deletion_time=ends)), T0 + 119)
    assert (found.step, found.force, found.left) == (None, None, True)


def test_t36_a_grace_that_outlasts_the_deadline_is_cut_once_and_not_before_the_final_kill() -> None:
    web = pod(grace=300, deletion_time=T0 + 300)
    given = situation(web)
    assert plan(given, T0 + 113.9).due(T0 + 113.9) == []
    assert plan(given, T0 + 114).due(T0 + 114) == [Step(web, Call.SHORTEN, T0 + 114, grace=1)]
    cut = replace(given, attempts={web.uid: Attempt(shortened=True)})
    assert plan(cut, T0 + 115).due(T0 + 115) == []


def test_t37_an_object_that_only_a_finalizer_holds_does_not_keep_the_node_from_being_drained() -> (
    None
):
    held = pod(deletion_time=T0 + 300, held_by_finalizer=True)
    drain = plan(situation(held, pod("dns", priority=CRITICAL)), T0)
    found = entry(drain, "web")
    assert left_alone(found)
    assert found.treated.verdict.reason == "FinalizerHeld"
    assert at(drain, "dns") == 0  # nothing runs there that would need it
    assert plan(situation(held), T0).drained


# --- DaemonSet pods that go last -----------------------------------------------------------------

LAST: dict[str, Any] = {"daemon_sets": DaemonSetMode.EVICT_LAST}
FENCED = Surroundings(daemon_sets=frozenset({"ds-1"}), taint=TAINT)


def test_daemon_set_pods_go_when_all_others_are_gone() -> None:
    waiting = plan(
        situation(daemon(), pod("dns", priority=CRITICAL), around=FENCED, **LAST), T0 + 9
    )
    assert at(waiting, "agent") == 79
    assert at(waiting, "dns") == 0  # it does not wait for them
    assert waiting.entries[-1].pod.name == "agent"
    assert alone(situation(daemon(), around=FENCED, **LAST), T0 + 9).step == Step(
        daemon(), Call.EVICT, T0 + 9
    )


def test_daemon_set_pods_are_waited_for_when_they_were_asked() -> None:
    given = situation(daemon(deletion_time=T0 + 30), around=FENCED, **LAST)
    assert not plan(given, T0).drained


@pytest.mark.parametrize(
    ("tolerations", "taint"),
    [
        ((Toleration(operator="Exists"),), TAINT),
        ((Toleration(TAINT.key, "Equal", "i-1", "NoSchedule"),), TAINT),
        ((), None),
        ((), Taint(TAINT.key, "PreferNoSchedule", "i-1")),
    ],
)
def test_daemon_set_pods_that_would_come_back_are_left_alone(
    tolerations: tuple[Toleration, ...], taint: Taint | None
) -> None:
    around = replace(FENCED, taint=taint)
    assert left_alone(alone(situation(daemon(tolerations=tolerations), around=around, **LAST)))


def test_a_toleration_of_the_cordon_alone_lets_no_daemon_set_pod_come_back() -> None:
    cordon = Toleration("node.kubernetes.io/unschedulable", "Exists", effect="NoSchedule")
    found = alone(situation(daemon(tolerations=(cordon,)), around=FENCED, **LAST))
    assert found.treated.pod_class is PodClass.LAST


# --- the controller itself -----------------------------------------------------------------------


def test_t62_the_controllers_own_pod_leaves_after_all_others_and_by_its_last_safe_moment() -> None:
    around = replace(FENCED, own_pod="shop/me")
    me = pod("me", priority=-10)
    waiting = plan(situation(me, daemon(), around=around, **LAST), T0)
    assert [e.pod.name for e in waiting.entries] == ["agent", "me"]
    assert at(waiting, "agent") == 0
    assert at(waiting, "me") == 79
    assert alone(situation(me, around=around), T0 + 9).step == Step(me, Call.EVICT, T0 + 9)


def test_t62_under_a_budget_it_is_asked_a_second_before_it_is_deleted() -> None:
    around = Surroundings(own_pod="shop/me")
    drain = plan(situation(pod("me"), pod("web"), budgets=[budget("me")], around=around), T0)
    found = entry(drain, "me")
    assert found.step is not None
    assert found.force is not None
    assert (found.step.at, found.force.at) == (LAST_SAFE - 1, LAST_SAFE)


def test_t62_on_a_voluntary_drain_it_stays_as_long_as_a_kept_pod_does() -> None:
    around = Surroundings(own_pod="shop/me")
    given = situation(pod("me"), pod("job", annotations=PROTECT), voluntary=True, around=around)
    assert at(plan(given, T0), "me") is None


# --- a node that does not report -----------------------------------------------------------------

SILENT = Surroundings(node_ready=False)


def test_t58_on_a_silent_node_nobody_is_waited_for_after_its_grace() -> None:
    """The kubelet cannot confirm an end. Before the grace is over the containers may well run on.

    "No longer waited for" at once would call a node drained while its pods are still stopping.
    """
    given = situation(pod(deletion_time=T0 + 30), around=SILENT)
    before, after = plan(given, T0 + 29), plan(given, T0 + 30)
    assert not before.drained
    assert before.wake_at(T0 + 29) == T0 + 30
    assert after.drained
    assert after.entries[0].treated.verdict.reason == "NodeUnreachable"


def test_t58_on_a_silent_node_what_a_budget_blocks_is_deleted_at_once() -> None:
    given = situation(pod(), budgets=[budget()], blocked_lanes=["shop/web"], around=SILENT)
    (step,) = plan(given, T0 + 9).due(T0 + 9)
    assert (step.call, step.overrides is not None) == (Call.DELETE, True)
    unasked = situation(pod(), budgets=[budget()], around=SILENT)
    (first,) = plan(unasked, T0 + 9).due(T0 + 9)
    assert first.call is Call.EVICT


def test_t58_on_a_silent_node_a_voluntary_drain_still_forces_nobody() -> None:
    given = situation(
        pod(), budgets=[budget()], blocked_lanes=["shop/web"], around=SILENT, voluntary=True
    )
    assert alone(given).force is None
