"""The plots of docs/performance.md, from what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.burst_table import CLOSED_AIM, read
from bench.growth_picture import growth
from bench.picture import Panel, Picture, Series, Style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.record import Record

MILLI = 1000


def picture_of(name: str, records: Sequence[Record]) -> Picture | None:
    """Choose what the plot of a measurement shows; None as long as nothing of it was recorded.

    Raises KeyError when it has no plot.
    """
    draw = PICTURES[name]
    found = [record for record in records if record.measurement == name]
    found.sort(key=lambda record: tuple(record.parameters.values()))
    return draw(found) if found else None


def one(records: Sequence[Record]) -> Picture:
    """Show how the times of single notices lie."""
    figures = records[-1].figures
    series = [
        Series(title, [MILLI * value for value in figures[key]], _shares(figures[key]), faint)
        for title, key, faint in (
            ("ours", "closed_seconds", False),
            ("floor", "floor_seconds", True),
        )
    ]
    panel = Panel(
        "One notice, sent to node closed",
        "milliseconds",
        "share of the notices",
        series,
        Style.STEPS,
    )
    return Picture("one", "Share of single notices whose node was closed within a time", [panel])


def burst(records: Sequence[Record]) -> Picture:
    """Show bursts beside the floor, by their size."""
    found = [read(record) for record in records]
    nodes = [float(one.nodes) for one in found]
    pods = [float(one.nodes * one.pods) for one in found]
    aimed = [one.nodes for one in found if one.nodes in CLOSED_AIM]
    closing = [
        Series("ours", nodes, [one.closed for one in found]),
        Series("floor", nodes, [one.closed_floor for one in found], faint=True),
        Series("aim", list(map(float, aimed)), [CLOSED_AIM[n] for n in aimed], faint=True),
    ]
    evicting = [
        Series("ours", pods, [one.evicting for one in found]),
        Series("floor", pods, [one.evicted_floor for one in found], faint=True),
    ]
    return Picture(
        "burst",
        "Seconds to close all nodes of a burst, and to evict all pods, beside the bare loop",
        [
            Panel("All nodes closed", "nodes", "seconds", closing, logarithmic=True),
            Panel("First to last eviction", "pods", "seconds", evicting, logarithmic=True),
        ],
    )


def lanes(records: Sequence[Record]) -> Picture:
    """Show three ways to evict pods behind budgets."""
    titles = {
        "controller": ("controller", False),
        "lanes": ("bare loop, one at a time", True),
        "free": ("bare loop, 50 at once", False),
    }
    panels = []
    for budgets in sorted({record.parameters["budgets"] for record in records}):
        found = [record for record in records if record.parameters["budgets"] == budgets]
        pods = [float(record.parameters["pods"]) for record in found]
        series = [
            Series(title, pods, [r.figures[way]["seconds"] for r in found], faint)
            for way, (title, faint) in titles.items()
        ]
        title = "One budget" if budgets == 1 else f"{budgets} budgets"
        panels.append(Panel(title, "pods", "seconds, first to last eviction", series))
    return Picture("lanes", "Seconds to evict pods behind budgets that have room for all", panels)


def replicas(records: Sequence[Record]) -> Picture:
    """Show what replicas cost and bring."""
    numbers = [float(record.figures["replicas"]) for record in records]
    cpu = [MILLI * record.figures["cpu_per_event"] for record in records]
    closed = [record.figures["all_closed"] for record in records]
    evicted = [record.figures["all_evicted"] for record in records]
    return Picture(
        "replicas",
        "CPU per event of all replicas together, and how long the burst took",
        [
            Panel(
                "CPU of all replicas, per event",
                "replicas",
                "milliseconds",
                [Series("all", numbers, cpu)],
                Style.BARS,
            ),
            Panel(
                "The whole burst",
                "replicas",
                "seconds",
                [
                    Series("all nodes closed", numbers, closed),
                    Series("last eviction accepted", numbers, evicted),
                ],
                Style.BARS,
            ),
        ],
    )


PICTURES: Mapping[str, Callable[[Sequence[Record]], Picture]] = {
    "one": one,
    "burst": burst,
    "lanes": lanes,
    "replicas": replicas,
    "growth": growth,
}


def _shares(values: Sequence[float]) -> list[float]:
    return [(place + 1) / len(values) for place in range(len(values))]
