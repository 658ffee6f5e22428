"""What pods ask of the scheduler, and what nodes have."""

from __future__ import annotations

from typing import Any

from controller.domain.node import node_from
from controller.domain.pod import pod_from
from controller.domain.resources import Resources, allocatable_of, requests_of, total

MIB = 2**20


def container(cpu: str = "0", memory: str = "0", **more: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def test_containers_add_up() -> None:
    spec = {"containers": [container("500m", "64Mi"), container("1", "64Mi"), {"name": "bare"}]}
    assert requests_of(spec) == Resources(1500, 128 * MIB, 1)


def test_an_init_container_counts_where_it_asks_for_more() -> None:
    spec = {
        "initContainers": [container("2", "16Mi"), container("1", "16Mi")],
        "containers": [container("500m", "64Mi")],
    }
    assert requests_of(spec) == Resources(2000, 64 * MIB, 1)


def test_a_sidecar_counts_beside_the_containers_and_the_init_containers_after_it() -> None:
    sidecar = container("100m", "8Mi", restartPolicy="Always")
    spec = {
        "initContainers": [container("2"), sidecar, container("2")],
        "containers": [container("1", "64Mi")],
    }
    assert requests_of(spec) == Resources(2100, 72 * MIB, 1)


def test_requests_of_the_whole_pod_win_each_for_itself() -> None:
    spec = {
        "resources": {"requests": {"cpu": "3"}},
        "containers": [container("1", "64Mi")],
    }
    assert requests_of(spec) == Resources(3000, 64 * MIB, 1)


def test_the_overhead_of_a_runtime_class_is_added() -> None:
    spec = {
        "overhead": {"cpu": "250m", "memory": "120Mi"},
        "containers": [container("1", "64Mi")],
    }
    assert requests_of(spec) == Resources(1250, 184 * MIB, 1)


def test_a_pod_that_asks_for_nothing_still_takes_a_place() -> None:
    assert requests_of({}) == Resources(pods=1)


def test_facts_of_pods_and_nodes_carry_them() -> None:
    pod = pod_from({"spec": {"containers": [container("1")], "nodeSelector": {"disk": "ssd"}}})
    assert (pod.requests.cpu, pod.node_selector) == (1000, {"disk": "ssd"})
    allocatable = {"cpu": "3920m", "memory": "15Gi", "pods": "58"}
    conditions = [{"type": "Ready", "status": "True"}]
    node = node_from(
        {
            "metadata": {"creationTimestamp": "1970-01-01T00:01:00Z"},
            "status": {"allocatable": allocatable, "conditions": conditions},
        }
    )
    assert (node.ready, node.created_at) == (True, 60.0)
    assert node.allocatable == Resources(3920, 15 * 1024 * MIB, 58)
    assert not node_from({}).ready


def test_amounts_are_added_taken_away_and_compared() -> None:
    big, small = Resources(4000, 100, 10), Resources(1000, 200, 1)
    assert total([big, small]) == Resources(5000, 300, 11)
    assert big.minus(small) == Resources(3000, -100, 9)
    assert big.most(small) == Resources(4000, 200, 10)
    assert not small.fits(big)
    assert Resources(1000, 100, 10).fits(big)
    assert allocatable_of({}) == Resources()


def test_what_is_not_asked_for_may_be_overdrawn() -> None:
    assert Resources(1000, 0, 1).fits(Resources(2000, -5, 3))


def test_an_amount_reads_as_in_a_manifest() -> None:
    assert str(Resources(1500, 4 * 1024 * MIB, 1)) == "cpu 1500m, memory 4Gi"
