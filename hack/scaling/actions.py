"""The instances that wait in a termination hook, and how their waiting ends."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hack.scaling.faults import TOKEN_MARK, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WAIT, PROCEED = "Terminating:Wait", "Terminating:Proceed"
MAX_HEARTBEATS, MAX_SECONDS = 100, 48 * 3600
"""However often it is extended, a wait ends after 100 time-outs or 48 hours.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One lifecycle action: `result` is None while it stands, then what it was completed with.

    Times are seconds of the clock that `Actions` was given.
    """

    instance_id: str
    group: str
    hook: str
    token: str
    timeout: float
    default: str
    began: float
    until: float
    result: str | None = None

    @property
    def state(self) -> str:
        """The instance's lifecycle state."""
        return WAIT if self.result is None else PROCEED


class Actions:
    """All lifecycle actions of all groups; `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_token: dict[str, Waiting] = {}

    def hold(
        self,
        instance_id: str,
        *,
        group: str = "spot-workers",
        hook: str = "spotdrain",
        timeout: float = 300.0,
        default: str = "CONTINUE",
    ) -> Waiting:
        """Begin to terminate an instance: it waits in the hook for `timeout` seconds."""
        now = self._clock()
        token = TOKEN_MARK + str(uuid.uuid4())[len(TOKEN_MARK) :]
        made = Waiting(instance_id, group, hook, token, timeout, default, now, now + timeout)
        self._by_token[token] = made
        return made

    def read(self, token: str) -> Waiting:
        """Return how an action stands now; KeyError for a token that was never given out."""
        action = self._by_token[token]
        if action.result is None and self._clock() >= action.until:
            action = self._by_token[token] = replace(action, result=action.default)
        return action

    def expire(self, token: str) -> None:
        """Let an action time out at once, as if nobody had answered in time."""
        self._by_token[token] = replace(self._by_token[token], until=self._clock())

    def complete(self, parameters: Mapping[str, str]) -> None:
        """CompleteLifecycleAction: the instance goes on."""
        action = self._standing(parameters)
        result = parameters["LifecycleActionResult"]
        self._by_token[action.token] = replace(action, result=result)

    def heartbeat(self, parameters: Mapping[str, str]) -> None:
        """RecordLifecycleActionHeartbeat: the time-out begins anew."""
        action = self._standing(parameters)
        longest = min(MAX_HEARTBEATS * action.timeout, MAX_SECONDS)
        until = min(self._clock() + action.timeout, action.began + longest)
        self._by_token[action.token] = replace(action, until=until)

    def _standing(self, parameters: Mapping[str, str]) -> Waiting:
        """Find the action that a call means: by token, or else by its instance."""
        token, instance = parameters.get("LifecycleActionToken"), parameters.get("InstanceId")
        for known in list(self._by_token):
            action = self.read(known)
            if (
                action.state == WAIT
                and action.group == parameters["AutoScalingGroupName"]
                and action.hook == parameters["LifecycleHookName"]
                and (token == action.token if token else instance == action.instance_id)
            ):
                return action
        by = f"token {token}" if token else f"instance ID {instance}"
        raise Refusal(400, "ValidationError", f"No active Lifecycle Action found with {by}")
