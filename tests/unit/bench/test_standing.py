"""Objects that are put into etcd: whole, as large as real ones, and each its own."""

from __future__ import annotations

import json

from bench.ground import targets
from bench.interrupted import record
from bench.standing import budget_of, node_object, nodes_of, pod_object, pods_of, uid_of
from controller.domain.budget import budget_from
from controller.domain.interruption_object import interruption_from
from controller.domain.node import node_from
from controller.domain.pod import pod_from

FOUND = targets("n", 3, 0)


def test_the_sizes_are_those_of_eks() -> None:
    assert 10_000 < len(json.dumps(node_object(FOUND[0], uid_of(FOUND[0])))) < 20_000
    assert 4_000 < len(json.dumps(pod_object("a", "n", "u", "web"))) < 7_000


def test_the_controller_reads_nodes_that_are_ready_and_open() -> None:
    read = [node_from(json.loads(text)) for _, text in nodes_of(FOUND, None)]

    assert [node.instance_id for node in read] == [target.instance_id for target in FOUND]
    assert all(node.ready and not node.unschedulable for node in read)
    assert len({node.uid for node in read}) == 3


def test_nodes_with_a_notice_are_closed() -> None:
    ((key, text),) = nodes_of(FOUND[:1], 1000.0)

    assert key == "/registry/minions/n-0"
    assert node_from(json.loads(text)).unschedulable


def test_pods_are_spread_evenly_and_differ() -> None:
    read = [(key, pod_from(json.loads(text))) for key, text in pods_of(FOUND, 7)]

    assert [key for key, _ in read[-2:]] == [
        "/registry/pods/bench/n-2-1",
        "/registry/pods/bench/n-0-2",
    ]
    assert len({pod.uid for _, pod in read}) == 7
    assert {json.loads(text)["spec"]["nodeName"] for _, text in pods_of(FOUND, 7)} == {
        "n-0",
        "n-1",
        "n-2",
    }


def test_nodes_may_share_the_app_of_their_pods_and_its_budget() -> None:
    labels = [json.loads(text)["metadata"]["labels"] for _, text in pods_of(FOUND, 3, share=2)]
    key, text = budget_of("web-1", 10)
    budget = budget_from(json.loads(text))

    assert [found["app"] for found in labels] == ["web-0", "web-0", "web-1"]
    assert key == "/registry/poddisruptionbudgets/bench/web-1"
    assert (budget.allowed, budget.expected, budget.fresh) == (0, 10, True)
    assert budget.selector is not None
    assert budget.selector.matches(labels[2])
    assert not budget.selector.matches(labels[0])


def test_an_interruption_names_its_node_and_leaves_what_it_is_given() -> None:
    read = interruption_from(record(FOUND[1], uid_of(FOUND[1]), 1000.0, left=300.0))

    assert (read.node_name, read.node_uid, read.deadline) == ("n-1", uid_of(FOUND[1]), 1300.0)
