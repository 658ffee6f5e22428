"""Tables in Markdown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.record import Record

NOTHING = "*Not measured yet.*"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table; a `|` in a cell would end it, so it is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def side_by_side(records: Sequence[Record]) -> str:
    """Write the rows of a measurement as it printed them, a column for each of its sizes."""
    if not records:
        return NOTHING
    columns = [_numbered(record.rows) for record in records]
    whats = dict.fromkeys(what for column in columns for what in column)
    rows = [[name, *(column.get((name, n), "") for column in columns)] for name, n in whats]
    return table(["", *(record.title for record in records)], rows)


def _numbered(rows: Sequence[Sequence[str]]) -> dict[tuple[str, int], str]:
    """Tell rows of the same words apart by their number, as the CPU of two ways."""
    found: dict[tuple[str, int], str] = {}
    seen: Counter[str] = Counter()
    for what, figure in rows:
        name = what.strip()
        seen[name] += 1
        found[name, seen[name]] = figure.strip()
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
