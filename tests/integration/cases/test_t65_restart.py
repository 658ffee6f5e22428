"""T65: what one controller has recorded of an instance's end, the next one completes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.integration.cases.machine import fall_silent, is_out, send_state, terminated
from tests.integration.cases.policy import policy
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from tests.integration.stage import Stage


def test_t65_the_next_controller_completes_it(stage: Stage) -> None:
    asked_for = {"drain": {"outOfServiceTaint": "AfterInstanceTerminated"}}
    with ExitStack() as stack:
        first = ControllerProcess(stage.cluster, "--queue-url", stage.queue_url)
        stack.enter_context(first)
        first.wait_ready()
        stack.enter_context(policy(stage, asked_for))
        stage.send_spot(age=112)
        stage.wait_phase("Finished")
        send_state(stage, "terminated")
        stage.wait(terminated)
        first.kill()
        fall_silent(stage)

        with ControllerProcess(stage.cluster, "--queue-url", stage.queue_url):
            stage.wait_node(is_out)
