"""Policies that hold a drain back or change in the middle of it, and cordons of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.nodes import give_back, is_cordoned, is_fenced, read_node
from e2e.kind.reading import condition_of, entry_of, instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from e2e.kind.scene import Scene

DRY_RUN_AGE = 75.0
"""Seconds: 45 are left, and then the dry run is over."""


def test_a_dry_run_tells_what_it_would_do_and_touches_nothing(scene: Scene) -> None:
    scene.policy(mode="DryRun")
    scene.run(scene.workloads.pod("web", scene.node.name), pods=1)
    before = read_node(scene.ground, scene.node)

    scene.post.spot(scene.node.instance_id, age=DRY_RUN_AGE)
    shown = scene.record("shows its plan", lambda ni: bool(entry_of(ni, "web").get("plannedAt")))
    over = scene.phase("Finished")

    assert shown["status"]["message"].startswith("dry run: would close the node and ask 1 pods")
    assert over["status"]["outcome"] == "DryRun"
    after = read_node(scene.ground, scene.node)
    assert without_taints_of_kubernetes(after) == without_taints_of_kubernetes(before)
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    assert scene.life("web").first("term") is None


def test_a_policy_that_changes_in_mid_drain_counts_from_then_on(scene: Scene) -> None:
    scene.policy(drain={"podDisruptionBudgets": {"onInterruption": "Always"}})
    scene.run(
        scene.workloads.pod("web", scene.node.name),
        scene.workloads.budget("web", minAvailable=1),
        pods=1,
    )
    scene.kubectl("wait", "pdb/web", "--for=jsonpath={.status.currentHealthy}=1", "--timeout=120s")
    scene.post.spot(scene.node.instance_id)
    blocked = scene.record(
        "is blocked", lambda ni: bool(entry_of(ni, "web", "waiting").get("budget"))
    )
    meanwhile = scene.life("web").first("term")

    scene.policy(drain={"podDisruptionBudgets": {"onInterruption": "Ignore"}})
    drained = scene.phase("Drained")

    assert meanwhile is None
    assert scene.life("web").times("end") == 1
    assert condition_of(drained, "Drained")["status"] == "True"
    # Long before UntilLastSafe, the default, would have done it.
    last_safe = instant(entry_of(blocked, "web", "waiting")["lastSafe"])
    assert scene.life("web").end < last_safe


def test_a_node_that_somebody_cordoned_stays_cordoned_when_we_let_it_go(scene: Scene) -> None:
    scene.kubectl("cordon", scene.node.name)
    scene.run(scene.workloads.pod("web", scene.node.name), pods=1)

    scene.post.spot(scene.node.instance_id)
    scene.phase("Drained")
    fenced = read_node(scene.ground, scene.node)
    give_back(scene.ground)
    node = read_node(scene.ground, scene.node)

    assert scene.life("web").times("end") == 1
    assert is_fenced(fenced)
    assert not is_fenced(node)
    assert is_cordoned(node)


def without_taints_of_kubernetes(node: Mapping[str, Any]) -> dict[str, Any]:
    """Read a node's spec but for the taints that follow from it: they come and go a moment later."""
    taints = node["spec"].get("taints", ())
    others = [taint for taint in taints if not taint["key"].startswith("node.kubernetes.io/")]
    return {**node["spec"], "taints": others}
