"""The Events of a drain: who is told what, and how few they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.interruption import Phase
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.history import Passage
from controller.drain.planner import plan
from controller.drain.progress import Progress
from controller.drain.report import counts_of
from controller.drain.tidings import events_of
from controller.drain.turns import HELD, Leave, Stand
from tests.builders import (
    INSTANCE,
    T0,
    budget,
    hook_notice,
    interruption,
    pod,
    rebalance_notice,
    scheduled_notice,
    situation,
    state_notice,
)

if TYPE_CHECKING:
    from controller.domain.event import Event
    from controller.domain.notice import Notice

NO_ROOM = "The disruption budget cart needs 1 healthy pods and has 1 currently"
REFUSED = Attempt(requested_at=T0, refused=Verdict("DisruptionBudget", NO_ROOM), tries=1)
CART = budget("cart", uid="uid-cart-budget")
OVERRODE = f"DisruptionBudget: {NO_ROOM}"


def told(**fields: Any) -> list[Event]:
    given: dict[str, Any] = {
        "record": interruption(started_at=T0),
        "phase": Phase.DRAINING,
        "policy": "(built-in)",
        "pool": "m6i.large/eu-central-1a",
        "fenced": Verdict("Fenced", "cordoned and tainted: no new pods"),
    }
    progress = Progress(**(given | fields))
    return list(events_of(progress, counts_of(progress), {CART.key: CART}))


def notes(**fields: Any) -> dict[str, str]:
    return {e.verdict.reason: e.verdict.message for e in told(**fields)}


def seen(name: str, **fields: Any) -> dict[str, Passage]:
    given = {"owner": "ReplicaSet/web", "treated": "Normal"}
    return {f"uid-{name}": Passage(f"shop/{name}", f"uid-{name}", **(given | fields))}


def left(name: str, **fields: Any) -> dict[str, Passage]:
    return seen(name, requested_at=T0, accepted_at=T0 + 1, **fields)


def test_an_ordinary_drain_begins_with_one_event_on_the_node_that_names_its_pods() -> None:
    drain = plan(situation(pod("web"), pod("db"), pod("agent", owner_kind="DaemonSet")), T0)
    (event,) = told(plan=drain, passages=seen("web") | seen("db"))
    assert (event.regarding.kind, event.regarding.name) == ("Node", "node-1")
    assert event.warning
    assert event.verdict == Verdict(
        "SpotInterruption",
        "EC2 takes i-0123456789abcdef0 at 00:18:40Z; cordoned and tainted: no new pods; "
        "2 pods have to go: shop/db, shop/web",
    )


def test_a_full_nodes_event_names_the_first_pods_and_is_the_same_one_when_they_change() -> None:
    many = plan(situation(*(pod(f"web-{n:02}") for n in range(30))), T0)
    (event,) = told(plan=many)
    assert event.verdict.message.endswith(
        "30 pods have to go: " + ", ".join(f"shop/web-{n:02}" for n in range(8)) + " and 22 more"
    )
    (later,) = told(plan=plan(situation(pod("web-29")), T0 + 9))
    assert later.key == event.key


def test_nothing_is_told_before_the_fence_was_tried() -> None:
    assert told(fenced=None, plan=plan(situation(pod("web")), T0)) == []


def test_an_ordinary_drain_ends_with_one_event_that_says_how_much_time_was_left() -> None:
    passages = left("web", gone_at=T0 + 12) | left("db", gone_at=T0 + 7)
    drained = told(phase=Phase.DRAINED, passages=passages)
    assert [e.verdict.reason for e in drained] == ["SpotInterruption", "Drained"]
    assert drained[1].verdict.message == "all 2 pods are gone 108 s before the deadline"
    assert not drained[1].warning
    over = told(phase=Phase.FINISHED, outcome="Drained", passages=passages)
    assert over[1].key == drained[1].key


def test_a_drain_that_was_late_or_had_nothing_to_do_says_so() -> None:
    late = notes(phase=Phase.DRAINED, passages=left("web", gone_at=T0 + 123, forced=True))
    assert late["Drained"] == "all 1 pods are gone 3 s after the deadline, 1 of them forced"
    assert notes(phase=Phase.DRAINED)["Drained"] == "no pod had to go"


@pytest.mark.parametrize("outcome", ["DeadlineMissed", "NodeGone"])
def test_pods_that_were_left_at_the_end_are_a_warning(outcome: str) -> None:
    *_, end = told(phase=Phase.FINISHED, outcome=outcome, passages=seen("web"))
    assert end.warning
    assert end.verdict == Verdict(outcome, "0 of 1 pods gone, 0 forced, 1 killed without notice")


def test_a_recommendation_has_no_deadline_and_may_come_to_nothing() -> None:
    record = interruption(rebalance_notice(), started_at=T0)
    found = notes(record=record, phase=Phase.EXPIRED, outcome="NotInterrupted")
    assert found == {
        "Rebalance": "EC2 recommends to leave i-0123456789abcdef0; cordoned and tainted: no new pods",
        "NotInterrupted": "no interruption followed: the node is opened again",
    }
    emptied = notes(record=record, phase=Phase.DRAINED, passages=left("web", gone_at=T0 + 9))
    assert emptied["Drained"] == "all 1 pods are gone"


def test_a_fence_that_fails_is_told_beside_the_notice() -> None:
    found = notes(fenced=Verdict("NotFenced", "the API server said 403"))
    assert found["NotFenced"] == "the API server said 403"
    assert found["SpotInterruption"].endswith("; the API server said 403")


def test_a_policy_that_does_nothing_tells_that_and_nothing_else() -> None:
    drain = plan(situation(pod("cart"), budgets=[CART], attempts={"cart": REFUSED}), T0)
    fields = {"note": "dry run: would close the node", "plan": drain, "passages": left("web")}
    fields["fenced"] = Verdict("NotFenced", "the policy is in dry run")
    assert notes(**fields) == {
        "SpotInterruption": "EC2 takes i-0123456789abcdef0 at 00:18:40Z; dry run: would close the node"
    }
    over = notes(**fields, phase=Phase.FINISHED, outcome="DryRun")
    assert over["DryRun"] == "dry run: would close the node"


def test_a_voluntary_drain_that_waits_for_its_turn_says_so() -> None:
    waits = Verdict("NodeBudget", "2 of 2 nodes are being drained")
    assert notes(admitted=Leave(Stand.WAITS, waits))["NodeBudget"] == waits.message
    begins = Leave(Stand.DRAINS, Verdict("Admitted", "its turn has come"))
    assert "Admitted" not in notes(admitted=begins)
    assert HELD.reason not in notes(admitted=Leave(Stand.HOLDS, HELD)), "it holds for a moment"


def test_a_budget_is_told_whom_it_holds_back_and_until_when() -> None:
    drain = plan(situation(pod("cart"), budgets=[CART], attempts={"cart": REFUSED}), T0)
    _, event = told(plan=drain)
    assert (event.regarding.kind, event.regarding.uid) == ("PodDisruptionBudget", CART.uid)
    assert event.related is not None
    assert (event.related.namespace, event.related.name) == ("shop", "cart")
    assert event.verdict == Verdict(
        "BlocksDrain", f"holds back pods of node node-1 until 00:17:59Z at the latest: {NO_ROOM}"
    )


def test_two_hundred_pods_behind_one_budget_are_one_event() -> None:
    pods = [pod(f"cart-{n}", app="cart") for n in range(200)]
    drain = plan(
        situation(*pods, budgets=[CART], attempts={f"cart-{n}": REFUSED for n in range(200)}), T0
    )
    _, *events = told(plan=drain)
    assert len(events) == 200
    assert len({event.key for event in events}) == 1
    assert len({event.related for event in events}) == 200


def test_a_voluntary_drain_waits_for_a_budget_without_an_end() -> None:
    drain = plan(
        situation(pod("cart"), budgets=[CART], attempts={"cart": REFUSED}, voluntary=True), T0
    )
    found = notes(plan=drain, record=interruption(rebalance_notice()))
    assert found["BlocksDrain"].startswith("holds back pods of node node-1 until it has room: ")


def test_a_budget_that_we_do_not_know_is_not_told() -> None:
    other = budget("other", app="cart")
    drain = plan(situation(pod("cart"), budgets=[other], attempts={"cart": REFUSED}), T0)
    assert "BlocksDrain" not in notes(plan=drain)


def test_a_forced_pod_and_its_budget_are_told() -> None:
    found = told(passages=left("cart", forced=True, overrode=OVERRODE, budget="shop/cart"))
    _, guard, forced = found
    assert guard.regarding.uid == CART.uid
    assert guard.verdict.reason == "OverriddenByInterruption"
    assert forced.regarding.name == "cart"
    assert forced.verdict == Verdict(
        "ForcedBeforeInterruption", f"deleted gracefully before the node goes, although: {OVERRODE}"
    )


def test_a_pod_that_went_past_a_webhook_overrode_no_budget() -> None:
    gone = left("cart", forced=True, overrode="Refused: no", budget="shop/cart")
    assert [e.verdict.reason for e in told(passages=gone)] == [
        "SpotInterruption",
        "ForcedBeforeInterruption",
    ]


def test_the_owner_of_a_protected_pod_learns_that_it_was_evicted() -> None:
    found = notes(passages=left("job", treated="Protected") | seen("next", treated="Protected"))
    assert found["DoNotDisruptOverridden"].endswith("the node goes at 00:18:40Z")
    voluntary = interruption(rebalance_notice())
    again = notes(record=voluntary, passages=left("job", treated="Protected"))
    assert "DoNotDisruptOverridden" not in again


def test_owners_learn_of_pods_without_a_controller_and_of_marks_that_say_nothing() -> None:
    marked = pod("job", annotations={"karpenter.sh/do-not-disrupt": "abc"})
    drain = plan(situation(marked, pod("bare", owner_kind="")), T0)
    found = {(e.regarding.name, e.verdict.reason) for e in told(plan=drain) if e.warning}
    assert ("bare", "Unmanaged") in found
    assert ("job", "DoNotDisruptNotUnderstood") in found


def test_of_many_pods_with_the_same_fate_the_first_ten_are_told() -> None:
    passages: dict[str, Passage] = {}
    for number in range(30):
        passages |= seen(
            f"web-{number}", accepted_at=T0 + 50 - number, forced=True, overrode="Refused: no"
        )
    events = told(passages=passages)
    forced = [e.regarding.name for e in events if e.verdict.reason == "ForcedBeforeInterruption"]
    assert forced == [f"web-{number}" for number in range(29, 19, -1)]


def test_a_change_that_is_days_ahead_is_told_at_once() -> None:
    record = interruption(scheduled_notice(T0 + 86_400)).seen(T0, 1800, 7200)
    (event,) = told(record=record, phase=Phase.PENDING, fenced=None, note="drained from then on")
    assert event.verdict.reason == "ScheduledChange"
    assert event.verdict.message.startswith("AWS has scheduled a change of i-")
    assert event.verdict.message.endswith("for 1970-01-02 00:16Z; drained from then on")


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (hook_notice(deadline=T0 + 900), "its Auto Scaling group ends"),
        (state_notice(), "EC2 is ending"),
    ],
)
def test_each_kind_is_announced_in_its_own_words(notice: Notice, words: str) -> None:
    first = told(record=interruption(notice, started_at=T0))[0]
    assert first.verdict.message.startswith(words)


def test_an_end_that_comes_sooner_than_was_announced_is_not_called_unannounced() -> None:
    ends = state_notice(time=T0 + 60)
    hook = interruption(hook_notice(), ends, started_at=T0)
    assert told(record=hook)[0].verdict.message.startswith(
        f"EC2 is ending {INSTANCE}, sooner than was announced"
    )
    hint = interruption(rebalance_notice(), ends, started_at=T0)
    assert told(record=hint)[0].verdict.message.startswith(
        f"EC2 is ending {INSTANCE}, and did not announce it"
    )
