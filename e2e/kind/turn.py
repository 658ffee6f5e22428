"""One run at a time in a cluster: two would take each other's nodes and namespaces away."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.kind import KindCluster


@contextmanager
def turn_in(cluster: KindCluster) -> Iterator[None]:
    """Hold the cluster for the block; wait, and say so, while another run on this machine has it.

    The kernel drops the lock when the process ends, however it ends.
    """
    with cluster.kubeconfig.with_suffix(".turn").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Progress("e2e") as progress:
                progress.update("waiting for another run in this cluster to end")
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
