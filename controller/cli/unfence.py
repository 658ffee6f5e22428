"""`spotdrain unfence`: open nodes that spotdrain closed, when nobody is left to do it."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from controller.config import (
    KUBECONFIG,
    NAMESPACE,
    SettingsError,
    add_flags,
    kubeconfig_from,
    namespace_from,
)
from controller.domain.cluster import ClusterError
from controller.drain.fence import ANNOTATION, unfence_changes
from controller.engine.absence import Absence
from controller.engine.fencing import Fences
from controller.kube.api import Api
from controller.kube.connect import configuration
from controller.kube.leases import Leases
from controller.kube.nodes import Nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from controller.domain.node import NodeFacts

PATIENCE_SECONDS, LONGEST_SECONDS = 60, 3600
"""A pod that is deleted has 30 seconds to end."""

DESCRIPTION = (
    "Open nodes that spotdrain closed. Exactly what the annotation spotdrain.io/fence lists is undone:"
    " a cordon, a taint or a label of somebody else stays. A controller that runs would close them"
    " again, so its end is waited for."
)
EXAMPLES = """\
examples:
  spotdrain unfence --all --dry-run --kubeconfig ~/.kube/config
      show which nodes are closed by spotdrain, and what would be undone; changes nothing
  spotdrain unfence --all --kubeconfig ~/.kube/config --namespace spotdrain
      open all of them, after `helm uninstall`
  spotdrain unfence ip-10-0-1-17.eu-west-1.compute.internal --namespace spotdrain
      open one
"""


class NodeList(Protocol):
    """The Nodes of a cluster, past any mirror."""

    async def read_all(self) -> Sequence[NodeFacts]:
        """List all nodes; raises ClusterError."""


class Opener(Protocol):
    """What undoes a fence."""

    async def open(self, node: NodeFacts) -> bool:
        """Undo our changes on a node; raises ClusterError."""


def add_command(commands: Any) -> None:
    """Declare the command on argparse's subparsers."""
    parser = commands.add_parser(
        "unfence",
        help="open nodes that spotdrain closed",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.set_defaults(execute=execute)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("nodes", metavar="NODE", nargs="*", help="names of nodes")
    parser.add_argument("--all", action="store_true", help="every node that spotdrain closed")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be undone")
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_seconds,
        default=PATIENCE_SECONDS,
        help=f"how long to wait for the end of a running controller; default {PATIENCE_SECONDS}",
    )
    add_flags(parser, (KUBECONFIG, NAMESPACE))


async def execute(args: argparse.Namespace) -> int:
    """Open nodes of the real cluster; raises SettingsError or ClusterError before anything is done."""
    if bool(args.nodes) == args.all:
        raise SettingsError("name the nodes to open, or write --all for every one, and not both")
    namespace = "" if args.dry_run else namespace_from(args)
    async with Api(await configuration(kubeconfig_from(args))) as api:
        if not args.dry_run:
            leases = Leases(api, namespace, "")
            await Absence(leases.read).wait(args.wait, partial(_tell_waiting, args.wait))
        nodes = Nodes(api)
        return await run(args, nodes=nodes, fences=Fences(nodes, time.time))


async def run(args: argparse.Namespace, *, nodes: NodeList, fences: Opener) -> int:
    """Open what was asked for and say what was done; returns 1 when a node could not be opened."""
    chosen = _chosen(await nodes.read_all(), args.nodes)
    failed = opened = 0
    for node in chosen:
        if ANNOTATION not in node.annotations:
            print(f"{node.name} was not closed by spotdrain")
            continue
        deeds = ", ".join(unfence_changes(node)) or "nothing but the annotation is left"
        if args.dry_run:
            print(f"{node.name} is closed by spotdrain: {deeds}")
            continue
        try:
            await fences.open(node)
        except ClusterError as error:
            print(f"{node.name} cannot be opened: {error}", file=sys.stderr)
            failed += 1
        else:
            print(f"{node.name} is open: {deeds}")
            opened += 1
    if not args.dry_run:
        print(f"Opened {opened} of {opened + failed} nodes that spotdrain had closed.")
    elif args.all and not chosen:
        print("No node is closed by spotdrain.")
    return 1 if failed else 0


def _chosen(found: Iterable[NodeFacts], names: Sequence[str]) -> list[NodeFacts]:
    """Choose the named nodes, or all that are fenced; raises ClusterError for one that is not there."""
    by_name = {node.name: node for node in found}
    if not names:
        return [node for _, node in sorted(by_name.items()) if ANNOTATION in node.annotations]
    if missing := [name for name in names if name not in by_name]:
        raise ClusterError(
            f"there is no node {', '.join(missing)} in this cluster; kubectl get nodes shows them"
        )
    return [by_name[name] for name in dict.fromkeys(names)]


def _tell_waiting(patience: int, alive: frozenset[str]) -> None:
    print(
        f"waiting for the end of {', '.join(sorted(alive))}, {patience} s at most", file=sys.stderr
    )


def _seconds(text: str) -> int:
    """Read --wait."""
    if not text.isdecimal() or int(text) > LONGEST_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of seconds from 0 to {LONGEST_SECONDS}"
        )
    return int(text)
