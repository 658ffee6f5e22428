"""What the demo says before and after the picture."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from hack.demo.apps import APPS
from hack.demo.nodes import INTERRUPTED, NODES_A_POOL, POOLS, instances_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from hack.cluster import LocalCluster
    from hack.demo.feed import Message
    from hack.demo.summary import Finding

MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}
TITLE, LEAST_WIDTH = 16, 40


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
        head = Text(f"{mark} ", style).append(f"{finding.title:<{TITLE}}", "bold")
        first, *rest = [row for line in finding.lines for row in _rows(console, line)] or ["none"]
        console.print(head.append(first, "not bold"))
        for row in rest:
            console.print(Text(" " * (TITLE + 2) + row))


def what_next(console: Console, cluster: LocalCluster) -> None:
    """Say how to look at the cluster."""
    console.print("\nLook for yourself, in another terminal:", style="bold")
    instance = instances_of(INTERRUPTED)[0].id
    for line in (
        f"export KUBECONFIG={cluster.admin_kubeconfig}",
        f"export PATH={cluster.kubectl_path.parent}:$PATH",
        "kubectl get ni",
        f"kubectl get ni {instance} --output yaml",
        "kubectl get events --field-selector involvedObject.kind=Node",
    ):
        console.print(f"  {line}")


def _rows(console: Console, line: str) -> list[str]:
    """Break a line to the width of a terminal; elsewhere lines are as long as they are."""
    if not console.is_terminal:
        return [line]
    return textwrap.wrap(line, max(LEAST_WIDTH, console.width - TITLE - 2), subsequent_indent="  ")
