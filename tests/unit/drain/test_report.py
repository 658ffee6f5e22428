"""The status: counts, who waits and why, and one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller.domain.interruption import Phase
from controller.domain.selector import Selector
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.history import Passage
from controller.drain.planner import plan
from controller.drain.progress import Progress
from controller.drain.report import counts_of, status_of
from tests.builders import PROTECT, T0, budget, interruption, pod, rebalance_notice, situation

if TYPE_CHECKING:
    from controller.drain.plan import DrainPlan, Situation

NOW = T0 + 10
ACCEPTED = Attempt(requested_at=T0, accepted_at=T0 + 1)
NO_ROOM = "The disruption budget cart needs 1 healthy pods and has 1 currently"
BLOCKED = Attempt(requested_at=T0, refused=Verdict("DisruptionBudget", NO_ROOM), tries=3)


def seen(*names: str, **fields: Any) -> dict[str, Passage]:
    return {f"uid-{name}": Passage(f"shop/{name}", f"uid-{name}", **fields) for name in names}


def progress(**fields: Any) -> Progress:
    given: dict[str, Any] = {
        "record": interruption(started_at=T0 + 1),
        "phase": Phase.DRAINING,
        "policy": "(built-in)",
        "pool": "m6i.large/eu-central-1a",
        "fenced": Verdict("Fenced", "closed to new pods"),
    }
    return Progress(**(given | fields))


def mixed() -> DrainPlan:
    """Plan for one pod of every kind."""
    return plan(
        situation(
            pod("agent", owner_kind="DaemonSet"),
            pod("done", phase="Succeeded"),
            pod("cart"),
            pod("twice"),
            pod("going"),
            pod("sent"),
            pod("stops", deletion_time=T0 + 30),
            pod("job", annotations=PROTECT),
            pod("next", priority=9),
            budgets=[budget("cart"), budget("twice"), budget("again", app="twice")],
            attempts={"cart": BLOCKED, "sent": ACCEPTED},
        ),
        NOW,
    )


def waiting(drain: DrainPlan) -> dict[str, dict[str, Any]]:
    status = status_of(progress(plan=drain), NOW)
    return {entry["pod"]: entry for entry in status["waiting"]}


def message(**fields: Any) -> str:
    text: str = status_of(progress(**fields), NOW)["message"]
    return text


def conditions(**fields: Any) -> dict[str, dict[str, Any]]:
    return {c["type"]: c for c in status_of(progress(**fields), NOW)["conditions"]}


def test_a_status_says_all_at_a_glance() -> None:
    drain = plan(situation(pod("web")), NOW)
    status = status_of(progress(plan=drain, passages=seen("web")), NOW)
    assert status == {
        "phase": "Draining",
        "kind": "SpotInterruption",
        "observedNotices": 1,
        "deadline": "1970-01-01T00:18:40Z",
        "policy": "(built-in)",
        "pool": "m6i.large/eu-central-1a",
        "startedAt": "1970-01-01T00:16:41Z",
        "finishedAt": None,
        "outcome": None,
        "message": "1 of 1 pods left",
        "progress": "0/1 gone",
        "pods": {
            "total": 1,
            "evicted": 0,
            "blocked": 0,
            "protected": 0,
            "forced": 0,
            "truncated": 0,
            "gone": 0,
            "left": 1,
            "killed": 0,
        },
        "waiting": [
            {
                "pod": "shop/web",
                "priority": 0,
                "state": "Waiting",
                "reason": "Waiting",
                "message": "waits for the pods of lower priority to be asked first",
                "lastSafe": "1970-01-01T00:17:59Z",
            }
        ],
        "volumes": [],
        "timeline": [{"pod": "shop/web", "uid": "uid-web", "priority": 0}],
        "conditions": [
            {
                "type": "Fenced",
                "status": "True",
                "reason": "Fenced",
                "message": "closed to new pods",
                "lastTransitionTime": "1970-01-01T00:16:50Z",
            },
            {
                "type": "Drained",
                "status": "False",
                "reason": "PodsLeft",
                "message": "1 of 1 pods left",
                "lastTransitionTime": "1970-01-01T00:16:50Z",
            },
        ],
    }


def test_a_recommendation_has_no_deadline_and_no_last_safe_moments() -> None:
    drain = plan(situation(pod("web"), voluntary=True), NOW)
    given = progress(record=interruption(rebalance_notice()), plan=drain)
    status = status_of(given, NOW)
    assert (status["kind"], status["deadline"]) == ("Rebalance", None)
    assert status["startedAt"] == "1970-01-01T00:16:50Z"
    assert "lastSafe" not in status["waiting"][0]


def test_every_pod_that_is_left_is_listed_with_its_state_and_reason() -> None:
    entries = waiting(mixed())
    assert {name: (e["state"], e["reason"]) for name, e in entries.items()} == {
        "shop/cart": ("Blocked", "DisruptionBudget"),
        "shop/twice": ("Blocked", "MultiplePodDisruptionBudgets"),
        "shop/going": ("Waiting", "Waiting"),
        "shop/sent": ("Waiting", "Stopping"),
        "shop/stops": ("Stopping", "Stopping"),
        "shop/job": ("Protected", "DoNotDisrupt"),
        "shop/next": ("Waiting", "Waiting"),
    }
    assert entries["shop/cart"]["message"] == NO_ROOM
    assert entries["shop/cart"]["budget"] == "shop/cart"
    assert "budget" not in entries["shop/twice"]
    assert entries["shop/twice"]["budgets"] == ["shop/again", "shop/twice"]
    assert entries["shop/sent"]["message"] == "its eviction was accepted; it is stopping"


def test_a_pod_that_a_webhook_moves_is_called_migrating() -> None:
    moves = Attempt(refused=Verdict("Migrating", "Eviction triggered evacuation of shop/vm"))
    entry = waiting(plan(situation(pod("vm"), attempts={"vm": moves}), NOW))["shop/vm"]
    assert (entry["state"], entry["reason"]) == ("Migrating", "Migrating")


def test_a_refusal_by_a_webhook_is_told_and_is_no_block_by_a_budget() -> None:
    refused = Attempt(refused=Verdict("Refused", "admission webhook says no"))
    entry = waiting(plan(situation(pod("vm"), attempts={"vm": refused}), NOW))["shop/vm"]
    assert (entry["state"], entry["reason"]) == ("Waiting", "Refused")
    assert entry["message"] == "admission webhook says no"


def test_a_missing_right_is_a_condition_until_it_is_given() -> None:
    """Most drains never lack one, so the condition is not there for them."""
    words = 'User "spotdrain" cannot create resource "pods/eviction"'
    lacking = Attempt(refused=Verdict("Forbidden", words))
    free, held = situation(pod("web")), situation(pod("web"), attempts={"web": lacking})

    def permitted(given: Situation, *before: dict[str, Any]) -> list[tuple[str, str]]:
        told = interruption(conditions=before)
        progress = Progress(told, Phase.DRAINING, "default", "pool", plan=plan(given, NOW))
        conditions = status_of(progress, NOW)["conditions"]
        return [(c["status"], c["reason"]) for c in conditions if c["type"] == "Permitted"]

    assert permitted(free) == []
    assert permitted(held) == [("False", "Forbidden")]
    assert permitted(free, {"type": "Permitted", "status": "False"}) == [("True", "Permitted")]


def test_a_pod_whose_budget_refused_another_one_is_blocked_too() -> None:
    drain = plan(situation(pod("web"), budgets=[budget("web")], blocked_lanes=["shop/web"]), NOW)
    entry = waiting(drain)["shop/web"]
    assert (entry["state"], entry["reason"]) == ("Blocked", "DisruptionBudget")
    assert entry["message"] == "the PodDisruptionBudget shop/web has no room"


def test_at_most_fifty_pods_are_listed() -> None:
    drain = plan(situation(*(pod(f"web-{n}") for n in range(60))), NOW)
    assert len(status_of(progress(plan=drain), NOW)["waiting"]) == 50


def test_pods_are_counted() -> None:
    passages = (
        seen("cart", "twice", "going", "job", "next")
        | seen("sent", requested_at=T0, accepted_at=T0 + 1)
        | seen("stops", requested_at=T0, accepted_at=T0 + 1, forced=True, truncated=True)
        | seen("left", requested_at=T0, accepted_at=T0, gone_at=T0 + 4)
        | seen("by-itself", gone_at=T0 + 4)
    )
    assert counts_of(progress(plan=mixed(), passages=passages)) == {
        "total": 9,
        "evicted": 2,
        "blocked": 2,
        "protected": 1,
        "forced": 1,
        "truncated": 1,
        "gone": 2,
        "left": 7,
        "killed": 0,
    }


def test_killed_are_the_pods_that_the_deadline_found_running_and_never_asked() -> None:
    passages = (
        seen("never-asked", requested_at=T0)
        | seen("stopping", accepted_at=T0 + 100)
        | seen("gone", gone_at=T0 + 9)
    )
    missed = progress(phase=Phase.FINISHED, outcome="DeadlineMissed", passages=passages)
    assert counts_of(missed)["killed"] == 1
    assert counts_of(replace(missed, outcome="NodeGone"))["killed"] == 1
    assert counts_of(replace(missed, phase=Phase.DRAINING))["killed"] == 0


def test_what_somebody_else_asked_to_stop_was_not_killed_without_a_word() -> None:
    """Of the one the last plan tells, of the other its passage alone: a restart has no plan yet."""
    refused = seen("refused-to-us", requested_at=T0, treated="Normal")
    passages = refused | seen("deleted-before", treated="Stopping")
    stopping = plan(situation(pod("refused-to-us", deletion_time=T0 + 300)), NOW)
    over = {"phase": Phase.FINISHED, "outcome": "DeadlineMissed", "passages": passages}
    assert counts_of(progress(**over, plan=stopping))["killed"] == 0
    assert counts_of(progress(**over))["killed"] == 1


def test_the_sentence_follows_the_phase() -> None:
    assert message(phase=Phase.PENDING) == "noticed; the node is being closed to new pods"
    assert message(phase=Phase.FENCED) == "closed to new pods; the policy does not drain it"
    gone = seen("web", gone_at=T0 + 5)
    drained = message(phase=Phase.DRAINED, passages=gone)
    assert drained == "all 1 pods are gone; waiting for the instance to go"
    over = message(phase=Phase.FINISHED, passages=gone, outcome="Drained")
    assert over == "over: 1 of 1 pods gone, 0 forced"


def test_the_sentence_names_the_first_blocked_pod_its_budget_and_when_it_is_deleted() -> None:
    drain = plan(situation(pod("cart"), budgets=[budget("cart")], attempts={"cart": BLOCKED}), NOW)
    assert message(plan=drain, passages=seen("cart")) == (
        f"1 of 1 pods left; 1 blocked: shop/cart waits for shop/cart ({NO_ROOM}), "
        "deleted at 00:17:59Z at the latest"
    )


def test_a_budget_that_is_never_overridden_promises_no_deletion() -> None:
    given = situation(
        pod("twice"),
        budgets=[budget("twice"), budget("all", selector=Selector())],
        voluntary=True,
    )
    assert message(plan=plan(given, NOW), passages=seen("twice")) == (
        "1 of 1 pods left; 1 blocked: shop/twice waits (two or more PodDisruptionBudgets select it "
        "(shop/all, shop/twice); keep only one)"
    )


def test_a_note_takes_the_sentences_place_and_both_are_bounded() -> None:
    assert message(note="the node is gone") == "the node is gone"
    assert len(message(note="x" * 5000)) == 1000


def test_the_end_is_written_with_its_outcome() -> None:
    status = status_of(
        progress(phase=Phase.FINISHED, outcome="Drained", finished_at=T0 + 122.5), NOW
    )
    assert (status["outcome"], status["finishedAt"]) == ("Drained", "1970-01-01T00:18:42.500000Z")
