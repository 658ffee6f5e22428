"""The demo's nodes and workload are what its story needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.budget import budget_from
from controller.domain.node import INSTANCE_ID, node_from
from controller.domain.pod import PodFacts
from hack.demo.apps import APPS, PRIORITY_CLASSES, budget_of, class_of, pod_count
from hack.demo.nodes import (
    INTERRUPTED,
    NODE_GROUP,
    NODES_A_POOL,
    POOLS,
    REBALANCED,
    instances_of,
    node_manifests,
)
from hack.demo.snapshot import is_ready
from hack.demo.workload import manifests

if TYPE_CHECKING:
    from hack.demo.apps import App

BUILT_IN_CLASSES = {"", "system-cluster-critical"}


def test_twenty_spot_nodes_lie_in_four_pools() -> None:
    nodes = [node_from(manifest) for manifest in node_manifests()]

    assert len({node.name for node in nodes}) == len({node.instance_id for node in nodes}) == 20
    assert all(node.is_spot and INSTANCE_ID.fullmatch(node.instance_id) for node in nodes)
    for pool in POOLS:
        mine = [node for node in nodes if node.pool == pool.name]
        assert len(mine) == NODES_A_POOL
        assert {node.labels[NODE_GROUP] for node in mine} == {pool.group}
        assert {node.instance_id for node in mine} == {found.id for found in instances_of(pool)}
    assert INTERRUPTED != REBALANCED


def test_there_are_a_few_hundred_pods_on_every_priority() -> None:
    assert 240 <= pod_count(20) <= 300
    assert {app.priority_class for app in APPS} == {*PRIORITY_CLASSES, *BUILT_IN_CLASSES}


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_every_pool_gets_a_quarter_of_an_app(app: App) -> None:
    assert app.replicas % len(POOLS) == 0
    (found,) = [
        item for item in manifests() if item["metadata"]["name"] == app.name and template(item)
    ]
    spread = template(found)["spec"]["topologySpreadConstraints"][0]
    assert spread["topologyKey"] == NODE_GROUP
    assert spread["whenUnsatisfiable"] == "DoNotSchedule"
    assert spread["nodeTaintsPolicy"] == "Honor"


def test_a_namespace_and_a_priority_class_come_before_what_is_in_them() -> None:
    names: set[str] = {"", "kube-system"}
    classes = {*BUILT_IN_CLASSES, "system-node-critical"}
    for item in manifests():
        assert item["metadata"].get("namespace", "") in names
        if item["kind"] == "Namespace":
            names.add(item["metadata"]["name"])
        if item["kind"] == "PriorityClass":
            classes.add(item["metadata"]["name"])
        if pod := template(item):
            assert pod["spec"].get("priorityClassName", "") in classes


def test_each_budget_guards_exactly_the_pods_of_its_app() -> None:
    budgets = [budget_from(i) for i in manifests() if i["kind"] == "PodDisruptionBudget"]
    for item in manifests():
        if not (pod := template(item)):
            continue
        namespace, labels = item["metadata"]["namespace"], pod["metadata"]["labels"]
        guards = [
            b for b in budgets if b.covers(PodFacts(namespace, "pod", "uid", "node", labels=labels))
        ]
        assert [b.key for b in guards] == list(filter(None, [budget_of(namespace, labels)]))


def test_one_budget_never_opens() -> None:
    stuck = [app for app in APPS if app.budget == {"minAvailable": app.replicas}]
    assert [(app.namespace, app.name) for app in stuck] == [("shop", "cart")]


def test_a_pod_that_asks_not_to_be_disrupted_says_so_to_karpenter() -> None:
    (job,) = [item for item in manifests() if item["kind"] == "Job"]
    annotations = template(job)["metadata"]["annotations"]
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"


@pytest.mark.parametrize(
    ("priority", "name"),
    [(-10, "batch"), (0, "(no class)"), (2_000_000_000, "system-cluster-critical"), (7, "")],
)
def test_a_priority_is_shown_with_the_class_that_gives_it(priority: int, name: str) -> None:
    assert class_of(priority) == name


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({}, False),
        ({"conditions": [{"type": "PodScheduled", "status": "True"}]}, False),
        ({"conditions": [{"type": "Ready", "status": "False"}]}, False),
        ({"conditions": [{"type": "Ready", "status": "True"}]}, True),
    ],
)
def test_a_pod_is_ready_by_its_condition(status: dict[str, Any], *, ready: bool) -> None:
    assert is_ready({"status": status}) is ready


def template(item: dict[str, Any]) -> dict[str, Any]:
    """Return the pod template of a controller, empty for anything else."""
    found: dict[str, Any] = item.get("spec", {}).get("template", {})
    return found
