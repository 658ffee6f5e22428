"""When a node is opened again after its interruption is over."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controller.domain.interruption import Phase
from controller.drain.aftermath import aftermath, gone, outcome_to
from controller.drain.fence import ANNOTATION
from tests.builders import (
    INSTANCE,
    T0,
    hook_notice,
    interruption,
    node,
    rebalance_notice,
    scheduled_notice,
    spot_notice,
)

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption
    from controller.domain.node import NodeFacts

DEADLINE = T0 + 120.0
SPARED = DEADLINE + 600.0


def ended(action: str = "terminate", phase: Phase = Phase.FINISHED) -> Interruption:
    return interruption(spot_notice(action=action), phase=phase, observed_notices=1)


def fenced(ready_since: float = T0 - 1000.0, instance: str = INSTANCE) -> NodeFacts:
    ours = json.dumps({"interruption": instance, "unschedulable": True})
    return node(annotations={ANNOTATION: ours}, ready_since=ready_since)


def reason(record: Interruption, there: NodeFacts, now: float) -> str | None:
    verdict = aftermath(record, there, now)
    return None if verdict is None else verdict.reason


def test_a_node_whose_lifecycle_hook_could_not_be_completed_stays_closed() -> None:
    """Its group ends it at the hook's time-out, with all pods that would have come meanwhile."""
    record = interruption(hook_notice(), phase=Phase.FINISHED, observed_notices=1)
    late = T0 + 900 + 600
    assert reason(record, fenced(), late) is None
    assert reason(replace(record, completed_hooks=(hook_notice().id,)), fenced(), late)


def test_an_instance_that_still_runs_ten_minutes_later_was_spared() -> None:
    assert reason(ended(), fenced(), SPARED - 1) is None
    verdict = aftermath(ended(), fenced(), SPARED)
    assert verdict == (
        "NotExecuted",
        "EC2 has not taken the instance 10m after its deadline; its node is opened",
    )
    assert outcome_to(verdict)["phase"] == "Expired"


@pytest.mark.parametrize("action", ["stop", "hibernate"])
def test_an_instance_that_was_stopped_and_runs_again_is_back(action: str) -> None:
    assert reason(ended(action), fenced(ready_since=DEADLINE - 1), DEADLINE + 60) is None
    verdict = aftermath(ended(action), fenced(ready_since=DEADLINE + 50), DEADLINE + 60)
    assert verdict is not None
    assert verdict.reason == "Returned"
    assert outcome_to(verdict)["phase"] == "Finished"


def test_a_change_within_its_window_is_not_over_with_another_deadline() -> None:
    """A Spot notice came to nothing meanwhile, and the node was closed again for the change."""
    begins = T0 + 5000.0
    notices = scheduled_notice(begins, T0 - 1), spot_notice()
    record = interruption(*notices, phase=Phase.FINISHED, observed_notices=2)
    assert reason(record, fenced(), begins + 7199) is None
    verdict = aftermath(record, fenced(), begins + 7200)
    assert verdict is not None
    assert verdict.message.startswith("EC2 has not taken the instance 2h after its deadline")


def test_a_reboot_that_is_days_ahead_does_not_bring_a_terminated_instance_back() -> None:
    notices = scheduled_notice(T0 + 86_400, T0 - 1), spot_notice(action="terminate")
    record = interruption(*notices, phase=Phase.FINISHED, observed_notices=2)
    assert reason(record, fenced(ready_since=DEADLINE + 50), DEADLINE + 60) is None
    assert reason(record, fenced(), SPARED) == "NotExecuted"


def test_a_terminated_instance_does_not_come_back_its_kubelet_may_blink() -> None:
    assert reason(ended(), fenced(ready_since=DEADLINE + 50), DEADLINE + 60) is None


def test_a_silent_node_is_left_closed() -> None:
    silent = replace(fenced(), ready=False, ready_since=None)
    assert reason(ended("stop"), silent, SPARED + 9000) is None


def test_what_is_not_over_by_a_deadline_is_left_to_its_drain() -> None:
    assert reason(ended(phase=Phase.DRAINING), fenced(), SPARED) is None
    assert reason(ended(phase=Phase.EXPIRED), fenced(), SPARED) is None
    unread = interruption(spot_notice(), phase=Phase.FINISHED, observed_notices=0)
    assert reason(unread, fenced(), SPARED) is None
    advice = interruption(rebalance_notice(), phase=Phase.FINISHED, observed_notices=1)
    assert reason(advice, fenced(), SPARED) is None


def test_a_node_that_is_another_or_has_another_fence_or_none_is_left_alone() -> None:
    assert reason(ended(), replace(fenced(), uid="another"), SPARED) is None
    assert reason(replace(ended(), node_uid=""), fenced(), SPARED) == "NotExecuted"
    assert reason(ended(), fenced(instance="i-00000000000000000"), SPARED) is None
    assert reason(ended(), node(ready_since=0.0), SPARED) is None


def test_an_instance_that_went_after_the_end_is_told_once() -> None:
    assert gone(ended(), None) == ("AsAnnounced", "the node is gone, as was announced")
    assert gone(replace(ended(), judged=True), None) is None
    assert gone(ended(), fenced()) is None
    assert gone(ended(phase=Phase.CANCELLED), None) is None


def test_a_scheduled_change_has_two_hours_to_come() -> None:
    record = interruption(scheduled_notice(T0), phase=Phase.FINISHED, observed_notices=1)
    assert reason(record, fenced(), T0 + 7199) is None
    assert reason(record, fenced(), T0 + 7200) == "NotExecuted"
    assert reason(record, fenced(ready_since=T0 + 90), T0 + 120) == "Returned"
