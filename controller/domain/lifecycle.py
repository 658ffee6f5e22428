"""An instance that its Auto Scaling group keeps until somebody completes a lifecycle hook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.interruption import Interruption

CONDITION = "LifecycleCompleted"
"""The condition of a NodeInterruption that tells of its lifecycle actions."""

COMPLETED, EXTENDED, OVER = "LifecycleCompleted", "LifecycleExtended", "LifecycleOver"
"""Reasons of the verdicts about an action: let go, given more time, or ended without us.

After OVER there is nothing left to do: the action was completed before, or it timed out.
"""

FAILED, WAITS = "LifecycleFailed", "LifecycleWaits"
"""Reasons of the condition while no action has ended."""


@dataclass(frozen=True, slots=True)
class LifecycleAction:
    """One instance in the state `Terminating:Wait`, by one hook of one group.

    Whoever holds `token` can let the instance go, so it stays out of logs and messages. Where it is
    empty the instance id alone names the action.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
    """

    group: str
    hook: str
    token: str = field(repr=False)
    instance_id: str

    def __str__(self) -> str:
        """Name it in a sentence."""
        return f"lifecycle hook {self.hook} of Auto Scaling group {self.group}"


class ScalingError(Exception):
    """A call to Auto Scaling that failed after its retries.

    The text is a sentence for people: what is wrong and what to do. `code` is AWS's error code or
    `Unreachable`, for the metric. The action may still stand: try again later.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def open_actions(record: Interruption) -> dict[str, LifecycleAction]:
    """List the actions of an interruption that still wait, by the ids of their notices."""
    return {
        notice.id: LifecycleAction(
            notice.hook.group, notice.hook.name, notice.hook.token, record.instance_id
        )
        for notice in record.valid
        if notice.hook is not None and notice.id not in record.completed_hooks
    }
