"""`python -m bench`: measure how fast it is, on a local cluster."""

from __future__ import annotations

import argparse
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import (
    behind,
    burst,
    calls,
    crowd,
    hostile,
    machine,
    model,
    one,
    report,
    restart,
    room,
    storm,
    takeover,
)
from hack.cluster import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.report import Report

DESCRIPTION = """\
Start a local cluster (a real API server and KWOK's nodes; moto's SQS) and the controller, and
measure. The witness is the API server's audit log. Without a command everything is measured, in
about three minutes. Nothing is asserted: docs/performance.md has figures to compare with.
"""
EXAMPLES = """\
examples:
  python -m bench                            everything, with small numbers
  python -m bench one --events 100           one notice at a time, to the closed node
  python -m bench burst --nodes 50 --pods 5 --runs 3
  python -m bench behind --rounds 3          a Spot notice behind 300 recommendations
  python -m bench room --rounds 20           a budget that opens
  python -m bench calls --rounds 5           what one ordinary drain asks of the API server
  python -m bench hostile --seed 7 --seed 8  budgets that never open, protected pods, long graces
  python -m bench model --nodes 2000         the planner alone, on random nodes; no cluster
  python -m bench restart --json out.json    killed in mid-drain; the figures go to a file
  python -m bench storm --kills 20           two replicas, one of them killed again and again
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    # Of two parsers with the same option the inner one's default would win.
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    top = argparse.ArgumentParser(
        prog="python -m bench",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, about: str, **numbers: tuple[int, str]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about, parents=[shared])
        for option, (default, meaning) in numbers.items():
            added.add_argument(
                f"--{option}",
                type=count,
                default=default,
                metavar="N",
                help=f"{meaning}; default {default}",
            )
        return added

    command("one", "one notice at a time, to the closed node", events=(100, "how many notices"))
    command(
        "burst",
        "many notices at once, to the last pod",
        nodes=(50, "how many nodes are interrupted"),
        pods=(5, "how many pods each of them has"),
        runs=(3, "how often, each time in a new cluster"),
    )
    command(
        "behind",
        "a Spot notice sent behind recommendations, to its closed node",
        before=(300, "how many recommendations are sent before it"),
        rounds=(3, "how often, each time in a new cluster"),
    )
    command("room", "a budget that opens, to the eviction", rounds=(20, "how often"))
    command(
        "calls", "the calls of one ordinary drain, by verb and resource", rounds=(3, "how often")
    )
    hostile_nodes = command(
        "hostile",
        "random nodes on which nothing wants to leave, judged by the audit log",
        nodes=(20, "how many nodes are interrupted at once"),
        pods=(20, "how many pods each of them has"),
    )
    hostile_nodes.add_argument(
        "--seed",
        type=count,
        action="append",
        metavar="N",
        help="what is random follows from it; again for another run; default 1",
    )
    command(
        "model", "random nodes and a counted clock: the planner alone", nodes=(2000, "how many")
    )
    command("restart", "killed in mid-drain, to its next call", rounds=(5, "how often"))
    command("crowd", "started with many open interruptions", open=(1000, "how many"))
    command(
        "takeover", "one of two replicas is ended, to the other's status", rounds=(5, "how often")
    )
    command(
        "storm",
        "two replicas that are killed again and again: what is lost",
        nodes=(100, "how many nodes are interrupted"),
        kills=(20, "how often one of the two is killed"),
        seed=(1, "what decides who is killed, and when"),
    )
    return top


def count(text: str) -> int:
    """Read a number; argparse shows the sentence when it is none."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; give 1 or more.")
    return int(text)


def measurements(options: argparse.Namespace) -> list[Callable[[], Report]]:
    """List what was asked for; everything, with small numbers, when nothing was."""
    given: dict[str, Callable[[], Report]] = {
        "one": lambda: one.measure(options.events),
        "burst": lambda: burst.measure(options.nodes, options.pods, options.runs),
        "behind": lambda: behind.measure(options.before, options.rounds),
        "room": lambda: room.measure(options.rounds),
        "calls": lambda: calls.measure(options.rounds),
        "model": lambda: model.measure(options.nodes),
        "restart": lambda: restart.measure(options.rounds),
        "crowd": lambda: crowd.measure(options.open),
        "takeover": lambda: takeover.measure(options.rounds),
        "storm": lambda: storm.measure(options.nodes, options.kills, options.seed),
    }
    if options.command == "hostile":
        seeds = options.seed or [1]
        return [partial(hostile.measure, options.nodes, options.pods, n) for n in seeds]
    if options.command is not None:
        return [given[options.command]]
    return [
        lambda: one.measure(40),
        lambda: burst.measure(50, 5, 1),
        lambda: room.measure(10),
        lambda: calls.measure(1),
        lambda: restart.measure(3),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns the exit status. Errors are sentences on standard error."""
    options = parser().parse_args(arguments)
    # A terminal that closes, and a `kill`, end the cluster in the same way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    facts, reports = machine.facts(), []
    try:
        for measure in measurements(options):
            reports.append(measure())
            print(report.table(reports[-1]), end="\n\n", flush=True)
    # AssertionError is how the tests' controller process says that something never came.
    except (HackError, AssertionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; everything that was started has ended.", file=sys.stderr)
        return 128 + signal.SIGINT
    print(machine.sentence(facts))
    if "json" in options:
        report.write(options.json, facts, reports)
    return 0


if __name__ == "__main__":
    sys.exit(main())
