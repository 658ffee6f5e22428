"""`spotdrain`: parse the command line, run the command, turn failures into sentences."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from controller import __version__
from controller.cli import drill, run, unfence
from controller.config import SettingsError
from controller.domain.cluster import ClusterError
from controller.domain.message import QueueError

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE_ERROR, FAILURE, INTERRUPTED = 2, 1, 130

EXAMPLES = """\
examples:
  spotdrain run --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/spotdrain
  spotdrain drill ip-10-0-1-17.eu-west-1.compute.internal --kind spot
  spotdrain drill i-0123456789abcdef0 --kind rebalance
  spotdrain unfence --all --dry-run --kubeconfig ~/.kube/config
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, 1 for a failure, 2 for a wrong setting."""
    parser = argparse.ArgumentParser(
        prog="spotdrain",
        description="Empties an EC2 Spot node before EC2 takes it away.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"spotdrain {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in (run, drill, unfence):
        module.add_command(commands)
    args = parser.parse_args(argv)
    try:
        return int(asyncio.run(args.execute(args)))
    except SettingsError as error:
        return _fail(error, USAGE_ERROR)
    except (ClusterError, QueueError, OSError) as error:
        return _fail(error, FAILURE)
    except KeyboardInterrupt:
        return INTERRUPTED


def _fail(error: Exception, code: int) -> int:
    print(f"spotdrain: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
