"""The whole suite, one measurement after the other; what was recorded before can be passed over."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from bench import record
from bench.registry import MEASUREMENTS
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.measurement import Job


def jobs() -> list[Job]:
    """List everything that the suite measures, in its order."""
    return [job for measurement in MEASUREMENTS for job in measurement.jobs()]


def missing(found: Sequence[Job], folder: Path) -> list[Job]:
    """List what has no record yet."""
    return [job for job in found if not (folder / job.file_name).exists()]


def minutes(found: Sequence[Job]) -> int:
    """Sum up about how long they take on two cores."""
    return round(sum(job.minutes for job in found))


def run(found: Sequence[Job], folder: Path) -> list[str]:
    """Measure and record one by one; returns a sentence for each that could not be measured."""
    failed: list[str] = []
    for number, job in enumerate(found):
        rest = minutes(found[number:])
        clock = time.strftime("%H:%M")
        say(f"{clock}  {number + 1} of {len(found)}: {job.words}; {rest} minutes left, about")
        try:
            _, made = record.measure(job)
            record.write(folder, job, made)
        # AssertionError is how the tests' controller process says that something never came.
        except (HackError, AssertionError) as error:
            failed.append(f"{job.words}: {error}")
            say(f"error: {failed[-1]}")
    return failed


def say(text: str) -> None:
    """Tell on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)
