"""`python -m hack.kind`: start a kind cluster, or remove everything of it."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hack.errors import HackError
from hack.image.build import build
from hack.kind import KindCluster, forget, remove
from hack.kind.cluster import tool
from hack.kind.places import kept

if TYPE_CHECKING:
    from collections.abc import Sequence

DESCRIPTION = """\
A kind cluster with real kubelets: one control plane and three workers in two zones, labelled as EKS
does. With a Docker daemon and a registry it is kind's own node image; with a daemon alone the node
image is built of Debian packages and Go modules; with neither a daemon is set up too (needs root)."""
EXAMPLES = """\
examples:
  python -m hack.kind up                   start it, and say how to use it
  python -m hack.kind image spotdrain:dev  build the controller's image and put it into its nodes
  python -m hack.kind load other:tag       put an image of the Docker daemon into its nodes
  python -m hack.kind build                only make what it needs, the first time about 8 minutes
  python -m hack.kind down                 remove it, and the Docker daemon if it was set up
  python -m hack.kind down --all           remove what was built for it, too
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m hack.kind",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="start the cluster, unless it runs")
    image = commands.add_parser("image", help="build the controller's image for it")
    image.add_argument("tag", metavar="TAG")
    load = commands.add_parser("load", help="put images into its nodes")
    load.add_argument("images", nargs="+", metavar="IMAGE")
    commands.add_parser("build", help="make what a cluster needs, and start none")
    down = commands.add_parser("down", help="remove it")
    down.add_argument("--all", action="store_true", help="remove what was built for it, too")
    return top


def up() -> None:
    """Start the cluster and say how to use it."""
    cluster = KindCluster.attach_or_start()
    print(f"# {cluster.reason}")
    print(f"export KUBECONFIG={cluster.kubeconfig}")
    for name, value in cluster.docker_environment.items():
        print(f"export {name}={value}")
    folders = dict.fromkeys(str(Path(tool(name)).parent) for name in ("kubectl", "helm"))
    print(f"export PATH={':'.join(folders)}:$PATH")
    print("# `make kind-down` removes it.")


def image(tag: str) -> None:
    """Build the controller's image on a base that this machine has, and load it."""
    cluster = KindCluster.running()
    built = build(tag, cluster.python_base, cluster.daemon)
    cluster.load(built.tag)
    print(f"{built.tag} is in all nodes.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors are sentences on standard error."""
    options = parser().parse_args(arguments)
    # Ended from outside, a start takes back what it has begun, as it does on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.command == "up":
            up()
        elif options.command == "load":
            KindCluster.running().load(*options.images)
        elif options.command == "image":
            image(options.tag)
        elif options.command == "build":
            print(f"# {KindCluster.prepare()}")
        else:
            remove()
            if options.all:
                forget()
            else:
                print(f"# What was built is kept in {kept()}; `down --all` removes it.")
    except HackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main())
