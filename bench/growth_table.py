"""The tables of `growth`: a column for each size, and what a thousand more add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench import markdown
from bench.growth_report import BY_NODES, BY_OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.record import Record


def growth(records: Sequence[Record]) -> str:
    """Tell what grows with nodes, then what grows with open interruptions, of the largest run."""
    record = records[-1]
    figures = record.figures
    last = " ".join(record.rows[-1])
    return "\n\n".join(
        [
            _grown(figures["by_nodes"], "nodes", BY_NODES, figures["per_1000_nodes"]),
            _grown(figures["by_open"], "open", BY_OPEN, figures["per_1000_open"]),
            f"{last[:1].upper()}{last[1:]}.",
        ]
    )


def _grown(
    points: Sequence[Mapping[str, Any]],
    by: str,
    wanted: Mapping[str, tuple[str, Callable[[float], str]]],
    slopes: Mapping[str, float],
) -> str:
    rows = [
        [
            what,
            *(written(point[key]) for point in points),
            written(slopes[key]) if key in slopes else "",
        ]
        for key, (what, written) in wanted.items()
    ]
    return markdown.table(
        ["", *(f"{point[by]:,} {by}" for point in points), f"1,000 {by} more"], rows
    )
