"""A local SQS (moto) with the queue that spotdrain reads and its dead-letter queue."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, NamedTuple

from hack.cluster import probes
from hack.cluster.ports import HOST
from hack.cluster.process import Process
from hack.sqs import sqs_client

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

    from hack.cluster.process import Keeper

QUEUE = "spotdrain"
DEAD_LETTER_QUEUE = "spotdrain-dlq"
REGION = "us-east-1"
MAX_RECEIVES = 5
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
        }
    ],
}
"""As deploy/ has it, less strict."""

ATTRIBUTES: dict[QueueAttributeNameType, str] = {
    "VisibilityTimeout": "30",
    "MessageRetentionPeriod": "300",
    "SqsManagedSseEnabled": "true",
    "Policy": json.dumps(POLICY),
}
"""Seconds. A notice is worthless after 120 s, so what nobody takes in 300 s may go."""


class Queues(NamedTuple):
    """The URLs of the queue and of its dead-letter queue."""

    url: str
    dead_letter_url: str


def create_queues(sqs: SQSClient) -> Queues:
    """Make both queues as deploy/ has them; what is there already stays as it is."""
    dead_letter_url = sqs.create_queue(QueueName=DEAD_LETTER_QUEUE)["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": sqs.get_queue_attributes(
            QueueUrl=dead_letter_url, AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"],
        "maxReceiveCount": MAX_RECEIVES,
    }
    attributes: dict[QueueAttributeNameType, str] = {
        **ATTRIBUTES,
        "RedrivePolicy": json.dumps(redrive),
    }
    url = sqs.create_queue(QueueName=QUEUE, Attributes=attributes)["QueueUrl"]
    return Queues(url, dead_letter_url)


def aws_environment(endpoint: str) -> dict[str, str]:
    """Return what makes boto3 and the AWS command line talk to a server, as a user of its own."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "secret-of-nobody-for-testing-0123456789",
    }


class Moto(Process):
    """The moto server; it keeps everything in memory, so each start makes the queues anew."""

    def __init__(self, keeper: Keeper, port: int) -> None:
        """Describe it; `port` is on the loopback address."""
        self.endpoint = f"http://{HOST}:{port}"
        self.environment = aws_environment(self.endpoint)
        argv = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
        ready = probes.answers(f"{self.endpoint}/moto-api/")
        super().__init__(keeper, "moto", argv, ready, self.environment)
        self.queue_url = ""
        self.dead_letter_url = ""

    def wait_ready(self, deadline: float) -> None:
        """Wait till it answers, then make the queues; their URLs are the same after a restart."""
        super().wait_ready(deadline)
        queues = create_queues(sqs_client(self.environment))
        self.queue_url, self.dead_letter_url = queues
