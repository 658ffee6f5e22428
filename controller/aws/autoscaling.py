"""Lifecycle hooks as asyncio calls: boto3 on threads, and our own sentences for its errors."""

from __future__ import annotations

import asyncio
import re
import threading
from functools import partial
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from controller.aws.client import connect_scaling
from controller.aws.faults import Place, code_of, describe, message_of
from controller.aws.threads import start
from controller.domain.lifecycle import COMPLETED, EXTENDED, OVER, ScalingError
from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_autoscaling import AutoScalingClient

    from controller.domain.lifecycle import LifecycleAction

CALLS, HEARTBEATS = 4, 2
"""How many calls run at once: a mass termination must not be throttled by its own completions.
Heartbeats have turns of their own: where many hang, no completion waits behind them."""

_CONTINUE = "CONTINUE"
# AWS says the first of a token or instance that is unknown, completed or timed out. The others are
# what it says elsewhere of a group that was deleted: nothing of it waits. All are one error code with
# every other complaint about a parameter, so only its words tell them apart.
_OVER = re.compile(
    r"No active Lifecycle Action found|AutoScaling ?Group (name )?not found|Group .+ not found"
)


class AutoScaling:
    """The lifecycle actions of one region's groups, for one event loop.

    Every call raises ScalingError, whose text is a sentence, after a few tries of its own within
    about half a minute. Both calls may be repeated at any time. Nothing raised or logged holds a
    token.
    """

    def __init__(self, region: str) -> None:
        """Remember the region, such as `us-east-1`; the client is made at the first call.

        Who uses no hooks pays neither the memory for boto3's model of the service nor its time.
        """
        self._region = region
        self._made: AutoScalingClient | None = None
        self._making = threading.Lock()
        self._completing, self._beating = asyncio.Semaphore(CALLS), asyncio.Semaphore(HEARTBEATS)

    async def complete(self, action: LifecycleAction) -> Verdict:
        """Let the instance go; the verdict's reason is COMPLETED, or OVER if that was done before.

        The result is always CONTINUE. ABANDON ends a termination just the same, but keeps the
        instance, and its cost, where the group retains what was abandoned.
        https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-lifecycle-policy.html
        """
        done = Verdict(COMPLETED, f"Told the {action} to go on: {action.instance_id} is let go.")
        async with self._completing:
            return await self._call("CompleteLifecycleAction", self._complete, action, done)

    async def heartbeat(self, action: LifecycleAction) -> Verdict:
        """Have the instance kept for the hook's time-out from now; EXTENDED, or OVER.

        Auto Scaling ends the wait in any case after 48 hours or 100 time-outs.
        https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RecordLifecycleActionHeartbeat.html
        """
        done = Verdict(EXTENDED, f"The {action} keeps {action.instance_id} for longer.")
        async with self._beating:
            return await self._call("RecordLifecycleActionHeartbeat", self._heartbeat, action, done)

    def close(self) -> None:
        """Close the idle connections, at once; a call under way keeps its own until it ends."""
        with self._making:
            if self._made is not None:
                self._made.close()

    async def _call(
        self,
        operation: str,
        call: Callable[[LifecycleAction], None],
        action: LifecycleAction,
        done: Verdict,
    ) -> Verdict:
        return await asyncio.wrap_future(
            start(partial(self._explained, operation, call, action, done), "scaling-call")
        )

    def _explained(
        self,
        operation: str,
        call: Callable[[LifecycleAction], None],
        action: LifecycleAction,
        done: Verdict,
    ) -> Verdict:
        try:
            call(action)
        except (BotoCoreError, ClientError) as error:
            if _is_over(error):
                return Verdict(
                    OVER, f"The {action} no longer waits for {action.instance_id}: it is over."
                )
            fault = describe(error, operation, self._place(action))
            # Without its cause: a traceback would print AWS's text, which quotes tokens.
            raise ScalingError(fault.sentence, fault.code) from None
        return done

    def _complete(self, action: LifecycleAction) -> None:
        self._client().complete_lifecycle_action(
            AutoScalingGroupName=action.group,
            LifecycleHookName=action.hook,
            LifecycleActionResult=_CONTINUE,
            InstanceId=action.instance_id,
            **_token(action),
        )

    def _heartbeat(self, action: LifecycleAction) -> None:
        self._client().record_lifecycle_action_heartbeat(
            AutoScalingGroupName=action.group,
            LifecycleHookName=action.hook,
            InstanceId=action.instance_id,
            **_token(action),
        )

    def _client(self) -> AutoScalingClient:
        with self._making:
            if self._made is None:
                self._made = connect_scaling(self._region)
            return self._made

    def _place(self, action: LifecycleAction) -> Place:
        made = self._made
        return Place(
            service="Auto Scaling",
            prefix="autoscaling",
            subject=str(action),
            address=made.meta.endpoint_url if made else f"Auto Scaling in {self._region}",
            advice="it will be tried again",
            denial="the group has the tag that the policy's condition asks for",
        )


class _Token(TypedDict, total=False):
    LifecycleActionToken: str


def _token(action: LifecycleAction) -> _Token:
    """Name the action by its token where it has one; else the instance id stands in."""
    return {"LifecycleActionToken": action.token} if action.token else {}


def _is_over(error: BotoCoreError | ClientError) -> bool:
    return (
        isinstance(error, ClientError)
        and code_of(error) == "ValidationError"
        and _OVER.match(message_of(error)) is not None
    )
