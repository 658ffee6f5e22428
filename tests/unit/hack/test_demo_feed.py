"""The demo sends what EventBridge sends, noise included."""

from __future__ import annotations

import json

import pytest

from controller.domain.notice import Kind, Notice
from controller.notices import read
from hack.demo.feed import FOREIGN, deadline_of, messages
from hack.demo.nodes import INTERRUPTED, POOLS, REBALANCED, instances_of

NOW = 1_700_000_000.0


def notices(window: float) -> list[Notice]:
    found = [read(json.dumps(message.event), NOW) for message in messages(NOW, window)]
    said = [item for outcome in found if isinstance(outcome, list) for item in outcome]
    return [notice for notice in said if isinstance(notice, Notice)]


@pytest.mark.parametrize("window", [30, 75, 120])
def test_a_whole_pool_is_interrupted_with_so_many_seconds_left(window: float) -> None:
    interrupted = {instance.id for instance in instances_of(INTERRUPTED)}
    mine = [notice for notice in notices(window) if notice.instance_id in interrupted]

    assert {notice.instance_id for notice in mine} == interrupted
    assert {notice.kind for notice in mine} == {Kind.SPOT_INTERRUPTION}
    assert {notice.deadline for notice in mine} == {NOW + window}
    assert deadline_of(messages(NOW, window)[0]) == NOW + window


def test_one_event_comes_twice_and_all_others_are_different_events() -> None:
    ids = [notice.id for notice in notices(75)]
    assert len(ids) == 8
    assert len(set(ids)) == 7


def test_one_node_of_another_pool_gets_a_recommendation() -> None:
    (recommended,) = [notice for notice in notices(75) if notice.kind is Kind.REBALANCE]
    assert recommended.instance_id in {instance.id for instance in instances_of(REBALANCED)}


def test_one_event_is_about_an_instance_that_is_no_node() -> None:
    ours = {instance.id for pool in POOLS for instance in instances_of(pool)}
    assert {n.instance_id for n in notices(75)} - ours == {FOREIGN}


def test_the_demo_says_what_it_sends() -> None:
    for message in messages(NOW, 75):
        assert message.instance_id in message.about or message.event["id"][:8] in message.about
