"""What a failed test needs beside it: what the controller said, and how the cluster stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.product import NAMESPACE
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.kind import KindCluster

LOG = ("logs", f"--namespace={NAMESPACE}", "--selector=app.kubernetes.io/name=spotdrain")
ASKED = {
    "controller": (*LOG, "--prefix", "--tail=200"),
    "interruptions": ("get", "nodeinterruptions", "--output=yaml"),
    "nodes": ("get", "nodes", "--output=wide"),
    "pods": ("get", "pods", "--all-namespaces", "--output=wide"),
    "events": ("get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"),
}
LAST_LINES = 300


def tell(cluster: KindCluster) -> Iterator[tuple[str, str]]:
    """Yield titles and texts for the report; what cannot be asked says why."""
    for title, arguments in ASKED.items():
        try:
            text = cluster.kubectl(*arguments)
        except HackError as error:
            text = str(error)
        yield title, "\n".join(text.splitlines()[-LAST_LINES:])
