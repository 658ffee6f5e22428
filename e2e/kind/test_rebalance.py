"""A rebalance recommendation, and the interruption that follows it or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.nodes import is_cordoned, is_fenced

if TYPE_CHECKING:
    from e2e.kind.scene import Scene


def test_an_interruption_after_a_recommendation_becomes_a_drain_of_the_same_record(
    scene: Scene,
) -> None:
    scene.run(scene.workloads.pod("web", scene.node.name), pods=1)
    scene.post.rebalance(scene.node.instance_id)
    cordoned = scene.phase("Fenced")
    told_to_stop = scene.life("web").first("term")

    scene.post.spot(scene.node.instance_id)
    drained = scene.phase("Drained")

    assert told_to_stop is None
    assert "deadline" not in cordoned["status"]
    assert drained["metadata"]["uid"] == cordoned["metadata"]["uid"]
    assert [n["kind"] for n in drained["spec"]["notices"]] == ["Rebalance", "SpotInterruption"]
    assert drained["status"]["kind"] == "SpotInterruption"
    assert scene.life("web").times("end") == 1


def test_a_record_that_is_deleted_gives_the_node_back_and_stops_no_pod(scene: Scene) -> None:
    scene.run(scene.workloads.pod("web", scene.node.name), pods=1)
    since = scene.ground.nodes.count
    scene.post.rebalance(scene.node.instance_id)
    scene.phase("Fenced")

    def mine(node: object) -> bool:
        return isinstance(node, dict) and node["metadata"]["name"] == scene.node.name

    nodes = scene.ground.nodes
    nodes.wait("the cordoned node", lambda n: mine(n) and is_cordoned(n), since=since)
    closed = nodes.count
    scene.kubectl("delete", "nodeinterruption", scene.node.instance_id)
    nodes.wait(
        "the node, open again,",
        lambda n: mine(n) and not is_cordoned(n) and not is_fenced(n),
        since=closed,
    )

    assert scene.life("web").first("term") is None
