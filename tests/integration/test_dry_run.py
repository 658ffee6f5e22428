"""A policy in dry run: the plan is shown, and nothing is changed but our own records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}


@pytest.fixture
def rehearsing(cluster: LocalCluster, stage: Stage) -> Iterator[None]:
    """Have a policy in dry run select this test's node."""
    name = stage.node_name
    spec = {
        "weight": 100,
        "mode": "DryRun",
        "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": name}},
    }
    about = {"apiVersion": "spotdrain.io/v1alpha1", "kind": "SpotPolicy"}
    cluster.apply([{**about, "metadata": {"name": name}, "spec": spec}])
    cluster.kubectl("wait", f"spotpolicy/{name}", "--for=condition=Accepted", "--timeout=60s")
    yield
    cluster.kubectl("delete", "spotpolicy", name)


def planned(ni: Mapping[str, Any]) -> bool:
    """Tell whether the status shows the whole plan."""
    return "ask 3 pods" in ni.get("status", {}).get("message", "")


def node_writes(stage: Stage) -> list[str]:
    """List the writes of the controller on the test's node."""
    return [
        entry["verb"]
        for entry in stage.cluster.audit()
        if entry["user"].get("username", "").endswith(":spotdrain")
        and (entry.get("objectRef") or {}).get("resource") == "nodes"
        and (entry.get("objectRef") or {}).get("name") == stage.node_name
    ]


def test_a_dry_run_shows_its_plan_and_changes_nothing(
    stage: Stage, controller: ControllerProcess, rehearsing: None
) -> None:
    stage.add_pods(
        stage.pod("free"),
        stage.pod("guarded", labels=GUARD),
        stage.pod("protected", annotations={"karpenter.sh/do-not-disrupt": "true"}, grace=5),
    )
    stage.add_budget("full", 1, GUARD)

    stage.send_spot(age=80)
    shown = stage.wait(planned)["status"]
    done = stage.wait_phase("Finished")["status"]

    assert shown["phase"] == "Pending"
    assert shown["message"].startswith("dry run: would close the node and ask 3 pods to leave")
    assert {w["pod"].split("/")[1] for w in shown["waiting"]} == {"free", "guarded", "protected"}
    assert {entry["pod"].split("/")[1] for entry in shown["timeline"]} == {
        "free",
        "guarded",
        "protected",
    }
    fenced = next(c for c in shown["conditions"] if c["type"] == "Fenced")
    assert (fenced["status"], fenced["message"]) == ("False", "the policy is in dry run")
    assert done["outcome"] == "DryRun"
    assert stage.requests() == []
    assert node_writes(stage) == []
    stage.wait_waiting(0, hidden=0)


def test_a_dry_run_that_is_switched_to_enforce_acts_at_once(
    stage: Stage, controller: ControllerProcess, rehearsing: None
) -> None:
    stage.add_pods(stage.pod("free"))
    stage.send_spot(age=30)
    stage.wait(lambda ni: "ask 1 pods" in ni.get("status", {}).get("message", ""))

    stage.cluster.kubectl(
        "patch",
        "spotpolicy",
        stage.node_name,
        "--type=merge",
        '--patch={"spec":{"mode":"Enforce"}}',
    )
    stage.wait_node(lambda node: node["spec"].get("unschedulable") is True)
    done = stage.wait_phase("Drained", "Finished")["status"]

    assert done["pods"]["evicted"] == 1
    assert [r.code for r in stage.evictions()] == [201]
