"""Nodes with running pods, thousands of them, and a control plane that has seen them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.floor import NODES
from bench.ground import CHUNK, join
from bench.planting import settled
from bench.quiet import await_quiet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.ground import Target
    from hack.cluster import LocalCluster
    from hack.progress import Progress

HOST = "kubernetes.io/hostname"


def populate(
    cluster: LocalCluster,
    found: Sequence[Target],
    pods: int,
    owner: Mapping[str, object],
    progress: Progress,
) -> None:
    """Have nodes join with `pods` running pods each that `owner` controls; returns at rest."""
    progress.update(f"{len(found)} nodes join")
    join(cluster, found)
    if pods:
        progress.update(f"{len(found) * pods} pods come")
        settled(cluster, [(name, t.node) for t in found for name in names(t, pods)], owner)
    await_quiet(progress)


def names(target: Target, pods: int) -> list[str]:
    """Name the pods of a node."""
    return [f"{target.node}-{n}" for n in range(pods)]


def clear(cluster: LocalCluster, found: Sequence[Target]) -> None:
    """Take the nodes away, and with them what the control plane has to do for them."""
    for first in range(0, len(found), CHUNK):
        some = ",".join(target.node for target in found[first : first + CHUNK])
        cluster.kubectl("delete", "--raw", f"{NODES}?labelSelector={HOST}+in+({some})")
