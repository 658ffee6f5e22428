"""Ends containers of a node behind its kubelet's back, and reaches into the network of its pods."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hack.kind import KindCluster

CTR = ("ctr", "--namespace=k8s.io")
RUNNING = "RUNNING"
LOOK_SECONDS, PATIENCE = 0.2, 60.0


def find_tasks(cluster: KindCluster, node: str, container: str, pod: str = "") -> dict[str, int]:
    """Find what runs of a container by its name, in one pod or in all: process ids by container id.

    containerd is asked, not the API server: it may be the one that is away.
    """
    labels = {"container.name": container} | ({"pod.name": pod} if pod else {})
    wanted = ",".join(f'labels."io.kubernetes.{key}"=={value}' for key, value in labels.items())
    ids = cluster.docker("exec", node, *CTR, "containers", "list", "--quiet", wanted).split()
    tasks = cluster.docker("exec", node, *CTR, "tasks", "list").splitlines()[1:]
    rows = (line.split() for line in tasks)
    return {row[0]: int(row[1]) for row in rows if row[0] in ids and row[2] == RUNNING}


def kill(cluster: KindCluster, node: str, container: str, pod: str = "") -> bool:
    """Send SIGKILL to the first process of a container; False if none of it runs."""
    tasks = find_tasks(cluster, node, container, pod)
    for task in tasks:
        cluster.docker("exec", node, *CTR, "tasks", "kill", "--signal=SIGKILL", task)
    return bool(tasks)


def kill_running(cluster: KindCluster, node: str, container: str) -> None:
    """Kill a container, at once or as soon as its kubelet has restarted it.

    What has lost its lease on a busy machine ends by itself. The kubelet tells nobody that it waits.
    """
    deadline = time.monotonic() + PATIENCE
    while not kill(cluster, node, container):
        assert time.monotonic() < deadline, f"{container} runs no more"
        time.sleep(LOOK_SECONDS)


def in_network(cluster: KindCluster, node: str, container: str, pod: str, *command: str) -> str:
    """Run a command of the node in the network of a pod, and return what it prints."""
    (process,) = find_tasks(cluster, node, container, pod).values()
    enter = ("nsenter", f"--target={process}", "--net")
    return cluster.docker("exec", node, *enter, *command)
