"""`python -m hack.demo`: see a Spot interruption handled, in about two minutes."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

from hack.demo.ground import AUTO, GROUNDS
from hack.demo.run import demonstrate
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW_VARIABLE = "SPOTDRAIN_DEMO_WINDOW"
LEAST, DEFAULT, MOST = 30, 75, 120

DESCRIPTION = f"""\
Start a local Kubernetes cluster with 20 nodes and about 270 pods, run the controller against it,
interrupt a whole Spot pool, and watch how its nodes are emptied before their deadline.
Everything is real but the machines, which KWOK plays, and SQS, which moto plays.
A Spot notice leaves {MOST} seconds; here {DEFAULT} of them are left when it arrives.
Needs Linux and Go, with which the first start builds Kubernetes in about 5 minutes; or, without
Go, Docker, an image registry, kind and kubectl.
"""
EXAMPLES = """\
examples:
  python -m hack.demo                       watch it, then look at the cluster until Enter
  python -m hack.demo --window 120          all the time that EC2 gives
  python -m hack.demo --window 40 --no-wait | tee demo.log
                                            plain lines, and an end by itself

exit status: 0 when every deadline was met and every pod was told to stop, else 1.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(
        prog="python -m hack.demo",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument(
        "--window",
        type=seconds,
        metavar="SECONDS",
        # argparse reads a default that is text as it reads the option.
        default=os.environ.get(WINDOW_VARIABLE) or str(DEFAULT),
        help=f"how many seconds the notices leave, {LEAST} to {MOST};"
        f" default {DEFAULT} [{WINDOW_VARIABLE}]",
    )
    found.add_argument(
        "--no-wait", action="store_true", help="end at once when it is over, as without a terminal"
    )
    found.add_argument(
        "--ground",
        choices=[AUTO, *GROUNDS],
        default=AUTO,
        help="build the cluster's parts with Go (local), or take kind's from a registry (kind)",
    )
    return found


def seconds(text: str) -> float:
    """Read a window; argparse shows the sentence when it is none."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not LEAST <= value <= MOST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of seconds from {LEAST} to {MOST}."
        )
    return value


def wait_for_enter() -> None:
    """Wait for Enter, Ctrl-D or Ctrl-C."""
    try:
        input("\nThe cluster and the controller stay up until you press Enter (or Ctrl-C). ")
    except (EOFError, KeyboardInterrupt):
        print()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit status. Errors are sentences on standard error."""
    options = parser().parse_args(arguments)
    # A terminal that closes, and a `kill`, end the cluster in the same way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not options.no_wait
    try:
        pause = wait_for_enter if interactive else None
        kept = demonstrate(options.window, pause, options.ground)
    except (HackError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The demo was interrupted; everything that it started has ended.", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
