"""Queues that throttle, refuse our credentials or are missing: told, waited out, gone on from."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.integration.controller_process import ControllerProcess
from tests.integration.sqs_front import CUT, EXPIRED, THROTTLED, Fault, Front
from tests.integration.stage import Stage, sqs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster

UNAVAILABLE = 503
RECEIVE = "ReceiveMessage"
MINUTE = 60


@pytest.fixture(scope="module")
def front(cluster: LocalCluster) -> Iterator[Front]:
    """Give a front before a queue of the module's own."""
    url = sqs(cluster).create_queue(QueueName=f"front-{secrets.token_hex(4)}")["QueueUrl"]
    made = Front(url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def controller(cluster: LocalCluster, front: Front) -> Iterator[ControllerProcess]:
    """Run a controller that reads by way of the front."""
    # One receiver: while it is refused there is nobody else who might be answered.
    with ControllerProcess(cluster, "--queue-url", front.url, "--receivers", "1") as running:
        running.wait_ready()
        yield running


@pytest.fixture
def stage(cluster: LocalCluster, namespace: str, front: Front) -> Iterator[Stage]:
    """Give a node whose notices go to the queue behind the front."""
    made = Stage(cluster, namespace, front.url)
    made.add_node()
    yield made
    made.remove()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (THROTTLED, "SQS throttles sqs:ReceiveMessage on queue front-"),
        (EXPIRED, "The AWS credentials have expired"),
    ],
    ids=["throttled", "expired"],
)
def test_a_notice_sent_while_sqs_refuses_us_is_acted_on_afterwards(
    stage: Stage, front: Front, controller: ControllerProcess, fault: Fault, sentence: str
) -> None:
    since = len(controller.lines)
    with front.with_fault(Fault(fault.code, fault.status, RECEIVE)):
        # What is asked already ends with this message, which is about nobody.
        Stage(stage.cluster, stage.namespace, front.url).send_spot(age=118)
        controller.wait_for_words("cannot receive from the queue:", sentence, since=since)
        stage.send_spot()
        refused = controller.get("/readyz")
        assert controller.get("/healthz").text == "ok\n"
    controller.wait_for_words("the queue answers again", since=since)
    stage.wait_phase("Drained")

    assert refused.code == UNAVAILABLE
    assert sentence in refused.text
    assert controller.get("/readyz").text == "ok\n"
    assert controller.metric("spotdrain_sqs_errors_total", operation="receive", code=fault.code) > 0
    assert controller.words == []


def test_in_a_minute_without_sqs_nothing_spins_and_nothing_is_lost(
    stage: Stage, front: Front, controller: ControllerProcess
) -> None:
    """A notice from before, in hand, is finished; one sent meanwhile is acted on afterwards."""
    stage.add_pods(stage.pod("slow", stop=25))
    late = Stage(stage.cluster, stage.namespace, front.url)
    late.add_node()
    stage.send_spot()
    stage.wait_phase("Draining")
    since = len(controller.lines)

    with front.with_fault(CUT):
        # What is asked already ends with this message, which is about nobody.
        Stage(stage.cluster, stage.namespace, front.url).send_spot(age=118)
        tries = front.wait_failing(RECEIVE, MINUTE)
        late.send_spot(age=10)
        stage.wait_phase("Drained")
        refused = controller.get("/readyz")
        assert controller.get("/healthz").text == "ok\n"
    controller.wait_for_words("the queue answers again", since=since)
    late.wait_phase("Drained")
    late.remove()

    assert refused.code == UNAVAILABLE
    assert "broke during ReceiveMessage" in refused.text
    # 0.5, 1 and then 2.5 s are the shortest pauses.
    assert tries <= 3 + MINUTE / 2.5
    told = [line for line in controller.lines[since:] if "cannot receive" in line["message"]]
    assert len(told) == 1
    assert controller.words == []


def test_a_queue_that_is_missing_holds_no_other_back(
    cluster: LocalCluster, namespace: str, queue_url: str
) -> None:
    name = f"late-{secrets.token_hex(4)}"
    late = f"{queue_url.rpartition('/')[0]}/{name}"
    here, there = (Stage(cluster, namespace, url) for url in (queue_url, late))
    for stage in (here, there):
        stage.add_node()
    try:
        with ControllerProcess(cluster, "--queue-url", f"{late},{queue_url}") as controller:
            controller.wait_for_words("not ready: There is no queue", name)
            here.send_spot()
            here.wait_phase("Drained")
            refused = controller.get("/readyz")
            sqs(cluster).create_queue(QueueName=name)
            controller.wait_ready()
            there.send_spot()
            there.wait_phase("Drained")
            assert controller.get("/readyz").text == "ok\n"
            own = queue_url.rpartition("/")[2]
            for queue in (name, own):
                assert controller.metric("spotdrain_sqs_messages_total", queue=queue) > 0
                labels = {"queue": queue, "reason": "NoDeadLetterQueue"}
                assert controller.metric("spotdrain_sqs_queue_warnings", **labels) == 1
    finally:
        for stage in (here, there):
            stage.remove()

    assert refused.code == UNAVAILABLE
    assert refused.text == (
        f"There is no queue {name}: check the queue URL's account, region and name.\n"
    )


def test_with_several_queues_a_sentence_names_its_own(
    cluster: LocalCluster, queue_url: str
) -> None:
    """Nobody listens on port 1, and the sentence about that names an address only."""
    away = "http://127.0.0.1:1/123456789012/away"
    with ControllerProcess(cluster, "--queue-url", f"{away},{queue_url}") as controller:
        controller.wait_for_words("not ready: away: Cannot connect to http://127.0.0.1:1: ")
        assert "away: Cannot connect to" in controller.get("/readyz").text
