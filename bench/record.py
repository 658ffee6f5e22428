"""The figures of one measurement as a file in docs/performance/, from which the page is written."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import machine
from bench.report import table
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.measurement import Job
    from bench.report import Report

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "performance"


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured, with which numbers, where and when.

    `rows` are (what, figure) for people, `figures` are seconds and bytes, `machine` has the date
    and the load before, `seconds` is how long the measurement itself took.
    """

    measurement: str
    parameters: Mapping[str, int]
    title: str
    rows: Sequence[Sequence[str]]
    figures: Mapping[str, Any]
    machine: Mapping[str, Any]
    seconds: float


def measure(job: Job) -> tuple[Report, Record]:
    """Measure and print what was found; raises HackError when it cannot be measured."""
    facts, before = machine.facts(), time.monotonic()
    report = job.measure()
    print(table(report), end="\n\n", flush=True)
    record = Record(
        measurement=job.measurement.name,
        parameters=job.numbers,
        title=report.title,
        rows=report.rows,
        figures=report.figures,
        machine=facts,
        seconds=round(time.monotonic() - before, 1),
    )
    return report, record


def write(folder: Path, job: Job, record: Record) -> Path:
    """Write a record into its file; one of before gives way."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / job.file_name
    # Half a file would count as measured, were it interrupted here.
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def read_all(folder: Path) -> list[Record]:
    """Read all records, by file name; raises HackError with a sentence for a file that is none."""
    return [read(path) for path in sorted(folder.glob("*.json"))]


def read(path: Path) -> Record:
    """Read one record; raises HackError when the file is none."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise HackError(
            f"{path.name} is no record of a measurement ({error})."
            " Remove it, and measure it again: make bench ARGS=--missing"
        ) from error
