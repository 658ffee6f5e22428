"""A Spot interruption warning, from the queue to the pods' SIGTERM, by their own logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from e2e.kind.nodes import EXCLUDED, TAINT, is_cordoned
from e2e.kind.reading import deadline_of, entry_of, exit_code, instant, name_of
from e2e.kind.scene import open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.kind.ground import Ground
    from e2e.kind.scene import Scene
    from e2e.kind.sightings import Object

IN_ORDER = ("low", "plain", "high", "critical")
CLASSES = {"low": "e2e-low", "high": "e2e-high", "critical": "system-cluster-critical"}
STOPS_AFTER = {"low": "4", "plain": "2", "high": "0", "critical": "1"}


@dataclass(frozen=True)
class Drained:
    """A node that was drained, and its record then."""

    scene: Scene
    record: Object
    node: Object


@pytest.fixture(scope="module")
def drained(ground: Ground) -> Iterator[Drained]:
    """Drain a node with one pod of each priority, once for all tests here."""
    with open_scene(ground) as scene:
        pods = [
            scene.workloads.pod(
                name,
                scene.node.name,
                priority_class=CLASSES.get(name, ""),
                environment={"STOPS_AFTER": STOPS_AFTER[name]},
            )
            for name in IN_ORDER
        ]
        scene.run(*pods, pods=len(pods))
        since = ground.nodes.count
        scene.post.spot(scene.node.instance_id)
        record = scene.phase("Drained")
        node = ground.nodes.wait(
            f"{scene.node.name}, cordoned,",
            lambda n: n["metadata"]["name"] == scene.node.name and is_cordoned(n),
            since=since,
        )
        yield Drained(scene, record, node)


def test_the_node_is_closed_to_pods_and_load_balancers(drained: Drained) -> None:
    assert [t["effect"] for t in drained.node["spec"]["taints"] if t["key"] == TAINT] == [
        "NoSchedule"
    ]
    assert drained.node["metadata"]["labels"][EXCLUDED] == "true"


def test_pods_are_asked_to_stop_in_the_order_of_priority(drained: Drained) -> None:
    """By the order of the deletions: the kubelet then works on pods side by side."""
    deleted = [p for p in drained.scene.seen() if "deletionTimestamp" in p["metadata"]]
    assert tuple(dict.fromkeys(map(name_of, deleted))) == IN_ORDER
    asked = [instant(entry_of(drained.record, name)["requestedAt"]) for name in IN_ORDER]
    assert asked == sorted(asked)


def test_system_critical_pods_serve_until_all_others_have_ended(drained: Drained) -> None:
    ends = [drained.scene.life(name).end for name in ("low", "plain", "high")]
    assert drained.scene.life("critical").term > max(ends)


def test_every_pod_has_its_grace_and_ends_by_itself(drained: Drained) -> None:
    for name in IN_ORDER:
        life = drained.scene.life(name)
        assert life.times("term") == 1
        assert life.end - life.term >= float(STOPS_AFTER[name])
        assert exit_code(drained.scene.pods(name)[0]) == 0


def test_all_have_ended_before_the_deadline_and_the_record_tells_so(drained: Drained) -> None:
    deadline = deadline_of(drained.record)
    assert max(drained.scene.life(name).end for name in IN_ORDER) < deadline
    pods = drained.record["status"]["pods"]
    assert (pods["evicted"], pods["gone"], pods["left"], pods.get("forced", 0)) == (4, 4, 0, 0)
    assert drained.record["status"]["pool"] == (
        f"{drained.scene.node.instance_type}/{drained.scene.node.zone}"
    )


def test_the_message_leaves_the_queue(drained: Drained) -> None:
    drained.scene.post.wait_empty()
