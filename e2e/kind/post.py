"""Puts events on the queue, as AWS writes them, about an instance of the cluster."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from controller.aws.settings import waiting
from controller.cli.simulated import REBALANCE, SPOT, event
from tests.golden import GOLDEN, golden_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.kind.aws import Aws
    from hack.scaling import Waiting

LOOK_SECONDS = 0.2
EMPTY_PATIENCE = 120.0
"""Seconds: what a replica that was killed had taken is hidden for 30, and then handled anew."""


class Post:
    """The sender's side of the queue; `age` says how many seconds ago an event happened."""

    def __init__(self, aws: Aws) -> None:
        """Say whose queue it is."""
        self._sqs, self._queues = aws.sqs, aws.queues

    def spot(self, instance_id: str, *, age: float = 0.0) -> dict[str, Any]:
        """Send an interruption warning; return the event."""
        return self.send(event(instance_id, SPOT, time.time(), age=age))

    def rebalance(self, instance_id: str) -> dict[str, Any]:
        """Send a rebalance recommendation; return the event."""
        return self.send(event(instance_id, REBALANCE, time.time()))

    def golden(
        self, name: str, instance_id: str, detail: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Send an event of tests/fixtures/events with these changes in its detail; return it."""
        return self.send(golden_event(name, instance_id, **(detail or {})))

    def lifecycle(self, held: Waiting) -> dict[str, Any]:
        """Send the event of an instance that waits in a hook of its group."""
        return self.golden(
            "auto-scaling-terminate",
            held.instance_id,
            {
                "LifecycleActionToken": held.token,
                "AutoScalingGroupName": held.group,
                "LifecycleHookName": held.hook,
            },
        )

    def by_sns(self, wrapped: Mapping[str, Any]) -> None:
        """Send an event as an SNS topic passes it on."""
        envelope = json.loads((GOLDEN / "spot-interruption-sns.json").read_text())
        self.send(envelope | {"Message": json.dumps(wrapped)})

    def send(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Send an event as it is."""
        self.body(json.dumps(event))
        return dict(event)

    def body(self, text: str) -> None:
        """Send a message as it is."""
        self._sqs.send_message(QueueUrl=self._queues.url, MessageBody=text)

    def waiting(self) -> int:
        """Count the messages that were not deleted yet, taken ones too."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self._queues.url, AttributeNames=["All"])
        counts = waiting({str(name): value for name, value in answer["Attributes"].items()})
        return counts.visible + counts.in_flight

    def wait_empty(self) -> None:
        """Wait until every message was deleted; nobody tells of that, so it is asked."""
        deadline = time.monotonic() + EMPTY_PATIENCE
        while (left := self.waiting()) > 0:
            assert time.monotonic() < deadline, f"{left} messages are still in the queue"
            time.sleep(LOOK_SECONDS)

    def dead_letter(self, patience: float) -> str:
        """Take the next message of the dead-letter queue; AssertionError if none comes."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            url = self._queues.dead_letter_url
            answer = self._sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)
            for message in answer.get("Messages", ()):
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return message["Body"]
        raise AssertionError(f"the dead-letter queue stayed empty for {patience:.0f} s")
