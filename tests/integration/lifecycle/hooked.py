"""An instance that its Auto Scaling group keeps in a lifecycle hook, and what becomes of that."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_rfc3339
from tests.integration.stage import sqs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hack.scaling import ScalingServer, Waiting
    from hack.scaling.server import Call
    from tests.integration.stage import Stage

COMPLETE, HEARTBEAT = "CompleteLifecycleAction", "RecordLifecycleActionHeartbeat"
GUARD = {"guard": "on"}

GIVEN_UP = 250
"""Seconds after its event a message about an instance without a Node is no longer kept."""


@dataclass(slots=True)
class Hooked:
    """The instance of a stage, in the state `Terminating:Wait` at a server."""

    stage: Stage
    server: ScalingServer
    waiting: Waiting

    def send(self, *, age: float = 0.0, token: bool = True) -> None:
        """Put the event on the queue as EventBridge has it, `age` seconds old."""
        detail = self._detail(token=token) | {"Origin": "AutoScalingGroup", "Destination": "EC2"}
        self._put(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "EC2 Instance-terminate Lifecycle Action",
                "source": "aws.autoscaling",
                "account": "123456789012",
                "time": format_rfc3339(time.time() - age),
                "region": "us-east-1",
                "resources": [],
                "detail": detail,
            }
        )

    def send_direct(self, *, age: float = 0.0) -> None:
        """Put the message on the queue as a hook's own notification target gets it."""
        about = {"Service": "AWS Auto Scaling", "RequestId": str(uuid.uuid4())}
        sent = {"Time": format_rfc3339(time.time() - age), "AccountId": "123456789012"}
        self._put({**about, **sent, **self._detail(token=True)})

    def calls(self, operation: str) -> list[Call]:
        """List the calls about this instance so far, failed ones too."""
        return [c for c in self.server.calls if c.operation == operation and self.is_about(c)]

    def wait_call(self, operation: str) -> Call:
        """Return the first call about this instance that is carried out."""
        seen = 0
        while True:
            calls = self.server.wait_for_calls(seen + 1)
            for call in calls[seen:]:
                if call.operation == operation and self.is_about(call) and not call.code:
                    return call
            seen = len(calls)

    def wait_condition(self, status: str) -> dict[str, Any]:
        """Return the condition about the hook once it has this status."""
        ni = self.stage.wait(lambda ni: condition(ni).get("status") == status)
        return dict(condition(ni))

    def result(self) -> str | None:
        """Tell with what the action was completed, None while it stands."""
        return self.server.actions.read(self.waiting.token).result

    def is_about(self, call: Call) -> bool:
        """Tell whether a call is about this instance."""
        return call.parameters.get("InstanceId") == self.waiting.instance_id

    def _detail(self, *, token: bool) -> dict[str, str]:
        return {
            **({"LifecycleActionToken": self.waiting.token} if token else {}),
            "AutoScalingGroupName": self.waiting.group,
            "LifecycleHookName": self.waiting.hook,
            "EC2InstanceId": self.waiting.instance_id,
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        }

    def _put(self, message: Mapping[str, Any]) -> None:
        sqs(self.stage.cluster).send_message(
            QueueUrl=self.stage.queue_url, MessageBody=json.dumps(message)
        )


def hold(stage: Stage, server: ScalingServer, hook: str = "spotdrain") -> Hooked:
    """Have the group begin to terminate the instance of a stage."""
    return Hooked(stage, server, server.actions.hold(stage.instance_id, hook=hook))


def condition(ni: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the condition about the hook, empty without one."""
    conditions = ni.get("status", {}).get("conditions", ())
    return next((c for c in conditions if c["type"] == "LifecycleCompleted"), {})


def guard(stage: Stage) -> None:
    """Give the node a pod that its budget holds back until `unguard`."""
    stage.add_pods(stage.pod("guarded", labels=GUARD))
    stage.add_budget("full", 1, GUARD)


def unguard(stage: Stage) -> None:
    """Let the pod go."""
    stage.cluster.kubectl("delete", "pdb", "full", f"--namespace={stage.namespace}")
