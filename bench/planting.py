"""A cluster of any size within a minute: nodes and pods that are put into etcd."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.interrupted import record
from bench.standing import nodes_of, pods_of, running_of, uid_of
from bench.watching import INTERRUPTIONS
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.ground import Target
    from controller.domain.times import Instant
    from hack.cluster import LocalCluster

PATIENCE, PAUSE = 300.0, 0.5


def plant(
    cluster: LocalCluster, found: Sequence[Target], pods: int, closed_at: Instant | None = None
) -> None:
    """Have nodes there, and pods spread evenly over them; returns once the API server shows them.

    With a time the nodes are closed, as those that have a notice.

    End kube-controller-manager before: it would find that no kubelet renews the nodes' Leases.
    """
    if found:
        await_revision(cluster, "/api/v1/nodes", cluster.store.put_all(nodes_of(found, closed_at)))
    if found and pods:
        await_revision(cluster, "/api/v1/pods", cluster.store.put_all(pods_of(found, pods)))


def settled(
    cluster: LocalCluster, places: Iterable[tuple[str, str]], owner: Mapping[str, object]
) -> None:
    """Have pods run on nodes that KWOK plays: pairs of their name and their node's."""
    revision = cluster.store.put_all(running_of(places, owner))
    await_revision(cluster, "/api/v1/pods", revision)


def interrupt(cluster: LocalCluster, found: Sequence[Target], left: float = 120.0) -> None:
    """Close nodes of etcd and create their NodeInterruptions, which have so many seconds left."""
    plant(cluster, found, 0, closed_at=time.time())
    now = time.time()
    cluster.create_all(INTERRUPTIONS, [record(t, uid_of(t), now, left) for t in found])


def await_revision(cluster: LocalCluster, path: str, revision: int) -> None:
    """Wait until the API server's own copy of a collection is as new as a revision of etcd.

    Raises HackError when it is not within five minutes.
    """
    # Such a read waits for three seconds and is then refused: "Too large resource version".
    newer = f"{path}?limit=1&resourceVersionMatch=NotOlderThan&resourceVersion={revision}"
    until = time.monotonic() + PATIENCE
    while True:
        try:
            cluster.kubectl("get", "--raw", newer)
        except HackError:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return
