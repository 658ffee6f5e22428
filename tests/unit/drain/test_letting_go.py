"""What is done about an instance that waits for its lifecycle hook, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controller.domain.interruption import Phase
from controller.domain.lifecycle import COMPLETED, OVER, open_actions
from controller.domain.notice import Kind
from controller.domain.policy import Action, LifecyclePolicy, Mode, Policy
from controller.domain.verdict import Verdict
from controller.drain.letting_go import Step, beats_from, ended, failed, others, step_of, waits
from tests.builders import T0, hook_notice, interruption, spot_notice

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption

DRAINS = Policy()
CORDONS = Policy(actions={**DRAINS.actions, Kind.LIFECYCLE_TERMINATION: Action.CORDON})
REHEARSES = Policy(mode=Mode.DRY_RUN)
RELIES = Policy(lifecycle=LifecyclePolicy(heartbeat=False))
HELD = interruption(hook_notice(), phase=Phase.DRAINING, observed_notices=1)


def said(step: Step, record: Interruption, policy: Policy | None) -> Verdict | None:
    return waits(step, record, policy, open_actions(record).values())


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.FENCED, Phase.DRAINING])
def test_the_instance_is_kept_while_its_node_is_drained(phase: Phase) -> None:
    record = replace(HELD, phase=phase)
    assert step_of(record, DRAINS) is Step.KEEP
    assert step_of(record, RELIES) is Step.WAIT


@pytest.mark.parametrize(
    "phase", [Phase.DRAINED, Phase.FINISHED, Phase.EXPIRED, Phase.CANCELLED], ids=str
)
@pytest.mark.parametrize("policy", [DRAINS, CORDONS, RELIES], ids=["drains", "cordons", "relies"])
def test_it_is_let_go_when_the_node_is_drained_or_it_is_over(phase: Phase, policy: Policy) -> None:
    assert step_of(replace(HELD, phase=phase), policy) is Step.COMPLETE


def test_it_is_let_go_when_the_node_is_gone() -> None:
    assert step_of(HELD, None) is Step.COMPLETE


@pytest.mark.parametrize("phase", [Phase.DRAINED, Phase.FINISHED])
def test_an_end_that_was_told_before_the_hook_came_does_not_count(phase: Phase) -> None:
    """A recommendation leaves pods on the node that the hook's drain asks to go."""
    record = interruption(spot_notice(), hook_notice(), phase=phase, observed_notices=1)
    assert step_of(record, DRAINS) is Step.KEEP


def test_who_only_closes_the_node_keeps_nobody() -> None:
    assert step_of(HELD, CORDONS) is Step.WAIT
    told = said(Step.WAIT, HELD, CORDONS)
    assert told == Verdict(
        "LifecycleWaits",
        "the policy says Cordon: the lifecycle hook spotdrain of Auto Scaling group my-asg is told to"
        " go on when that is over, at 00:31:40Z",
    )
    endless = interruption(hook_notice(deadline=None))
    told = said(Step.WAIT, endless, CORDONS)
    assert told is not None
    assert told.message.endswith("when that is over")


def test_a_graver_notice_has_its_own_action() -> None:
    assert step_of(interruption(hook_notice(), spot_notice()), CORDONS) is Step.KEEP


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.FINISHED])
def test_a_dry_run_only_tells(phase: Phase) -> None:
    record = replace(HELD, phase=phase)
    assert step_of(record, REHEARSES) is Step.REHEARSE
    assert said(Step.REHEARSE, record, REHEARSES) == Verdict(
        "DryRun",
        "dry run: would tell the lifecycle hook spotdrain of Auto Scaling group my-asg to go on at the"
        " end of the drain",
    )


def test_a_dry_run_is_remembered_when_its_node_is_gone() -> None:
    assert step_of(replace(HELD, lifecycle={"reason": "DryRun"}), None) is Step.REHEARSE
    assert step_of(replace(HELD, lifecycle={"reason": "LifecycleWaits"}), None) is Step.COMPLETE


@pytest.mark.parametrize("step", [Step.KEEP, Step.WAIT])
def test_nothing_is_said_of_a_drain_that_goes_on_unless_something_was_said_before(
    step: Step,
) -> None:
    assert said(step, HELD, DRAINS) is None
    told = said(step, replace(HELD, lifecycle={"reason": "LifecycleFailed"}), DRAINS)
    assert told == Verdict(
        "LifecycleWaits",
        "the lifecycle hook spotdrain of Auto Scaling group my-asg is told to go on when the node is"
        " drained",
    )


def test_nothing_is_said_of_a_completion_before_it_is_made() -> None:
    assert said(Step.COMPLETE, replace(HELD, lifecycle={"reason": "LifecycleWaits"}), None) is None


def test_of_many_hooks_three_are_named() -> None:
    names = ("a", "b", "c", "d", "e")
    record = interruption(*(hook_notice(id=name, name=name) for name in names))
    told = said(Step.REHEARSE, record, REHEARSES)
    assert told is not None
    assert "hook c of Auto Scaling group my-asg and 2 more to go on" in told.message


def test_the_first_heartbeat_is_soon_after_the_event_that_was_first() -> None:
    late = hook_notice(T0 + 5, id="late")
    assert beats_from(interruption(late, hook_notice(T0), spot_notice(T0 - 60))) == T0 + 10


def test_a_failure_says_that_it_is_tried_again() -> None:
    assert failed("Auto Scaling is away.") == Verdict(
        "LifecycleFailed", "Auto Scaling is away; it is tried again"
    )


def test_several_ends_are_one_sentence_after_the_other() -> None:
    done, over = Verdict(COMPLETED, "Told a to go on."), Verdict(OVER, "The b is over.")
    assert ended([over, done, done]) == Verdict(COMPLETED, "Told a to go on. The b is over.")
    assert ended([over]) == over


def test_the_other_conditions_are_left_as_they_are() -> None:
    fenced = {"type": "Fenced"}
    assert others([fenced, {"type": "LifecycleCompleted"}]) == [fenced]
