"""What is left to Karpenter is counted once, also across a restart."""

from __future__ import annotations

from controller import metrics
from controller.domain.node import Taint
from controller.domain.policy import Mode, Policy
from controller.drain.coexistence import DRAINS, NOT_BEGUN
from controller.engine.yielding import Yielding
from tests.builders import T0, interruption, node

OPEN = node(labels={"karpenter.sh/nodepool": "default"})
BEGUN = node(
    labels=OPEN.labels, deleting=True, taints=(Taint("karpenter.sh/disrupted", "NoSchedule"),)
)
RECORD = interruption(started_at=T0)


def counted(result: str) -> float:
    return float(metrics.left_to_karpenter.labels(result)._value.get())


def test_what_karpenter_drains_is_counted_once() -> None:
    before = counted("left")
    yielding = Yielding(RECORD, lambda: T0 + 1)
    for seen in (OPEN, BEGUN, BEGUN):
        yielding.look(RECORD, seen, Policy())
    assert yielding.stance.left
    assert counted("left") == before + 1


def test_a_node_that_goes_before_karpenter_was_seen_to_begin_is_counted_once() -> None:
    before = counted("left")
    yielding = Yielding(RECORD, lambda: T0 + 1)
    yielding.look(RECORD, OPEN, Policy())
    for _ in range(2):
        yielding.node_gone(RECORD)
    assert (yielding.stance.holds, counted("left")) == (True, before + 1)


def test_what_is_taken_over_is_counted_once_also_by_the_next_process() -> None:
    before = counted("taken_over")
    Yielding(RECORD, lambda: T0 + 10).look(RECORD, OPEN, Policy())
    told = {"type": "LeftToKarpenter", "status": "False", "reason": NOT_BEGUN, "message": "no"}
    again = interruption(started_at=T0, conditions=(told,))
    assert Yielding(again, lambda: T0 + 20).look(again, OPEN, Policy()) == Policy()
    assert counted("taken_over") == before + 1


def test_a_dry_run_takes_nothing_over() -> None:
    before = counted("taken_over")
    Yielding(RECORD, lambda: T0 + 10).look(RECORD, OPEN, Policy(mode=Mode.DRY_RUN))
    assert counted("taken_over") == before


def test_what_the_status_tells_holds_when_the_node_is_gone() -> None:
    told = {"type": "LeftToKarpenter", "status": "True", "reason": DRAINS, "message": "left"}
    assert Yielding(interruption(conditions=(told,)), lambda: T0).stance.left
