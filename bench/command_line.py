"""The command line of `python -m bench`, made of the declared measurements."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench import suite
from bench.registry import MEASUREMENTS

if TYPE_CHECKING:
    from bench.measurement import Job, Measurement

DESCRIPTION = """\
Start a local cluster (a real API server and KWOK's nodes; an HTTP SQS) and the controller, and
measure. The witness is the API server's audit log. Without a command a few things are measured,
in about three minutes. Nothing is asserted: docs/performance.md has figures to compare with.
"""
EXAMPLES = """\
examples:
  python -m bench                            a few things, with small numbers
  python -m bench suite                      everything, recorded in docs/performance/ and published:
                                             `make bench`; about {minutes} minutes on two cores
  python -m bench suite --missing            what an interrupted suite did not come to
  python -m bench publish                    write docs/performance.md from what was recorded
  python -m bench burst --nodes 300 --pods 5 --runs 1 --record    one of them, again
  python -m bench one --events 100           one notice at a time, to the closed node
  python -m bench behind --rounds 3          a Spot notice behind 300 recommendations
  python -m bench room --rounds 20           a budget that opens
  python -m bench calls --rounds 5           what one ordinary drain asks of the API server
  python -m bench hostile --seed 7 --seed 8  budgets that never open, protected pods, long graces
  python -m bench model --nodes 2000         the planner alone, on random nodes; no cluster
  python -m bench restart --json out.json    killed in mid-drain; the figures go to a file
  python -m bench start --nodes 5000 --pods 150000 --open 1000
  python -m bench idle --nodes 5000          what an hour without notices costs
  python -m bench storm --kills 20           two replicas, one of them killed again and again
"""
SUITE, PUBLISH = "suite", "publish"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    # Of two parsers with the same option the inner one's default would win.
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    top = argparse.ArgumentParser(
        prog="python -m bench",
        description=DESCRIPTION,
        epilog=EXAMPLES.format(minutes=suite.minutes(suite.jobs())),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    whole = commands.add_parser(
        SUITE,
        help="measure everything, record it, and write docs/performance.md",
        epilog="\n".join(f"{job.minutes:5.0f} min  {job.words}" for job in suite.jobs()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--missing", action="store_true", help="only what has no record yet")
    commands.add_parser(PUBLISH, help="write docs/performance.md from docs/performance/")
    for measurement in MEASUREMENTS:
        added = commands.add_parser(
            measurement.name,
            help=measurement.about,
            description=measurement.about,
            parents=[shared],
        )
        _numbers(added, measurement)
        added.add_argument(
            "--record", action="store_true", help="keep the figures in docs/performance/"
        )
    return top


def _numbers(added: argparse.ArgumentParser, measurement: Measurement) -> None:
    for name, parameter in measurement.parameters.items():
        added.add_argument(
            f"--{name}",
            type=count,
            action="append" if parameter.again else "store",
            metavar="N",
            help=f"{parameter.meaning}; default {parameter.default}",
        )


def count(text: str) -> int:
    """Read a number; argparse shows the sentence when it is none."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; give 1 or more.")
    return int(text)


def jobs(options: argparse.Namespace) -> list[Job]:
    """List what was asked for; a few things, with small numbers, when nothing was."""
    if options.command is None:
        return [m.job(m.quick) for m in MEASUREMENTS if m.quick is not None]
    (chosen,) = [m for m in MEASUREMENTS if m.name == options.command]
    found: list[dict[str, int]] = [{}]
    for name in chosen.parameters:
        given = getattr(options, name)
        values = given if isinstance(given, list) else [given]
        found = [
            {**numbers, **({} if value is None else {name: value})}
            for numbers in found
            for value in values
        ]
    return [chosen.job(numbers) for numbers in found]
