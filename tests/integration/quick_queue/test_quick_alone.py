"""What the quick queue does that moto does not, and what it refuses."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.request
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient

    from hack.cluster import LocalCluster


@pytest.fixture
def client(quick: str) -> Iterator[SQSClient]:
    made = boto3.client("sqs", endpoint_url=quick)
    yield made
    made.close()


def calls(endpoint: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{endpoint}/calls") as answer:  # noqa: S310 - our own URL
        found: dict[str, int] = json.load(answer)
        return found


def wait_called(endpoint: str, call: str, times: int) -> None:
    """Wait until a call was made so often; pytest's time limit ends a wait in vain."""
    while calls(endpoint).get(call, 0) < times:
        time.sleep(0.02)


def test_every_request_is_counted_whatever_service_it_was_meant_for(
    quick: str, client: SQSClient
) -> None:
    url = client.create_queue(QueueName="counted")["QueueUrl"]
    before = calls(quick)
    client.receive_message(QueueUrl=url)
    client.receive_message(QueueUrl=url)
    ec2 = boto3.client("ec2", endpoint_url=quick)
    with pytest.raises(ClientError):
        ec2.describe_instances()
    ec2.close()
    after = calls(quick)
    assert after["sqs:ReceiveMessage"] - before.get("sqs:ReceiveMessage", 0) == 2
    assert after["ec2:DescribeInstances"] >= 1
    assert before.get("ec2:DescribeInstances", 0) == 0


@pytest.mark.parametrize(
    ("operation", "parameters", "words"),
    [
        ("create_queue", {"QueueName": "a.fifo"}, "has no FIFO queues"),
        (
            "create_queue",
            {"QueueName": "b", "Attributes": {"RedrivePolicy": "{}"}},
            "RedrivePolicy",
        ),
        ("send_message", {"MessageBody": "x", "DelaySeconds": 5}, "DelaySeconds in SendMessage"),
        (
            "send_message_batch",
            {"Entries": [{"Id": "a", "MessageBody": "x", "DelaySeconds": 5}]},
            "DelaySeconds in SendMessageBatch",
        ),
        ("purge_queue", {}, "has no PurgeQueue"),
    ],
)
def test_what_it_does_not_play_is_said(
    client: SQSClient, operation: str, parameters: dict[str, Any], words: str
) -> None:
    if operation != "create_queue":
        parameters = {**parameters, "QueueUrl": client.create_queue(QueueName="plain")["QueueUrl"]}
    with pytest.raises(ClientError, match=re.escape(words)):
        getattr(client, operation)(**parameters)


def test_hiding_a_message_that_is_not_in_flight_is_refused(client: SQSClient) -> None:
    """Moto hides it, AWS does not."""
    url = client.create_queue(QueueName="in-flight")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="x")
    (message,) = client.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    with pytest.raises(client.exceptions.MessageNotInflight):
        client.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=5
        )


def test_a_request_that_nobody_signed_is_refused(quick: str) -> None:
    connection = HTTPConnection(urlsplit(quick).netloc)
    connection.request("POST", "/", "{}", {"X-Amz-Target": "AmazonSQS.CreateQueue"})
    answer = connection.getresponse()
    assert answer.status == 403
    assert b"MissingAuthenticationToken" in answer.read()
    connection.close()


def test_the_poll_of_a_caller_that_was_killed_takes_nothing(quick: str, client: SQSClient) -> None:
    url = client.create_queue(QueueName="killed")["QueueUrl"]
    place = urlsplit(quick)
    before = calls(quick).get("sqs:ReceiveMessage", 0)
    with socket.create_connection((place.hostname, place.port)) as gone:
        gone.sendall(_request("ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 20}))
        wait_called(quick, "sqs:ReceiveMessage", before + 1)
    client.send_message(QueueUrl=url, MessageBody="for the next one")
    (message,) = client.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "for the next one"


def _request(operation: str, parameters: dict[str, Any]) -> bytes:
    body = json.dumps(parameters)
    lines = [
        "POST / HTTP/1.1",
        "Host: 127.0.0.1",
        f"X-Amz-Target: AmazonSQS.{operation}",
        "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs/aws4_request, b",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def test_the_controller_starts_with_it_and_empties_it(cluster: LocalCluster) -> None:
    quick = cluster.quick_queue
    sqs = boto3.client("sqs", endpoint_url=quick.endpoint)
    url = sqs.create_queue(QueueName="read")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"source": "aws.other", "detail-type": "Other"}')
    with ControllerProcess(
        cluster, "--queue-url", url, environment=quick.environment
    ) as controller:
        controller.wait_ready()
        wait_called(quick.endpoint, "sqs:DeleteMessageBatch", 1)
    counted = quick.calls()
    assert counted["sqs:ReceiveMessage"] > 0
    assert counted["sqs:GetQueueAttributes"] > 0
    assert {name.partition(":")[0] for name in counted} == {"sqs"}
    sqs.close()
