"""What a drain is to each kind of pod: who creates it anew, who must not notice, who stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from e2e.kind.reading import (
    condition_of,
    entry_of,
    exit_code,
    name_of,
    node_of,
    ready_since,
    uid_of,
)
from e2e.kind.scene import open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.kind.ground import Ground
    from e2e.kind.scene import Scene
    from e2e.kind.sightings import Object

PATIENCE = "--timeout=120s"
STORES = ("store-0", "store-1")
WHOLE_SECOND = 1.0
"""The API server's times have whole seconds."""

STOPPED = 143
"""The exit code of a program that SIGTERM ends: 128 and 15."""

FOR_EVER = {"RUNS_FOR": "3600", "EXIT_CODE": str(STOPPED)}
IGNORES_DISRUPTION = {
    "rules": [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    ]
}


class Drained(NamedTuple):
    """The scene after the drain, with what came back elsewhere, and the record."""

    scene: Scene
    record: Object


def job(scene: Scene, name: str, **spec: Any) -> dict[str, Any]:
    """Describe a Job that runs for an hour and allows for no failure."""
    return scene.workloads.owned(
        "Job",
        name,
        scene.node.name,
        {"backoffLimit": 0, **spec},
        environment=FOR_EVER,
        restartPolicy="Never",
    )


@pytest.fixture(scope="module")
def drained(ground: Ground) -> Iterator[Drained]:
    """Drain a node with a pod of every kind, and wait until what comes back is back."""
    with open_scene(ground) as scene:
        node, make = scene.node.name, scene.workloads
        here = {"kubernetes.io/hostname": node}
        scene.run(
            make.owned("StatefulSet", "store", node, {"replicas": 2, "serviceName": "store"}),
            make.budget("store", maxUnavailable=1),
            job(scene, "patient", podFailurePolicy=IGNORES_DISRUPTION),
            job(scene, "strict"),
            make.owned("DaemonSet", "agent", node, {}, nodeSelector=here),
            make.pod("bare", node),
            pods=6,
        )
        old = [uid_of(pod) for app in ("store", "patient") for pod in scene.pods(app)]
        scene.post.spot(scene.node.instance_id)
        record = scene.phase("Drained")
        scene.wait_back("store", old, 2)
        scene.wait_back("patient", old, 1)
        yield Drained(scene, record)


def get(drained: Drained, kind: str, name: str) -> dict[str, Any]:
    """Read an object as it is now."""
    found: dict[str, Any] = json.loads(drained.scene.kubectl("get", kind, name, "-o", "json"))
    return found


def test_a_stateful_set_comes_back_elsewhere_by_the_same_names(drained: Drained) -> None:
    pods = drained.scene.pods("store")
    for name in STORES:
        before, after = (pod for pod in pods if name_of(pod) == name)
        assert node_of(before) == drained.scene.node.name
        assert node_of(after) != drained.scene.node.name


def test_a_stateful_set_with_a_budget_of_one_moves_one_pod_at_a_time(drained: Drained) -> None:
    terms = {drained.scene.life(name).term: name for name in STORES}
    first, second = sorted(terms)
    _, replacement = (p for p in drained.scene.pods("store") if name_of(p) == terms[first])
    assert second >= ready_since(replacement) - WHOLE_SECOND
    assert all("forced" not in entry_of(drained.record, name) for name in STORES)


def test_a_job_that_ignores_disruptions_loses_no_attempt(drained: Drained) -> None:
    before, after = drained.scene.pods("patient")
    assert exit_code(before) == STOPPED
    assert condition_of(before, "DisruptionTarget")["status"] == "True"
    assert node_of(after) != drained.scene.node.name
    # The Job counts its pods a moment after they change.
    drained.scene.kubectl("wait", "job/patient", "--for=jsonpath={.status.ready}=1", PATIENCE)
    status = get(drained, "job", "patient")["status"]
    assert (status.get("failed", 0), status["active"]) == (0, 1)


def test_a_job_that_counts_every_failure_has_failed(drained: Drained) -> None:
    """What the test above would see if the disruption were counted."""
    drained.scene.kubectl("wait", "job/strict", "--for=condition=Failed", PATIENCE)
    assert condition_of(get(drained, "job", "strict"), "Failed")["reason"] == "BackoffLimitExceeded"


def test_a_pod_without_a_controller_stops_in_peace_and_a_warning_says_that_it_is_gone(
    drained: Drained,
) -> None:
    assert drained.scene.life("bare").times("end") == 1
    assert len(drained.scene.pods("bare")) == 1
    about = "--field-selector=involvedObject.name=bare,reason=Unmanaged"
    # Events are sent beside the work.
    drained.scene.kubectl("wait", "events", about, "--for=create", PATIENCE)
    told = drained.scene.kubectl("get", "events", about, "-o=name")
    assert len(told.split()) == 1


def test_the_pod_of_a_daemon_set_stays(drained: Drained) -> None:
    (agent,) = drained.scene.pods("agent")
    assert "deletionTimestamp" not in agent["metadata"]
    assert drained.scene.life(name_of(agent)).first("term") is None
    # Two of the StatefulSet, two of Jobs, one bare.
    assert drained.record["status"]["pods"]["total"] == 5
