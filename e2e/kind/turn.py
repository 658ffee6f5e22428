"""One run at a time in a cluster: two would take each other's nodes and namespaces away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hack.lock import held

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hack.kind import KindCluster


def turn_in(cluster: KindCluster) -> AbstractContextManager[None]:
    """Hold the cluster for the block; wait, and say so, while another run on this machine has it."""
    waiting = "waiting for another run in this cluster to end"
    return held(cluster.kubeconfig.with_suffix(".turn"), "e2e", waiting)
