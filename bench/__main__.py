"""`python -m bench`: measure how fast it is, on a local cluster."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from bench import machine, publish, record, report, suite
from bench.command_line import PUBLISH, SUITE, jobs, parser
from hack.errors import HackError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns the exit status. Errors are sentences on standard error."""
    options = parser().parse_args(arguments)
    # A terminal that closes, and a `kill`, end the cluster in the same way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return _run(options)
    # AssertionError is how the tests' controller process says that something never came.
    except (HackError, AssertionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; everything that was started has ended.", file=sys.stderr)
        if options.command == SUITE:
            print("What is recorded is kept: go on with make bench ARGS=--missing", file=sys.stderr)
        return 128 + signal.SIGINT


def _run(options: argparse.Namespace) -> int:
    if options.command == SUITE:
        return _suite(only_missing=options.missing)
    if options.command == PUBLISH:
        publish.publish()
        return 0
    facts, reports = machine.facts(), []
    for job in jobs(options):
        found, made = record.measure(job)
        reports.append(found)
        if options.command and options.record:
            print(f"recorded in {record.write(record.FOLDER, job, made)}")
    print(machine.sentence(facts))
    if "json" in options:
        report.write(options.json, facts, reports)
    return 0


def _suite(*, only_missing: bool) -> int:
    found = suite.jobs()
    if only_missing:
        found = suite.missing(found, record.FOLDER)
    failed = suite.run(found, record.FOLDER)
    for sentence in failed:
        print(f"error: not measured: {sentence}", file=sys.stderr)
    publish.publish()
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
