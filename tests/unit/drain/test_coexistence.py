"""Which notices are left to Karpenter, until when, and why."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.policy import Action, Policy
from controller.domain.provisioner import KarpenterNodes
from controller.drain.coexistence import (
    AWAITED,
    BEGIN_SECONDS,
    DRAINS,
    HANDLED,
    NOT_BEGUN,
    Stance,
    at_receipt,
    node_gone,
    remembered,
    stance_of,
)
from tests.builders import T0, interruption, node, rebalance_notice, spot_notice

KARPENTER = {"karpenter.sh/nodepool": "default"}
BEGUN: dict[str, Any] = {
    "labels": KARPENTER,
    "deleting": True,
    "taints": (Taint("karpenter.sh/disrupted", "NoSchedule"),),
}
DAY = 86_400
SPOT = interruption(spot_notice(), started_at=T0 + 1)
REBALANCE = interruption(rebalance_notice(), started_at=T0)


def reason(stance: Stance) -> str:
    return "" if stance.verdict is None else stance.verdict.reason


@pytest.mark.parametrize("labels", [{}, {"eks.amazonaws.com/nodegroup": "spot"}])
def test_nodes_of_others_are_handled_by_their_policy(labels: dict[str, str]) -> None:
    assert stance_of(SPOT, node(labels=labels), Policy(), T0 + 1) == Stance(Policy())
    assert not stance_of(SPOT, node(labels=labels), Policy(), T0 + 1).left


def test_karpenters_nodes_are_left_to_it_for_ten_seconds_from_receipt() -> None:
    spot = node(labels=KARPENTER)
    stance = stance_of(SPOT, spot, Policy(), T0 + 10.9)
    assert (stance.left, stance.holds, reason(stance)) == (True, None, AWAITED)
    assert stance.again == T0 + 11
    assert stance.verdict is not None
    assert stance.verdict.message.endswith("has not begun to drain the node by 00:16:51Z")
    assert not stance.policy.closes(Kind.SPOT_INTERRUPTION)
    assert not stance.policy.drains(Kind.SPOT_INTERRUPTION)

    stance = stance_of(SPOT, spot, Policy(), T0 + 11)
    assert (stance.left, stance.holds, reason(stance)) == (False, False, NOT_BEGUN)
    assert (stance.policy, stance.again) == (Policy(), None)


@pytest.mark.parametrize("after", [2, 60])
def test_once_karpenter_drains_it_is_left_to_it_also_after_we_have_begun(after: int) -> None:
    stance = stance_of(SPOT, node(**BEGUN), Policy(), T0 + after)
    assert (stance.left, stance.holds, reason(stance)) == (True, True, DRAINS)
    assert stance.again is None
    assert not stance.policy.drains(Kind.SPOT_INTERRUPTION)


def test_a_taint_without_a_deletion_is_no_drain() -> None:
    """Karpenter taints nodes that it may replace minutes later, or not at all."""
    tainted = node(**(BEGUN | {"deleting": False}))
    assert reason(stance_of(SPOT, tainted, Policy(), T0 + 11)) == NOT_BEGUN


def test_a_recommendation_is_ours_unless_karpenter_drains_the_node_for_reasons_of_its_own() -> None:
    assert stance_of(REBALANCE, node(labels=KARPENTER), Policy(), T0) == Stance(Policy())
    assert reason(stance_of(REBALANCE, node(**BEGUN), Policy(), T0)) == DRAINS


def test_karpenter_gets_its_time_also_when_a_recommendation_came_long_before() -> None:
    both = interruption(rebalance_notice(T0 - 600), spot_notice(T0), started_at=T0 - 600)
    stance = stance_of(both, node(labels=KARPENTER), Policy(), T0 + 1)
    assert (reason(stance), stance.again) == (AWAITED, T0 + BEGIN_SECONDS)


@pytest.mark.parametrize(("deadline", "until"), [(120, 10), (40, 10), (20, 5), (None, 10)])
def test_of_a_late_notice_no_more_than_a_quarter_of_what_is_left_is_spent(
    deadline: int | None, until: int
) -> None:
    goes = None if deadline is None else T0 + deadline
    late = interruption(spot_notice(T0, deadline=goes), started_at=T0)
    stances = [stance_of(late, node(labels=KARPENTER), Policy(), T0 + until - s) for s in (0.1, 0)]
    assert [reason(stance) for stance in stances] == [AWAITED, NOT_BEGUN]


@pytest.mark.parametrize("deadline", [T0, T0 - 5])
def test_where_no_time_is_left_nobody_is_waited_for(deadline: float) -> None:
    hibernates = interruption(spot_notice(T0, deadline=deadline), started_at=T0)
    assert reason(stance_of(hibernates, node(labels=KARPENTER), Policy(), T0)) == NOT_BEGUN


def test_a_change_that_is_days_ahead_is_karpenters_only_while_it_drains_the_node() -> None:
    """Karpenter drains as soon as it hears of one; we would wait in any case."""
    planned = spot_notice(T0, kind=Kind.SCHEDULED_CHANGE, deadline=T0 + DAY, subject="arn")
    ahead = interruption(planned).seen(T0, lead=1800.0, expiry=7200.0)
    assert stance_of(ahead, node(labels=KARPENTER), Policy(), T0 + 60) == Stance(Policy())
    assert reason(stance_of(ahead, node(**BEGUN), Policy(), T0 + 60)) == DRAINS

    due = interruption(planned, started_at=T0 + DAY - 1800).seen(T0 + DAY - 1800, 1800.0, 7200.0)
    assert stance_of(due, node(labels=KARPENTER), Policy(), T0 + DAY - 1800).again == (
        T0 + DAY - 1800 + BEGIN_SECONDS
    )


def test_what_was_taken_back_is_left_to_nobody() -> None:
    planned = spot_notice(T0, kind=Kind.SCHEDULED_CHANGE, deadline=T0 + DAY, subject="arn")
    over = spot_notice(T0 + 9, kind=Kind.SCHEDULED_CHANGE, subject="arn", withdrawn=True)
    assert stance_of(interruption(planned, over), node(**BEGUN), Policy(), T0) == Stance(Policy())


def test_a_record_that_nobody_has_begun_with_begins_now() -> None:
    fresh = interruption(spot_notice())
    stance = stance_of(fresh, node(labels=KARPENTER), Policy(), T0 + 30)
    assert stance.again == T0 + 40


def test_a_policy_may_have_karpenters_nodes_handled_as_any_other() -> None:
    handled = Policy(karpenter_nodes=KarpenterNodes.HANDLE)
    for given in (node(labels=KARPENTER), node(**BEGUN)):
        assert stance_of(SPOT, given, handled, T0 + 2) == Stance(handled)
        assert at_receipt(handled, given, Kind.SPOT_INTERRUPTION) is handled


@pytest.mark.parametrize("action", [Action.OBSERVE, Action.IGNORE])
def test_what_the_policy_leaves_alone_is_left_to_nobody(action: Action) -> None:
    idle = Policy(actions={**Policy().actions, Kind.SPOT_INTERRUPTION: action})
    assert stance_of(SPOT, node(labels=KARPENTER), idle, T0 + 2) == Stance(idle)
    assert at_receipt(idle, node(labels=KARPENTER), Kind.SPOT_INTERRUPTION) is idle


@pytest.mark.parametrize("kind", list(Kind))
def test_at_receipt_nothing_is_closed_that_karpenter_may_drain(kind: Kind) -> None:
    closes = at_receipt(Policy(), node(labels=KARPENTER), kind).closes(kind)
    assert closes is (kind in {Kind.REBALANCE, Kind.LIFECYCLE_TERMINATION})
    assert closes is (kind not in HANDLED)
    assert not at_receipt(Policy(), node(**BEGUN), kind).closes(kind)
    assert at_receipt(Policy(), node(), kind).closes(kind)


def test_a_node_that_goes_while_karpenter_was_awaited_was_karpenters() -> None:
    awaited = stance_of(SPOT, node(labels=KARPENTER), Policy(), T0 + 2)
    settled = node_gone(awaited)
    assert (settled.holds, settled.again, settled.policy) == (True, None, awaited.policy)
    assert settled.verdict == (DRAINS, "left to Karpenter; the node is gone")
    for other in (node(**BEGUN), node()):
        known = stance_of(SPOT, other, Policy(), T0 + 2)
        assert node_gone(known) == known


@pytest.mark.parametrize(
    ("status", "holds", "left"),
    [("True", True, True), ("Unknown", None, True), ("False", False, False)],
)
def test_what_was_decided_is_read_from_the_record_when_the_node_is_gone(
    status: str, holds: bool | None, left: bool
) -> None:
    told = {"type": "LeftToKarpenter", "status": status, "reason": DRAINS, "message": "left"}
    stance = remembered(interruption(conditions=(told,)), Policy())
    assert (stance.holds, stance.left, stance.verdict) == (holds, left, (DRAINS, "left"))
    assert remembered(interruption(), Policy()) == Stance(Policy())
