"""What the points of `growth` come to: slopes, and what many clusters would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.figures import duration, megabytes
from bench.report import Report
from bench.slope import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.growth import Grown
    from bench.slope import Line
    from bench.waiting import Waiting

FLEET, CLUSTER = 100_000, 5_000
"""Nodes in all, and in each of many clusters."""

BY_NODES: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "ready": ("start to ready", duration),
    "start_cpu": ("start: CPU", duration),
    "start_peak": ("start: peak memory", megabytes),
    "start_calls": ("start: calls", "{:.1f}".format),
    "burst_cpu": ("burst: CPU", duration),
    "burst_peak": ("burst: peak memory", megabytes),
    "burst_calls": ("burst: calls", "{:.1f}".format),
}
BY_OPEN: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "told": ("start to a status for each", duration),
    "with_status": ("with a status at the end", "{:.0f}".format),
    "share_of_a_core": ("CPU, of a core", "{:.1%}".format),
    "calls_a_second": ("calls a second", "{:.1f}".format),
    "resident": ("memory", megabytes),
    "peak": ("peak memory", megabytes),
}


def report(
    parameters: Mapping[str, int], grown: Sequence[Grown], waiting: Sequence[Waiting]
) -> Report:
    """Sum up; a slope needs at least two sizes."""
    nodes, opened = lines(grown, "nodes", BY_NODES), lines(waiting, "open", BY_OPEN)
    rows = [
        *_rows(grown, "nodes", BY_NODES, nodes),
        *_rows(waiting, "open", BY_OPEN, opened),
        ("by these figures", fleet(nodes) if nodes else "-"),
    ]
    figures: dict[str, Any] = {
        **parameters,
        "by_nodes": [point._asdict() for point in grown],
        "by_open": [point._asdict() for point in waiting],
        "per_1000_nodes": {name: line.a_thousand for name, line in nodes.items()},
        "per_1000_open": {name: line.a_thousand for name, line in opened.items()},
        "at_zero_nodes": {name: line.at_zero for name, line in nodes.items()},
    }
    title = "A start, a burst (10 nodes, 50 pods) and waiting interruptions, by how many there are"
    return Report("growth", title, rows, figures)


def lines(
    points: Sequence[Grown] | Sequence[Waiting], by: str, wanted: Mapping[str, object]
) -> dict[str, Line]:
    """Lay a line through each wanted figure; none with fewer than two sizes."""
    numbers = [getattr(point, by) for point in points]
    if len(set(numbers)) < 2:  # noqa: PLR2004 - two points make a line
        return {}
    return {name: line_of(numbers, [getattr(p, name) for p in points]) for name in wanted}


def fleet(by_nodes: Mapping[str, Line]) -> str:
    """Say what 100,000 nodes in clusters of 5,000 would cost, one replica in each."""
    clusters = FLEET // CLUSTER
    peak = by_nodes["burst_peak"].at(CLUSTER)
    cpu, calls = by_nodes["start_cpu"].at(CLUSTER), by_nodes["start_calls"].at(CLUSTER)
    return (
        f"{FLEET:,} nodes in {clusters} clusters of {CLUSTER:,}: {clusters} controllers with"
        f" {megabytes(peak)} each at their peak, {clusters * peak / 1e9:.1f} GB in all; to start all"
        f" takes {clusters * cpu:.0f} s of CPU and {clusters * calls:.0f} calls"
    )


def _rows(
    points: Sequence[Any],
    by: str,
    wanted: Mapping[str, tuple[str, Callable[[float], str]]],
    found: Mapping[str, Line],
) -> list[tuple[str, str]]:
    rows = [(by, ", ".join(f"{getattr(point, by):,}" for point in points))]
    for name, (what, written) in wanted.items():
        values = ", ".join(written(getattr(point, name)) for point in points)
        more = f"; each 1,000 {by} add {written(found[name].a_thousand)}" if name in found else ""
        rows.append((what, values + more))
    return rows
