"""The messages of the demo, as EventBridge puts them on the queue, and the sending of them."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from controller.cli.simulated import REBALANCE, SPOT, event
from controller.domain.notice import SPOT_NOTICE_SECONDS
from controller.domain.times import parse_rfc3339
from hack.demo.nodes import INTERRUPTED, REBALANCED, instances_of
from hack.errors import HackError
from hack.sqs import sqs_client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.times import Instant
    from hack.demo.nodes import Instance

FOREIGN = "i-0f0f0f0f0f0f0f0f0"
"""An instance that is no node of the cluster: EventBridge sends the events of a whole account."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: the event in it, and the demo's words for it."""

    event: Mapping[str, Any]
    about: str

    @property
    def instance_id(self) -> str:
        """The instance that the event names."""
        return str(self.event["detail"]["instance-id"])


def messages(now: Instant, window: float) -> list[Message]:
    """Return what is sent: the interruption of a pool that leaves `window` seconds, and noise."""
    age = SPOT_NOTICE_SECONDS - window
    interruptions = [
        Message(_event(instance.id, SPOT, now, age), f"interruption of {_named(instance)}")
        for instance in instances_of(INTERRUPTED)
    ]
    first = interruptions[0]
    recommended = instances_of(REBALANCED)[0]
    return [
        *interruptions,
        # SQS and EventBridge both deliver at least once.
        Message(first.event, f"the first of them again (event {first.event['id'][:8]}…)"),
        Message(
            _event(recommended.id, REBALANCE, now, 0),
            f"rebalance recommendation for {_named(recommended)}",
        ),
        Message(_event(FOREIGN, SPOT, now, age), f"interruption of {FOREIGN}, no node of ours"),
    ]


def deadline_of(message: Message) -> Instant:
    """Return when EC2 takes the instance of an interruption: two minutes after the event's time."""
    sent = parse_rfc3339(message.event["time"])
    if sent is None:
        raise ValueError(message.event["time"])
    return sent + SPOT_NOTICE_SECONDS


def send(
    queue_url: str, environment: Mapping[str, str], outbox: Sequence[Message]
) -> dict[str, Instant]:
    """Send the messages over HTTP, each on its own; returns when, by instance, the first time.

    `environment` is LocalCluster's `aws_environment`. Raises HackError when SQS refuses.
    """
    sqs = sqs_client(environment)
    sent: dict[str, Instant] = {}
    try:
        for message in outbox:
            sent.setdefault(message.instance_id, time.time())
            sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(message.event))
    except (BotoCoreError, ClientError) as error:
        raise HackError(f"The local SQS did not take a message: {error}") from error
    finally:
        sqs.close()
    return sent


def _event(instance_id: str, kind: str, now: Instant, age: float) -> dict[str, Any]:
    return event(instance_id, kind, now, age=age, event_id=str(uuid.uuid4()))


def _named(instance: Instance) -> str:
    return f"{instance.id} ({instance.node_name})"
