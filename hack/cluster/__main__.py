"""`python -m hack.cluster`: start a local cluster, or only build what it is made of."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import TYPE_CHECKING

from hack.binaries import CHART_PARTS, CLUSTER_PARTS, build_all, part_named
from hack.cluster import HackError, LocalCluster
from hack.nodes import spot_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = """\
examples:
  python -m hack.cluster up               start a cluster and keep it until Ctrl-C
  python -m hack.cluster up --nodes 20    the same, with 20 Spot nodes in three zones
  python -m hack.cluster up --keep        leave logs, keys and the audit log behind
  python -m hack.cluster build --chart    only build, the first time about 7 minutes
  python -m hack.cluster path kubectl     print where a command was built
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m hack.cluster",
        description="A local Kubernetes cluster of real parts (etcd, control plane, KWOK nodes)"
        " and an SQS, all on the loopback address. Needs Linux and Go.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start a cluster and keep it until Ctrl-C")
    up.add_argument("--nodes", type=count, default=0, metavar="N", help="add N KWOK Spot nodes")
    up.add_argument("--keep", action="store_true", help="leave the directory with logs behind")
    build = commands.add_parser("build", help="build what is missing")
    build.add_argument(
        "--chart", action="store_true", help="build what tests the chart too: Helm, promtool"
    )
    path = commands.add_parser(
        "path", help="print where a command was built, building it if need be"
    )
    path.add_argument("part", help="kubectl, kube-apiserver, etcd, kwok, helm, ...")
    return top


def count(text: str) -> int:
    """Read a number of nodes; argparse shows the sentence when it is none."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of nodes; give 0 or more.")
    return int(text)


def exports(cluster: LocalCluster) -> str:
    """Return the lines that a shell reads to use the cluster."""
    values = {
        "KUBECONFIG": str(cluster.admin_kubeconfig),
        **cluster.aws_environment,
        "SPOTDRAIN_QUEUE_URL": cluster.queue_url,
    }
    lines = [f"export {name}={value}" for name, value in values.items()]
    return "\n".join([*lines, f"alias kubectl={cluster.kubectl_path}"])


def up(*, nodes: int, keep: bool) -> None:
    """Start a cluster and wait for Ctrl-C or SIGTERM."""
    # SIGINT too: a script that starts this in its background has it ignored, and Python keeps that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with LocalCluster(keep=keep) as cluster:
            if nodes:
                cluster.add_nodes(spot_nodes(nodes))
            print(exports(cluster))
            print(f"# logs, keys and audit log: {cluster.directory}")
            print("# Ctrl-C ends the cluster.", flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        print("The cluster has ended.", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors are sentences on standard error."""
    options = parser().parse_args(arguments)
    try:
        if options.command == "up":
            up(nodes=options.nodes, keep=options.keep)
        elif options.command == "build":
            build_all([*CLUSTER_PARTS, *CHART_PARTS] if options.chart else CLUSTER_PARTS)
        else:
            part = part_named(options.part)
            print(build_all([part])[part.name])
    except HackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main())
