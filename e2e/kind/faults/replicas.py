"""The controller's own pods: where they run, how they begin anew, and others in their place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from e2e.kind.faults.containers import kill
from e2e.kind.product import NAMESPACE
from e2e.kind.reading import is_ready

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.kind.ground import Ground
    from hack.kind import KindCluster

CONTAINER = DEPLOYMENT = "spotdrain"
SELECTOR = "--selector=app.kubernetes.io/name=spotdrain"
HERE = f"--namespace={NAMESPACE}"
ROLLOUT = ("rollout", "status", HERE, f"deployment/{DEPLOYMENT}", "--timeout=180s")


@dataclass(frozen=True)
class Replica:
    """One of the controller's pods, on a node, with its address."""

    cluster: KindCluster
    pod: str
    node: str
    address: str

    def kill(self) -> bool:
        """Kill it with SIGKILL, as `kill -9` of its process does; False if it does not run."""
        return kill(self.cluster, self.node, CONTAINER, self.pod)

    def wait_restarted(self, ground: Ground, since: int) -> None:
        """Wait until it has ended, and is ready again; `since` counts the sightings before that."""

        def again(pod: Mapping[str, Any]) -> bool:
            if pod["metadata"]["name"] != self.pod:
                return False
            states = pod.get("status", {}).get("containerStatuses", ())
            return is_ready(pod) and sum(state["restartCount"] for state in states) > 0

        ground.pods.wait(f"{self.pod}, ready again,", again, since=since)


def replicas_of(cluster: KindCluster) -> tuple[Replica, ...]:
    """List those that are not on their way out."""
    listing = ("get", "pods", HERE, SELECTOR, "--output=json")
    answer: dict[str, Any] = json.loads(cluster.kubectl(*listing))
    return tuple(
        Replica(
            cluster,
            pod["metadata"]["name"],
            pod["spec"].get("nodeName", ""),
            pod["status"].get("podIP", ""),
        )
        for pod in answer["items"]
        if "deletionTimestamp" not in pod["metadata"]
    )


def wait_ready(cluster: KindCluster) -> None:
    """Wait until as many replicas are ready as there should be."""
    cluster.kubectl(*ROLLOUT)


def renew(cluster: KindCluster) -> None:
    """Put new pods in the place of all: the kubelet waits ever longer before it restarts one."""
    cluster.kubectl("delete", "pods", HERE, SELECTOR, "--timeout=120s")
    wait_ready(cluster)
