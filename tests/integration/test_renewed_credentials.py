"""A controller whose credentials expire goes on by itself once their file is renewed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.integration.controller_process import ControllerProcess
from tests.integration.sqs_front import EXPIRED, Fault, Front
from tests.integration.stage import Stage, sqs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hack.cluster import LocalCluster

OLD, NEW = "AKIAOLDOLDOLDOLDOLD", "AKIANEWNEWNEWNEWNEW"
UNAVAILABLE = 503


@pytest.fixture
def front(cluster: LocalCluster) -> Iterator[Front]:
    """Give a front before a queue of the test's own."""
    made = Front(sqs(cluster).create_queue(QueueName=f"front-{secrets.token_hex(4)}")["QueueUrl"])
    yield made
    made.close()


@pytest.fixture
def stage(cluster: LocalCluster, namespace: str, front: Front) -> Iterator[Stage]:
    """Give a node whose notices go to the queue behind the front."""
    made = Stage(cluster, namespace, front.url)
    made.add_node()
    yield made
    made.remove()


def write(path: Path, key: str, secret: str) -> None:
    """Put a file in the place of another, as kubelet does with a mounted Secret."""
    fresh = path.with_suffix(".fresh")
    fresh.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key={secret}\n")
    fresh.replace(path)


def test_a_renewed_credentials_file_is_enough(
    cluster: LocalCluster, stage: Stage, front: Front, tmp_path: Path
) -> None:
    path = tmp_path / "credentials"
    # The one that every log is searched for.
    secret = cluster.aws_environment["AWS_SECRET_ACCESS_KEY"]
    write(path, OLD, secret)
    environment = {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SHARED_CREDENTIALS_FILE": str(path),
    }
    with ControllerProcess(
        cluster, "--queue-url", front.url, environment=environment
    ) as controller:
        controller.wait_ready()
        with front.with_fault(Fault(EXPIRED.code, EXPIRED.status, key=OLD)):
            # What is asked already ends with this message, which is about nobody.
            Stage(cluster, stage.namespace, front.url).send_spot(age=118)
            controller.wait_for_words("cannot receive from the queue: The AWS credentials have")
            refused = controller.get("/readyz")
            stage.send_spot()
            write(path, NEW, secret)
            stage.wait_phase("Drained")
            controller.wait_for_words("the queue answers again")
            assert controller.get("/readyz").text == "ok\n"

        assert refused.code == UNAVAILABLE
        assert "renew them in the shared credentials file" in refused.text
        assert front.keys[0] == OLD
        assert NEW in front.keys
        assert controller.words == []
