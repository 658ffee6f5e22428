"""A lifecycle action and a call about it that failed: what they show, and what they hide."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.lifecycle import LifecycleAction, ScalingError, open_actions
from tests.builders import INSTANCE, hook_notice, interruption, spot_notice

TOKEN = "87654321-4321-4321-4321-210987654321"


def test_an_action_names_its_hook_and_group_and_hides_its_token() -> None:
    action = LifecycleAction("my-asg", "my-hook", TOKEN, INSTANCE)
    assert str(action) == "lifecycle hook my-hook of Auto Scaling group my-asg"
    assert TOKEN not in repr(action)


def test_a_failed_call_has_a_sentence_and_a_code_for_the_metric() -> None:
    error = ScalingError("Auto Scaling cannot be reached.", "Unreachable")
    assert (str(error), error.code) == ("Auto Scaling cannot be reached.", "Unreachable")


def test_an_action_is_open_until_the_status_tells_its_end() -> None:
    one, other = hook_notice(), hook_notice(id="other", name="logs", token="")
    record = interruption(spot_notice(), one, other)
    assert open_actions(record) == {
        one.id: LifecycleAction("my-asg", "spotdrain", TOKEN, INSTANCE),
        "other": LifecycleAction("my-asg", "logs", "", INSTANCE),
    }
    assert list(open_actions(replace(record, completed_hooks=(one.id,)))) == ["other"]
    assert open_actions(replace(record, completed_hooks=(one.id, "other"))) == {}


def test_an_interruption_without_a_hook_has_no_action() -> None:
    assert open_actions(interruption(spot_notice())) == {}
