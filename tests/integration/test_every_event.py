"""Every event that AWS is known to send, from SendMessage to what it does to the node.

The golden files are those of the parsers' tests; here they are about nodes of this cluster, and of now.
"""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from controller.domain.notice import Kind, Notice
from controller.domain.times import format_rfc3339
from controller.drain.fence import ANNOTATION
from controller.notices import read
from tests.golden import GOLDEN, GOLDEN_INSTANCE
from tests.integration.stage import Stage
from tests.unit.notices.expected import NOTICES
from tests.unit.notices.test_golden_events import IGNORED, MALFORMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess

SOON, LATER = 90, 1200
"""Seconds from now: when an instance ends, and when a scheduled change begins: within its lead time."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
START = re.compile(r'(startTime["\\: ]+)[^"\\]+')
TERMINATION = re.compile(r'(instance-termination-time["\\: ]+)[^"\\]+')


def golden(name: str) -> str:
    """Read an event's file with the times of one that is sent now."""
    now = time.time()
    text = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    text = MOMENT.sub(format_rfc3339(now), text)
    start = (
        formatdate(now + LATER, usegmt=True)
        if HTTP_DATE.search(text)
        else format_rfc3339(now + LATER)
    )
    return TERMINATION.sub(rf"\g<1>{format_rfc3339(now + SOON)}", START.sub(rf"\g<1>{start}", text))


@pytest.fixture
def another(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[Callable[[], Stage]]:
    """Give a maker of further nodes, which go with the test."""
    made: list[Stage] = []

    def make() -> Stage:
        made.append(Stage(cluster, namespace, queue_url))
        made[-1].add_node()
        return made[-1]

    yield make
    for stage in made:
        stage.remove()


@pytest.fixture(scope="module")
def bystander(cluster: LocalCluster, queue_url: str) -> Iterator[Stage]:
    """Give one node to all events that are to do nothing to it."""
    made = Stage(cluster, "default", queue_url)
    made.add_node()
    yield made
    made.remove()


@pytest.mark.parametrize("name", NOTICES)
def test_an_event_about_nodes_closes_each_of_them_or_says_why_not(
    another: Callable[[], Stage], controller: ControllerProcess, name: str
) -> None:
    text, nodes = golden(name), {}
    for instance in dict.fromkeys(GOLDEN_INSTANCE.findall(text)):
        stage = another()
        nodes[stage.instance_id] = stage
        text = text.replace(instance, stage.instance_id)
    expected = read(text, time.time())
    assert isinstance(expected, list)
    assert len(expected) == len(NOTICES[name])

    stage.send_body(text)

    for notice in expected:
        assert isinstance(notice, Notice)
        shows(controller, nodes[notice.instance_id], notice)


def shows(controller: ControllerProcess, stage: Stage, notice: Notice) -> None:
    """Wait for what a notice does where nothing was known of the instance before."""
    if notice.living or notice.withdrawn:
        controller.wait_for_words(f"ignored {notice.kind} for node {stage.node_name}")
        assert "unschedulable" not in stage.wait_node(lambda _: True)["spec"]
        return
    stage.wait_node(
        lambda n: ANNOTATION in n["metadata"]["annotations"] and n["spec"].get("unschedulable")
    )
    ni = stage.wait(lambda ni: ni.get("status", {}).get("kind") == str(notice.kind))
    deadline = ni["status"].get("deadline")
    assert (deadline is None) == (notice.kind is Kind.REBALANCE)
    (told,) = ni["spec"]["notices"]
    assert (told["kind"], told["source"]) == (str(notice.kind), notice.source)
    assert told.get("instanceAction", "") == notice.action


@pytest.mark.parametrize("name", IGNORED)
def test_an_event_that_asks_nothing_of_us_is_counted_and_deleted(
    bystander: Stage, controller: ControllerProcess, name: str
) -> None:
    kind, reason = IGNORED[name]
    labels = {"kind": kind, "reason": reason}
    before = controller.metric("spotdrain_events_ignored_total", **labels)

    bystander.send_body(GOLDEN_INSTANCE.sub(bystander.instance_id, golden(name)))

    # At least: moto may hand a message to two receivers at once.
    controller.wait_metric(before + 1, "spotdrain_events_ignored_total", **labels)
    assert "unschedulable" not in bystander.wait_node(lambda _: True)["spec"]


@pytest.mark.parametrize("name", MALFORMED)
def test_an_event_that_cannot_be_read_is_told_and_stays_for_the_dead_letter_queue(
    bystander: Stage, controller: ControllerProcess, name: str
) -> None:
    text = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    sent = bystander.send_body(text)

    said = controller.wait_for_words(f"message {sent} cannot be read", MALFORMED[name])

    assert said["level"] == "error"
    assert "left for the dead-letter queue" in said["message"]
