"""What a measurement found, for people and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Report:
    """One measurement: a title, rows (what, figure) for people, and the figures in seconds."""

    name: str
    title: str
    rows: Sequence[tuple[str, str]]
    figures: Mapping[str, Any]


def table(report: Report) -> str:
    """Write the rows under the title, the figures in one column."""
    width = max((len(what) for what, _ in report.rows), default=0)
    lines = [f"  {what:<{width}}  {figure}" for what, figure in report.rows]
    return "\n".join([report.title, *lines])


def write(path: Path, machine: Mapping[str, Any], reports: Iterable[Report]) -> None:
    """Write all figures to a file as JSON, by the measurements' names."""
    content = {"machine": machine, **{report.name: report.figures for report in reports}}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
