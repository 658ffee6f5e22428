"""What a drain does when its node is replaced, goes, or falls silent."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from controller.domain.times import parse_rfc3339
from controller.drain.fence import ANNOTATION
from hack.nodes import node_manifest
from tests.integration.cases.machine import fall_silent

if TYPE_CHECKING:
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}


def blocked_drain(stage: Stage) -> dict[str, Any]:
    """Begin a drain that evicts one pod and waits for the budget of another."""
    stage.add_pods(stage.pod("free"), stage.pod("guarded", grace=5, labels=GUARD))
    stage.add_budget("full", 1, GUARD)
    stage.send_spot(age=60)
    return stage.wait(
        lambda ni: (
            ni.get("status", {}).get("pods", {}).get("gone") == 1
            and ni["status"]["pods"]["blocked"] == 1
        )
    )


def test_t56_a_drain_ends_when_another_node_has_the_name(
    stage: Stage, controller: ControllerProcess
) -> None:
    """The pod that is left counts as the new node's by its name: it is not asked any more."""
    blocked_drain(stage)
    stage.cluster.kubectl("delete", "node", stage.node_name, "--wait=false")
    other = f"i-{secrets.token_hex(8)}"
    stage.cluster.add_nodes([node_manifest(stage.node_name, other, "us-east-1a", "m5.xlarge")])
    stage.add_pods(stage.pod("newcomer"))
    done = stage.wait_phase("Finished")
    node = stage.wait_node(lambda n: n["spec"]["providerID"].endswith(other))

    assert done["status"]["outcome"] == "NodeGone"
    assert ANNOTATION not in node["metadata"]["annotations"]
    assert not node["spec"].get("unschedulable")
    assert {r.pod for r in stage.requests()} == {"free", "guarded"}
    assert stage.deletions() == []
    assert "newcomer" not in {entry["pod"].split("/")[1] for entry in done["status"]["timeline"]}


def test_t57_a_drain_ends_when_its_node_is_deleted(
    stage: Stage, controller: ControllerProcess
) -> None:
    blocked_drain(stage)
    stage.remove()
    done = stage.wait_phase("Finished")

    assert done["status"]["outcome"] == "NodeGone"
    assert done["status"]["pods"]["left"] == 1
    assert done["status"]["pods"]["forced"] == 0
    assert stage.deletions() == []


def test_t58_on_a_node_that_falls_silent_nobody_is_waited_for(
    stage: Stage, controller: ControllerProcess
) -> None:
    """A budget cannot become free by a node that does not report, and no kubelet confirms an end."""
    stage.add_pods(stage.pod("stuck", grace=15, stop=15))
    seen = blocked_drain(stage)["status"]["waiting"]
    last_safe = {w["pod"].split("/")[1]: parse_rfc3339(w.get("lastSafe")) for w in seen}
    fall_silent(stage)
    done = stage.wait_phase("Drained")

    (forced,) = stage.deletions()
    assert forced.pod == "guarded"
    latest = last_safe["guarded"]
    assert latest is not None
    assert forced.at < latest
    assert done["status"]["pods"]["forced"] == 1
