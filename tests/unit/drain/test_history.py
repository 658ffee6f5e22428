"""What became of every pod of a drain, also where two replicas tell of it."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.history import (
    Passage,
    attempted,
    evidenced,
    followed,
    foreseen,
    merged,
    passage_of,
)
from controller.drain.plan import Surroundings
from controller.drain.planner import plan
from tests.builders import PROTECT, T0, alone, budget, entry, pod, situation


def test_a_pod_enters_the_history_when_it_is_found() -> None:
    assert passage_of(pod("db-0", owner_kind="", priority=7)) == Passage("shop/db-0", "uid-db-0", 7)
    owned = passage_of(pod("db-0", owner_kind="StatefulSet", owner_name="db"))
    assert owned.owner == "StatefulSet/db"


def test_an_attempt_is_taken_over() -> None:
    blocked = Attempt(requested_at=T0, refused=Verdict("DisruptionBudget", "no room"))
    passage = attempted(passage_of(pod("db-0")), blocked)
    assert (passage.requested_at, passage.accepted_at) == (T0, None)
    assert passage.reason == "DisruptionBudget"
    past = Verdict("DisruptionBudget", "no room")
    accepted = Attempt(requested_at=T0, accepted_at=T0 + 5, forced=True, grace=20, overrode=past)
    passage = attempted(passage, accepted, 30)
    assert (passage.accepted_at, passage.forced, passage.reason) == (T0 + 5, True, "")
    assert passage.overrode == "DisruptionBudget: no room"
    assert (passage.grace, passage.truncated) == (20, True)


def test_a_pod_that_got_its_own_grace_is_told_with_it() -> None:
    passage = attempted(passage_of(pod("db-0")), Attempt(accepted_at=T0), 45)
    assert (passage.grace, passage.truncated) == (45, False)
    longer = attempted(passage_of(pod("db-0")), Attempt(accepted_at=T0, grace=45), 45)
    assert (longer.grace, longer.truncated) == (45, False)


def test_what_a_deletion_went_past_is_bounded() -> None:
    endless = Attempt(accepted_at=T0, overrode=Verdict("Refused", "no " * 1000))
    assert len(attempted(passage_of(pod("db-0")), endless).overrode) == 300


def test_what_an_earlier_process_achieved_stays_when_the_next_one_shortens_the_grace() -> None:
    before = Passage("shop/db-0", "uid-db-0", 0, T0 + 1, T0 + 2, forced=True, grace=110)
    shortening = Attempt(requested_at=T0 + 114, shortened=True, tries=1)
    assert attempted(before, shortening) == replace(before, truncated=True)


def test_the_plan_is_told_until_the_pod_is_asked() -> None:
    drain = plan(situation(pod("low"), pod("next", priority=9)), T0)
    passage = foreseen(passage_of(pod("next", priority=9)), entry(drain, "next"))
    assert foreseen(passage, entry(drain, "next")) is passage
    assert (passage.planned_at, passage.planned_call) == (T0 + 5, "Evict")
    assert passage.treated == "Normal"
    asked = replace(passage, requested_at=T0 + 1)
    later = plan(situation(pod("next", priority=9)), T0 + 9)
    assert foreseen(asked, entry(later, "next")) == asked


def test_the_budget_that_guards_a_pod_is_told_until_it_leaves() -> None:
    asked = Passage("shop/web", "uid-web", requested_at=T0)
    guards = [budget("web"), budget("also", app="web")]
    one = foreseen(asked, entry(plan(situation(pod("web"), budgets=guards[:1]), T0), "web"))
    assert one.budget == "shop/web"
    two = foreseen(one, entry(plan(situation(pod("web"), budgets=guards), T0), "web"))
    assert two.budget == "shop/also"
    gone = plan(situation(pod("web"), attempts={"web": Attempt(accepted_at=T0)}), T0)
    assert foreseen(two, entry(gone, "web")) == two


def test_a_call_on_its_way_leaves_the_plan_as_it_was() -> None:
    passage = Passage("shop/web", "uid-web", planned_at=T0, planned_call="Evict")
    sent = plan(situation(pod("web"), attempts={"web": Attempt(in_flight=True)}), T0)
    assert foreseen(passage, entry(sent, "web")) == passage


def test_a_pod_whose_budget_has_no_room_is_told_when_it_is_deleted() -> None:
    full = plan(situation(pod("web"), budgets=[budget("web")], blocked_lanes=["shop/web"]), T0)
    passage = foreseen(passage_of(pod("web")), entry(full, "web"))
    assert (passage.planned_at, passage.planned_call) == (T0 + 79, "Delete")


def test_a_pod_without_a_turn_has_no_plan() -> None:
    kept = plan(situation(pod("web", annotations=PROTECT), voluntary=True), T0)
    passage = foreseen(passage_of(pod("web")), entry(kept, "web"))
    assert (passage.treated, passage.planned_at, passage.planned_call) == ("Kept", None, "")


def test_what_two_replicas_know_of_one_pod_is_put_together() -> None:
    """The grace is that of the request which was accepted first: the other one changed nothing."""
    ours = Passage("shop/db-0", "u", 7, T0 + 1, T0 + 4, None, False, 30, "")
    theirs = Passage("shop/db-0", "u", 7, T0 + 2, T0 + 3, T0 + 9, True, 20, "DisruptionBudget")

    assert merged({"u": ours}, {"u": theirs}) == {
        "u": Passage("shop/db-0", "u", 7, T0 + 1, T0 + 3, T0 + 9, True, 20, "")
    }


def test_what_only_one_replica_knows_is_kept() -> None:
    asked = Passage("shop/db-0", "u", requested_at=T0)
    accepted = replace(asked, accepted_at=T0 + 1, grace=20)
    alone = Passage("shop/web-0", "v")

    assert merged({"u": asked}, {"u": accepted, "v": alone}) == {"u": accepted, "v": alone}
    assert merged({"u": accepted, "v": alone}, {"u": asked}) == {"u": accepted, "v": alone}
    assert merged({"u": asked}, {}) == {"u": asked}


ASKED = Passage("shop/web", "uid-web", requested_at=T0, accepted_at=T0 + 1)


def test_a_pod_that_a_drain_is_about_has_a_passage_from_when_it_is_seen() -> None:
    seen = followed(None, alone(situation(pod())), T0)
    assert seen is not None
    assert (seen.pod, seen.gone_at, seen.planned_call) == ("shop/web", None, "Evict")
    assert followed(None, alone(situation(pod(mirror=True))), T0) is None


def test_a_pod_whose_containers_have_ended_is_gone_although_its_object_stays() -> None:
    """A finalizer may hold it for hours; a Job's finished pod stays for good."""
    held = alone(situation(pod(deletion_time=T0 + 9, held_by_finalizer=True)))
    gone = followed(ASKED, held, T0 + 5)
    assert gone == replace(ASKED, gone_at=T0 + 5)
    assert followed(gone, held, T0 + 60) == gone
    finished = alone(situation(pod(phase="Succeeded")))
    assert followed(ASKED, finished, T0 + 7) == replace(ASKED, gone_at=T0 + 7)


def test_a_pod_that_was_given_up_on_a_silent_node_is_back_when_the_node_reports() -> None:
    stopping = pod(deletion_time=T0 + 30)
    silent = situation(stopping, around=Surroundings(node_ready=False))
    gone = followed(ASKED, alone(silent, T0 + 30), T0 + 30)
    assert gone == replace(ASKED, gone_at=T0 + 30)
    back = followed(gone, alone(situation(stopping), T0 + 31), T0 + 31)
    assert back is not None
    assert back.gone_at is None


def test_a_pod_that_is_left_alone_from_now_on_is_not_counted_unless_it_was_asked() -> None:
    around = Surroundings(recreated=frozenset({"rs-1"}))
    comes_back = alone(situation(pod(owner_uid="rs-1"), around=around))
    assert followed(Passage("shop/web", "uid-web"), comes_back, T0) is None
    assert followed(ASKED, comes_back, T0 + 2) == replace(ASKED, gone_at=T0 + 2)


STOPPING = pod("db-0", deletion_time=T0 + 30, deletion_grace=20, disruption="EvictionByEvictionAPI")


def test_a_stopping_pod_tells_that_it_was_asked_where_the_answer_was_lost() -> None:
    passage = evidenced(passage_of(STOPPING), STOPPING)
    assert (passage.requested_at, passage.accepted_at) == (T0 + 10, T0 + 10)
    assert (passage.forced, passage.grace) == (False, 20)


def test_a_stopping_pod_tells_that_it_was_deleted_past_its_budget() -> None:
    asked = replace(passage_of(STOPPING), requested_at=T0 + 1)
    passage = evidenced(asked, replace(STOPPING, disruption="SpotInterruption"))
    assert (passage.requested_at, passage.accepted_at) == (T0 + 1, T0 + 10)
    assert passage.forced


def test_what_is_known_and_what_others_did_is_left_as_it_is() -> None:
    known = replace(passage_of(STOPPING), accepted_at=T0 + 2, grace=30)
    assert evidenced(known, STOPPING) == known
    unasked = passage_of(STOPPING)
    assert evidenced(unasked, replace(STOPPING, deletion_time=None)) == unasked
    assert evidenced(unasked, replace(STOPPING, disruption="PreemptionByScheduler")) == unasked
