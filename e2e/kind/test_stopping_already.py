"""A pod that somebody deleted before the notice came, with a grace that outlasts the deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.reading import condition_of

if TYPE_CHECKING:
    from e2e.kind.scene import Scene

AGE = 60.0
"""Seconds: 60 are left."""

GRACE = 100


def test_t36_its_grace_is_cut_at_the_api_server_and_the_record_tells_what_came_of_it(
    scene: Scene,
) -> None:
    """Whether its kubelet heeds the cut is not ours: 1.36 does not (kubernetes/kubernetes#83916)."""
    stays = {"STOPS_AFTER": "never"}
    scene.run(
        scene.workloads.pod("stopping", scene.node.name, grace=GRACE, environment=stays), pods=1
    )
    scene.kubectl("delete", "pod", "stopping", "--wait=false")
    scene.wait_pod("stops", lambda pod: "deletionTimestamp" in pod["metadata"])

    scene.post.spot(scene.node.instance_id, age=AGE)
    cut = scene.wait_pod(
        "has its grace cut", lambda pod: pod["metadata"].get("deletionGracePeriodSeconds") == 1
    )
    over = scene.phase("Finished")["status"]

    assert cut["spec"]["terminationGracePeriodSeconds"] == GRACE
    assert scene.life("stopping").times("term") == 1
    # Gone or left, it was asked to stop, so nobody was killed without a word.
    assert over["pods"]["gone"] + over["pods"]["left"] == over["pods"]["total"] == 1
    assert over["pods"]["killed"] == 0
    met = condition_of({"status": over}, "DeadlineMet")
    assert (met["status"] == "True") == (over["pods"]["left"] == 0)
