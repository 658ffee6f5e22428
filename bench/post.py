"""Puts Spot notices on a queue of the quick queue: moto would be most of what is measured."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any

from controller.cli.simulated import REBALANCE, SPOT, event
from controller.domain.notice import SPOT_NOTICE_SECONDS
from controller.domain.times import format_rfc3339, parse_rfc3339
from controller.notices.unsupported import AUTO_SCALING, TERMINATE
from hack.errors import HackError
from hack.sqs import sqs_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from bench.ground import Target
    from controller.domain.times import Instant
    from hack.cluster import LocalCluster
    from hack.scaling import Waiting

BATCH = 10


class Post:
    """A queue of one's own; `environment` leads all of a process's calls to AWS to that server."""

    def __init__(self, cluster: LocalCluster) -> None:
        """Make the queue."""
        self.environment = {**cluster.aws_environment, **cluster.quick_queue.environment}
        self._client = sqs_client(self.environment)
        self.url = self._client.create_queue(QueueName=f"bench-{secrets.token_hex(4)}")["QueueUrl"]

    def send(self, target: Target) -> Instant:
        """Send one notice; returns the moment just before."""
        body = _body(target)
        before = time.time()
        self._client.send_message(QueueUrl=self.url, MessageBody=body)
        return before

    def send_all(self, found: Sequence[Target]) -> Instant:
        """Send notices ten a call, as fast as the queue takes them; returns the moment before."""
        return self._send_all([_body(target) for target in found])

    def recommend_all(self, found: Sequence[Target]) -> Instant:
        """Send rebalance recommendations, likewise."""
        now = time.time()
        return self._send_all([json.dumps(event(t.instance_id, REBALANCE, now)) for t in found])

    def send_actions(self, waiting: Sequence[Waiting]) -> Instant:
        """Send the lifecycle actions of instances that wait in a hook, likewise."""
        return self._send_all([json.dumps(_lifecycle_event(action)) for action in waiting])

    def send_aged(self, found: Sequence[Target], age: float) -> tuple[dict[str, Instant], Instant]:
        """Send notices that are `age` seconds old; returns the deadlines by node, and the moment."""
        events = {t.node: event(t.instance_id, SPOT, time.time(), age=age) for t in found}
        before = self._send_all([json.dumps(said) for said in events.values()])
        noticed = {node: parse_rfc3339(said["time"]) or before for node, said in events.items()}
        return {node: at + SPOT_NOTICE_SECONDS for node, at in noticed.items()}, before

    def _send_all(self, bodies: Sequence[str]) -> Instant:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)
        ]
        rest = iter(entries)
        before = time.time()
        while batch := list(islice(rest, BATCH)):
            answer = self._client.send_message_batch(QueueUrl=self.url, Entries=batch)
            if failed := answer.get("Failed"):
                raise HackError(f"The local SQS did not take a message: {failed[0]['Message']}")
        return before


def _lifecycle_event(action: Waiting) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "detail-type": TERMINATE,
        "source": AUTO_SCALING,
        "time": format_rfc3339(time.time()),
        "detail": {
            "LifecycleActionToken": action.token,
            "AutoScalingGroupName": action.group,
            "LifecycleHookName": action.hook,
            "EC2InstanceId": action.instance_id,
            "Origin": "AutoScalingGroup",
            "Destination": "EC2",
        },
    }


def _body(target: Target) -> str:
    return json.dumps(event(target.instance_id, SPOT, time.time()))
