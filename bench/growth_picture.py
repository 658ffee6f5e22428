"""The plot of `growth`: what more nodes and more open interruptions cost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.picture import Panel, Picture, Series

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.record import Record

MEGA = 1e-6


def growth(records: Sequence[Record]) -> Picture:
    """Show what more nodes and more open interruptions cost."""
    by_nodes, by_open = records[-1].figures["by_nodes"], records[-1].figures["by_open"]
    start_and_burst = partial(_lines, by_nodes, "nodes")
    waiting = partial(_lines, by_open, "open")
    nodes, opened = "nodes in the cluster", "open interruptions that wait"
    panels = [
        Panel(
            "Memory by nodes",
            nodes,
            "MB, peak",
            start_and_burst(start=("start_peak", MEGA), burst=("burst_peak", MEGA)),
        ),
        Panel(
            "Memory by open interruptions",
            opened,
            "MB",
            waiting(peak=("peak", MEGA), held=("resident", MEGA)),
        ),
        Panel(
            "CPU by nodes",
            nodes,
            "seconds",
            start_and_burst(start=("start_cpu", 1), burst=("burst_cpu", 1)),
        ),
        Panel(
            "CPU by open interruptions",
            opened,
            "% of a core",
            waiting(cpu=("share_of_a_core", 100)),
        ),
        Panel(
            "Calls by nodes",
            nodes,
            "calls",
            start_and_burst(start=("start_calls", 1), burst=("burst_calls", 1)),
        ),
        Panel(
            "Calls by open interruptions",
            opened,
            "calls a second",
            waiting(calls=("calls_a_second", 1)),
        ),
    ]
    words = "Memory, CPU and calls by nodes in the cluster and by open interruptions"
    return Picture("growth", words, panels)


def _lines(
    points: Sequence[Mapping[str, float]], by: str, **named: tuple[str, float]
) -> list[Series]:
    """Draw figures of the points, each by its key and times a factor, under their names."""
    xs = [point[by] for point in points]
    return [
        Series(name, xs, [scale * point[key] for point in points])
        for name, (key, scale) in named.items()
    ]
