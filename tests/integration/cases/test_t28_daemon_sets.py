"""T28: while nobody says which DaemonSets exist, no pod is taken for one of a DaemonSet that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.controller_process import ControllerProcess
from tests.integration.proxy import BROKEN

if TYPE_CHECKING:
    from tests.integration.proxy import FaultyProxy
    from tests.integration.stage import Stage


def add_daemon_set(stage: Stage) -> None:
    """Create a DaemonSet for the stage's node alone; returns once its pod runs there."""
    labels = {"app": "agent"}
    spec = {
        "nodeSelector": {"kubernetes.io/hostname": stage.node_name},
        "containers": [{"name": "main", "image": "example.org/main"}],
    }
    made = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": stage.namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    stage.cluster.apply([made])
    pods = f"/api/v1/namespaces/{stage.namespace}/pods"
    stage.wait_object(pods, lambda pod: pod["status"].get("phase") == "Running")


def test_t28_a_list_of_daemon_sets_that_fails_holds_up_neither_start_nor_drain(
    stage: Stage, proxy: FaultyProxy
) -> None:
    add_daemon_set(stage)
    stage.add_pods(stage.pod("plain"))
    with (
        proxy.fault("GET", r"^/apis/apps/v1/daemonsets", said=BROKEN) as fault,
        ControllerProcess(
            *(stage.cluster, "--queue-url", stage.queue_url), kubeconfig=proxy.kubeconfig
        ) as running,
    ):
        running.wait_ready()
        proxy.wait_met(fault)
        stage.send_spot()
        done = stage.wait_phase("Drained")

        assert running.get("/readyz").code == 200
    assert fault.met > 1
    assert [r.pod for r in stage.requests()] == ["plain"]
    assert done["status"]["progress"] == "1/1 gone"
