"""Kinds of pods on a real API server: who is asked, who is left, who comes back.

DaemonSets, ReplicaSets and garbage collection are the controller manager's own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

FINALIZER = "example.com/backup"
STATIC = {"kubernetes.io/config.mirror": "3f0c"}


def workload(stage: Stage, kind: str, name: str, **spec: Any) -> dict[str, Any]:
    """Describe a workload whose pods run on the stage's node and tolerate everything."""
    labels = {"app": name}
    pod = {
        "nodeSelector": {"kubernetes.io/hostname": stage.node_name},
        "tolerations": [{"operator": "Exists"}],
        "containers": [{"name": "main", "image": "example.org/main"}],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": stage.namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def wait_running(stage: Stage, app: str) -> str:
    """Return the name of a pod of the app once it runs."""
    found = stage.wait_object(
        f"/api/v1/namespaces/{stage.namespace}/pods",
        lambda pod: (
            pod["metadata"].get("labels", {}).get("app") == app
            and pod["status"].get("phase") == "Running"
        ),
    )
    return str(found["metadata"]["name"])


def owned(stage: Stage, name: str) -> dict[str, Any]:
    """Describe a pod whose controller is of a kind that no drain knows, and exists."""
    owner = stage.wait_object(
        f"/api/v1/namespaces/{stage.namespace}/configmaps",
        lambda found: found["metadata"]["name"] == "kube-root-ca.crt",
    )["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "controller": True}
    pod = stage.pod(name)
    pod["metadata"]["ownerReferences"] = [
        {**reference, "name": owner["name"], "uid": owner["uid"]},
    ]
    return pod


def gone(stage: Stage, ni: Mapping[str, Any]) -> set[str]:
    """List the pods that the timeline of a status calls gone."""
    return {
        entry["pod"].removeprefix(f"{stage.namespace}/")
        for entry in ni["status"]["timeline"]
        if entry.get("goneAt")
    }


def test_t25_t26_t27_t30_t31_t37_each_kind_of_pod_gets_what_is_its_own(
    stage: Stage, controller: ControllerProcess
) -> None:
    """A DaemonSet that is deleted with `--cascade=orphan` leaves its pods without an owner.

    One whose owner is missing altogether would be garbage collected before a drain could see it.
    """
    stage.cluster.apply(workload(stage, "DaemonSet", name) for name in ("agent", "left"))
    wait_running(stage, "agent")
    left = wait_running(stage, "left")
    stage.cluster.kubectl(
        "delete", "daemonset/left", "--cascade=orphan", f"--namespace={stage.namespace}"
    )
    held = stage.pod("held")
    held["metadata"]["finalizers"] = [FINALIZER]
    stage.add_pods(
        stage.pod("static", annotations=STATIC), stage.pod("bare"), owned(stage, "custom"), held
    )

    stage.send_spot(age=30)
    done = stage.wait_phase("Drained")

    assert Counter(r.pod for r in stage.evictions()) == Counter(["bare", "custom", "held", left])
    assert stage.deletions() == []
    kept = stage.wait_pod("held", lambda pod: "deletionTimestamp" in pod["metadata"])
    assert kept["metadata"]["finalizers"] == [FINALIZER]
    assert gone(stage, done) >= {"bare", "custom", left}
    stage.wait_pod("static", lambda pod: "deletionTimestamp" not in pod["metadata"])
    stage.cluster.kubectl(
        "patch", "pod/held", f"--namespace={stage.namespace}", "--type=merge",
        '--patch={"metadata": {"finalizers": null}}',
    )  # fmt: skip


def test_t33_a_pod_that_comes_back_on_the_node_is_asked_a_few_times_and_then_left_alone(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.cluster.apply([workload(stage, "ReplicaSet", "again", replicas=1)])
    wait_running(stage, "again")

    stage.send_spot(age=30)
    done = stage.wait_phase("Drained")

    asked = Counter(request.pod for request in stage.evictions())
    assert set(asked.values()) == {1}
    assert 2 <= len(asked) <= 3
    assert wait_running(stage, "again") not in asked
    assert gone(stage, done) == set(asked)


def test_t36_a_grace_that_outlasts_the_deadline_is_cut_once_and_not_before_the_final_kill(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(stage.pod("slow", grace=600, stop=600))
    stage.cluster.kubectl("delete", "pod/slow", f"--namespace={stage.namespace}", "--wait=false")

    stage.send_spot(age=95)
    done = stage.wait_phase("Drained", "Finished")

    assert stage.evictions() == []
    (cut,) = stage.deletions()
    deadline = parse_rfc3339(done["status"]["deadline"])
    assert deadline is not None
    # The status writes whole seconds, cut off.
    assert deadline - 6 <= cut.at < deadline + 1
    assert cut.body["gracePeriodSeconds"] == 1
