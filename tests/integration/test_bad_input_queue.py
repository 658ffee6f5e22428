"""A queue that is missing, away or holds nonsense: said, waited out, and gone on from."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.integration.controller_process import ControllerProcess
from tests.integration.stage import Stage, received, sqs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_sqs import SQSClient

    from hack.cluster import LocalCluster

UNAVAILABLE = 503
NO_JSON = '{"detail-type": "EC2 Spot'


@pytest.fixture(scope="module")
def client(cluster: LocalCluster) -> Iterator[SQSClient]:
    """Give a plain client, for what a queue's owner does."""
    made = sqs(cluster)
    yield made
    made.close()


@pytest.fixture(scope="module")
def account(cluster: LocalCluster) -> Path:
    """Give the kubeconfig of the controller's ServiceAccount."""
    return cluster.kubeconfig_for_service_account("spotdrain", "spotdrain")


@pytest.fixture
def other(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[Stage]:
    """Give a second node."""
    made = Stage(cluster, namespace, queue_url)
    made.add_node()
    yield made
    made.remove()


def test_a_message_that_cannot_be_read_goes_to_the_dead_letter_queue(
    cluster: LocalCluster, account: Path, client: SQSClient, stage: Stage
) -> None:
    """Four receives were others'; the fifth is ours, and a notice beside it is acted on."""
    dead = client.create_queue(QueueName=f"dead-{secrets.token_hex(4)}")["QueueUrl"]
    attributes = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": attributes["Attributes"]["QueueArn"], "maxReceiveCount": 5}
    client.set_queue_attributes(
        QueueUrl=stage.queue_url, Attributes={"RedrivePolicy": json.dumps(redrive)}
    )
    client.send_message(QueueUrl=stage.queue_url, MessageBody=NO_JSON)
    for _ in range(4):
        client.receive_message(QueueUrl=stage.queue_url, VisibilityTimeout=0, WaitTimeSeconds=5)

    # Several receivers at once may be handed the same message by moto.
    queue = ("--queue-url", stage.queue_url, "--receivers", "1")
    with ControllerProcess(cluster, *queue, kubeconfig=account) as controller:
        said = controller.wait_for_words("left for the dead-letter queue")
        stage.send_spot()
        stage.wait_phase("Drained")
        found = received(client, dead)
        assert controller.metric("spotdrain_sqs_messages_total", result="malformed") == 1
        assert controller.get("/readyz").text == "ok\n"

    assert said["level"] == "error"
    assert said["message"].endswith(
        "(receive 5): The message is not JSON, so it cannot be an AWS event."
    )
    assert found["Body"] == NO_JSON


def test_a_queue_that_is_not_there_is_waited_for(
    cluster: LocalCluster, account: Path, client: SQSClient
) -> None:
    name = f"late-{secrets.token_hex(4)}"
    url = cluster.queue_url.replace("/spotdrain", f"/{name}")

    with ControllerProcess(cluster, "--queue-url", url, kubeconfig=account) as controller:
        controller.wait_for_words("not ready: There is no queue")
        refused = controller.get("/readyz")
        assert client.create_queue(QueueName=name)["QueueUrl"] == url
        controller.wait_ready()
        assert controller.get("/readyz").text == "ok\n"

    assert refused.code == UNAVAILABLE
    assert refused.text == (
        f"There is no queue {name}: check the queue URL's account, region and name.\n"
    )
    assert controller.words == []


@pytest.mark.parametrize(
    "missing", [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY",)]
)
def test_without_credentials_it_stays_and_says_where_they_come_from(
    cluster: LocalCluster, account: Path, missing: tuple[str, ...]
) -> None:
    """The role of a node may get its rights at any time, so this is worth waiting for."""
    nobody = dict.fromkeys(missing, "")

    with ControllerProcess(cluster, kubeconfig=account, environment=nobody) as controller:
        controller.wait_for_words("not ready: No AWS credentials found")
        assert controller.get("/readyz").text == (
            "No AWS credentials found: give the pod's service account a role by EKS Pod Identity"
            " or IRSA, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n"
        )
        assert controller.get("/healthz").text == "ok\n"


def test_an_outage_of_sqs_is_told_and_what_comes_before_and_after_is_done(
    cluster: LocalCluster, account: Path, stage: Stage, other: Stage
) -> None:
    # Of several receivers each has its own sentence, and one might still tell of the broken line.
    queue = ("--queue-url", stage.queue_url, "--receivers", "1")
    with ControllerProcess(cluster, *queue, kubeconfig=account) as controller:
        controller.wait_ready()
        stage.send_spot()
        stage.wait_phase("Drained")
        # Else the outage may meet this call as well, and what cannot be deleted is a trouble too.
        controller.wait_metric(1, "spotdrain_sqs_messages_total", result="deleted")
        cluster.moto.stop()
        try:
            since = len(controller.lines)
            controller.wait_for_words("cannot receive from the queue: Cannot connect to")
            refused = controller.get("/readyz")
            assert controller.get("/healthz").text == "ok\n"
            controller.wait_metric(2, "spotdrain_sqs_errors_total", operation="receive")
        finally:
            cluster.moto.start()
            # It kept nothing in memory but the queues that it makes at each start.
            sqs(cluster).create_queue(QueueName=stage.queue_url.rsplit("/", 1)[1])
        other.send_spot()
        controller.wait_for_words("the queue answers again", since=since)
        other.wait_phase("Drained")
        assert controller.get("/readyz").text == "ok\n"

    assert refused.code == UNAVAILABLE
    assert "Cannot connect to" in refused.text
    assert not [line for line in controller.lines if "exception" in line]
    assert controller.words == []
