"""Room elsewhere for the pods of a node: who counts as a new home, and who fits."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.node import Taint
from controller.domain.resources import Resources, total
from controller.domain.toleration import Toleration
from controller.drain.room import MOST_NODES, Space, accepts, candidates, homeless, takes_pods
from tests.builders import node, pod

if TYPE_CHECKING:
    from controller.domain.node import NodeFacts
    from controller.domain.pod import PodFacts

GIB = 2**30
ZONE = "topology.kubernetes.io/zone"
HOME = node(name="home", uid="uid-home", labels={ZONE: "a"})


def other(name: str = "other", **fields: Any) -> NodeFacts:
    return node(**{"name": name, "uid": f"uid-{name}", "labels": {ZONE: "a"}} | fields)


def asks(name: str = "web", cpu: int = 1000, memory: int = GIB, **fields: Any) -> PodFacts:
    return pod(name, requests=Resources(cpu, memory, 1), **fields)


def space(name: str = "other", cpu: int = 4000, memory: int = 8 * GIB, pods: int = 10) -> Space:
    return Space(other(name), Resources(cpu, memory, pods))


def test_a_ready_open_node_takes_pods() -> None:
    assert takes_pods(other())


@pytest.mark.parametrize(
    "fields",
    [
        {"ready": False},
        {"unschedulable": True},
        {"annotations": {"spotdrain.io/fence": "{}"}},
    ],
)
def test_a_node_that_is_unready_or_closed_takes_none(fields: dict[str, Any]) -> None:
    assert not takes_pods(other(**fields))


def test_the_node_selector_has_to_match() -> None:
    wants = asks(node_selector={"disk": "ssd"})
    assert not accepts(other(), wants, HOME)
    assert accepts(other(labels={"disk": "ssd"}), wants, HOME)


def test_a_pod_with_volumes_stays_in_its_zone() -> None:
    there = other(labels={ZONE: "b"})
    assert accepts(there, asks(), HOME)
    assert not accepts(there, asks(has_volume_claims=True), HOME)
    assert accepts(other(), asks(has_volume_claims=True), HOME)


def test_a_taint_has_to_be_tolerated() -> None:
    gpu = other(taints=(Taint("gpu", "NoSchedule"),))
    assert not accepts(gpu, asks(), HOME)
    assert accepts(gpu, asks(tolerations=(Toleration("gpu", "Exists"),)), HOME)
    assert accepts(other(taints=(Taint("gpu", "PreferNoSchedule"),)), asks(), HOME)


def test_the_node_itself_and_nodes_that_take_none_of_the_pods_are_not_asked_about() -> None:
    nodes = [HOME, other("a"), other("b", unschedulable=True), other("c", labels={ZONE: "z"})]
    assert [n.name for n in candidates(HOME, [asks(has_volume_claims=True)], nodes)] == ["a"]


def test_the_newest_nodes_are_asked_about_at_every_look_and_the_rest_in_turn() -> None:
    nodes = [other(f"n{age:02}", created_at=100.0 - age) for age in range(17)]
    looks = [[n.name for n in candidates(HOME, [asks()], nodes, look)] for look in range(3)]
    newest = [f"n{age:02}" for age in range(5)]
    assert all(look[:5] == newest for look in looks)
    assert all(len(look) == MOST_NODES for look in looks)
    assert {name for look in looks for name in look} == {n.name for n in nodes}


def test_few_nodes_are_all_asked_about() -> None:
    assert len(candidates(HOME, [asks()], [other(f"n{n}") for n in range(7)], look=3)) == 7


def test_pods_that_fit_leave_nobody_homeless() -> None:
    pods = [asks(f"p{n}", cpu=2000) for n in range(4)]
    assert homeless(HOME, pods, [space("a"), space("b")]) is None


def test_the_pod_that_fits_nowhere_is_named_with_what_it_asks_for() -> None:
    verdict = homeless(HOME, [asks("big", cpu=4500), asks("small")], [space("a"), space("b")])
    assert verdict is not None
    assert verdict.reason == "WaitingForCapacity"
    assert verdict.message == (
        "none of the 2 nodes looked at has room for shop/big (cpu 4500m, memory 1Gi)"
    )


def test_without_a_node_that_is_open_nobody_fits() -> None:
    verdict = homeless(HOME, [asks()], [])
    assert verdict is not None
    assert verdict.message == "no node is open for shop/web (cpu 1, memory 1Gi)"


def test_the_number_of_pods_counts_too() -> None:
    assert homeless(HOME, [asks("a"), asks("b")], [space(pods=1)]) is not None


def test_a_node_without_pods_needs_no_room() -> None:
    assert homeless(HOME, [], []) is None


pod_lists = st.lists(st.integers(0, 5000), max_size=5).map(
    lambda sizes: [asks(f"p{number}", cpu=cpu) for number, cpu in enumerate(sizes)]
)
space_lists = st.lists(st.integers(0, 8000), max_size=4).map(
    lambda sizes: [space(f"n{number}", cpu=cpu) for number, cpu in enumerate(sizes)]
)


@given(pod_lists, space_lists)
def test_who_fits_does_not_ask_for_more_than_there_is(
    pods: list[PodFacts], spaces: list[Space]
) -> None:
    if homeless(HOME, pods, spaces) is None:
        assert total(p.requests for p in pods).fits(total(s.free for s in spaces))


@given(pod_lists, space_lists)
def test_the_order_in_which_pods_are_listed_does_not_matter(
    pods: list[PodFacts], spaces: list[Space]
) -> None:
    assert len({homeless(HOME, list(order), spaces) for order in permutations(pods)}) == 1


@given(pod_lists, space_lists)
def test_another_empty_node_of_enough_size_ends_the_waiting(
    pods: list[PodFacts], spaces: list[Space]
) -> None:
    """A replacement that holds all of them suffices, whatever the others hold."""
    replacement = space("replacement", cpu=25_000, memory=10 * GIB)
    assert homeless(HOME, pods, [*spaces, replacement]) is None
