"""A lifecycle action and a call about it that failed: what they show, and what they hide."""

from __future__ import annotations

from controller.domain.lifecycle import LifecycleAction, ScalingError
from tests.builders import INSTANCE

TOKEN = "87654321-4321-4321-4321-210987654321"


def test_an_action_names_its_hook_and_group_and_hides_its_token() -> None:
    action = LifecycleAction("my-asg", "my-hook", TOKEN, INSTANCE)
    assert str(action) == "lifecycle hook my-hook of Auto Scaling group my-asg"
    assert TOKEN not in repr(action)


def test_a_failed_call_has_a_sentence_and_a_code_for_the_metric() -> None:
    error = ScalingError("Auto Scaling cannot be reached.", "Unreachable")
    assert (str(error), error.code) == ("Auto Scaling cannot be reached.", "Unreachable")
