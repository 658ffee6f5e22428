"""What the demo says before and after the picture."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from hack.demo.nodes import INTERRUPTED, NODES_A_POOL, POOLS
from hack.demo.workload import APPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import Console

    from hack.cluster import LocalCluster
    from hack.demo.feed import Message
    from hack.demo.summary import Finding

MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}
TITLE = 16


def announcement(console: Console, outbox: Sequence[Message], window: float) -> None:
    """Say what was put on the queue."""
    console.print(
        f"\n{len(POOLS) * NODES_A_POOL} nodes in {len(POOLS)} Spot pools,"
        f" {sum(app.replicas for app in APPS)} pods beside those of DaemonSets."
        f" EC2 takes back the pool {INTERRUPTED.name}.",
        style="bold",
    )
    console.print(f"Put on the queue, with {window:g} s left of the 120 s of a Spot notice:")
    for message in outbox:
        console.print(f"  {message.event['detail-type']}: {message.about}")
    console.print()


def conclusion(console: Console, found: Iterable[Finding]) -> None:
    """Say what happened: a mark, a title, and the facts."""
    console.print("\nWhat happened, by the API server's audit log:", style="bold")
    for finding in found:
        mark, style = MARKS[finding.kept]
        first, *rest = finding.lines or ("nothing",)
        console.print(Text(f"{mark} ", style) + Text(f"{finding.title:<{TITLE}}", "bold") + first)
        console.print(textwrap.indent("\n".join(rest), " " * (TITLE + 2)), end="\n" if rest else "")


def what_next(console: Console, cluster: LocalCluster, log: Path) -> None:
    """Say how to look at the cluster, and where the log is."""
    kubectl = f"KUBECONFIG={cluster.admin_kubeconfig} {cluster.kubectl_path}"
    console.print("\nLook for yourself, while the cluster is up:", style="bold")
    for arguments in ("get ni", "describe ni", "get events --all-namespaces"):
        console.print(f"  {kubectl} {arguments}")
    console.print(f"The controller's log stays: {log}")
