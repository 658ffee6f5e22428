"""T53: a Job does not pay for the end of a node with its own retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hack.pods import STOP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage


def job(stage: Stage, name: str) -> dict[str, Any]:
    """Describe a Job that fails with its first pod, unless that was disrupted."""
    disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}
    template = {
        "metadata": {"labels": {"app": name}, "annotations": {STOP_SECONDS: "0.3"}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "nodeSelector": {"kubernetes.io/hostname": stage.node_name},
            "containers": [{"name": "main", "image": "example.org/main"}],
        },
    }
    spec = {"backoffLimit": 0, "podFailurePolicy": {"rules": [disrupted]}, "template": template}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": stage.namespace},
        "spec": spec,
    }


def test_t53_a_forced_pod_does_not_use_up_the_backoff_limit_of_its_job(
    stage: Stage, controller: ControllerProcess
) -> None:
    """The real Job controller decides; a pod that is simply deleted fails the other Job."""
    jobs = f"/apis/batch/v1/namespaces/{stage.namespace}/jobs"
    stage.cluster.create_all(jobs, [job(stage, "guarded"), job(stage, "deleted")])
    first = {name: running(stage, name) for name in ("guarded", "deleted")}
    stage.add_budget("full", 1, {"app": "guarded"})

    stage.cluster.kubectl(
        "delete", "pod", first["deleted"], f"--namespace={stage.namespace}", "--wait=false"
    )
    failed = stage.wait_object(jobs, lambda found: named(found, "deleted") and has_failed(found))
    stage.send_spot(age=95)
    stage.wait_phase("Drained", "Finished")
    again = stage.wait_object(
        f"/api/v1/namespaces/{stage.namespace}/pods",
        lambda pod: (
            pod["metadata"]["labels"].get("app") == "guarded"
            and pod["metadata"]["name"] != first["guarded"]
        ),
    )

    # The Job's controller counts a moment after it has created the pod.
    guarded = stage.wait_object(
        jobs, lambda found: named(found, "guarded") and found["status"].get("active") == 1
    )

    conditions = {c["type"]: c.get("reason") for c in failed["status"]["conditions"]}
    assert conditions["Failed"] == "BackoffLimitExceeded"
    assert [r.pod for r in stage.deletions()] == [first["guarded"]]
    assert "deletionTimestamp" not in again["metadata"]
    assert guarded["status"].get("failed", 0) == 0
    assert not has_failed(guarded)


def running(stage: Stage, name: str) -> str:
    """Wait until the pod of a Job runs; returns its name."""
    found = stage.wait_object(
        f"/api/v1/namespaces/{stage.namespace}/pods",
        lambda pod: (
            pod["metadata"]["labels"].get("app") == name and pod["status"].get("phase") == "Running"
        ),
    )
    return str(found["metadata"]["name"])


def named(found: Mapping[str, Any], name: str) -> bool:
    """Tell whether an object has this name."""
    return bool(found["metadata"]["name"] == name)


def has_failed(found: Mapping[str, Any]) -> bool:
    """Tell whether a Job has failed for good."""
    return any(c["type"] == "Failed" for c in found.get("status", {}).get("conditions", ()))
