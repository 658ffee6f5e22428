"""Kubelets with nothing to tell: every five minutes each renews its node's status."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from itertools import cycle
from typing import TYPE_CHECKING, Any, Self

from bench.standing import conditions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.ground import Target
    from hack.cluster import LocalCluster

REPORT_SECONDS = 300.0
"""nodeStatusReportFrequency of a kubelet whose node does not change."""


class Heartbeats:
    """One node after the other, evenly, for as long as the block lasts.

    Real kubelets renew a Lease every 10 s too. Nobody watches those of nodes but the node lifecycle
    controller, so they are left out: they would cost the API server a core with 5,000 nodes.
    """

    def __init__(self, cluster: LocalCluster, found: Sequence[Target]) -> None:
        """Describe them; nothing is sent yet."""
        self._cluster, self._found = cluster, found
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeats")
        self.sent = 0

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        self._cluster.patch_each(self._patches())

    def _patches(self) -> Iterator[tuple[str, dict[str, Any]]]:
        pause, due = REPORT_SECONDS / len(self._found), time.monotonic()
        for target in cycle(self._found):
            due += pause
            if self._ended.wait(max(0.0, due - time.monotonic())):
                return
            beat = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            body = {"status": {"conditions": conditions(beat)}}
            yield f"/api/v1/nodes/{target.node}/status", body
            self.sent += 1
