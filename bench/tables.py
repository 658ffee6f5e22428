"""The tables of docs/performance.md: a question of each, the aim beside the figure, and the floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench import markdown
from bench.burst_table import burst
from bench.figures import duration, megabytes, ratio
from bench.growth_table import growth
from bench.lanes import WAYS
from bench.markdown import NOTHING
from bench.registry import MEASUREMENTS
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.record import Record

ONE_AIM = {"median": 0.1, "p99": 0.3}
"""Seconds."""


def table_of(name: str, records: Sequence[Record]) -> str:
    """Write a table; HackError when there is none by that name.

    Every measurement has one; for those without one of their own it is what was printed.
    """
    if name == "runs":
        return runs(records)
    if name not in {measurement.name for measurement in MEASUREMENTS}:
        raise HackError(f"docs/performance.md asks for a table {name!r}, which nothing measures.")
    found = sorted(
        (record for record in records if record.measurement == name),
        key=lambda record: tuple(record.parameters.values()),
    )
    return TABLES.get(name, markdown.side_by_side)(found) if found else NOTHING


def runs(records: Sequence[Record]) -> str:
    """Tell where and when each was measured, and how long that took."""
    if not records:
        return NOTHING
    rows = [
        [
            f"`{' '.join([r.measurement, *(f'--{k} {v}' for k, v in r.parameters.items())])}`",
            r.machine["date"],
            f"{r.machine['load']}",
            f"{r.machine['cores']} {r.machine['architecture']}",
            f"{r.machine['python']}, {r.machine['kubernetes']}",
            f"{r.seconds:.0f} s",
        ]
        for r in records
    ]
    return markdown.table(
        ["Measured by", "At", "Load before", "Cores", "Python, Kubernetes", "Took"], rows
    )


def one(records: Sequence[Record]) -> str:
    """Tell how soon a node is closed after one notice."""
    figures = records[-1].figures
    rows = []
    for key in ("median", "p95", "p99", "most"):
        ours, floor = figures["send_to_closed"][key], figures["floor"][key]
        aim = f"< {duration(ONE_AIM[key])}" if key in ONE_AIM else ""
        rows.append([key, duration(ours), aim, duration(floor), ratio(ours, floor)])
    number = figures["send_to_closed"]["number"]
    return markdown.table([f"Of {number} notices", "Ours", "Aim", "Floor", "Ours / floor"], rows)


def behind(records: Sequence[Record]) -> str:
    """Tell when a Spot notice behind recommendations is acted on."""
    rows = [
        [
            str(r.figures["before"]),
            duration(r.figures["spot"]["median"]),
            duration(r.figures["all"]["median"]),
            str(r.figures["spot"]["number"]),
        ]
        for r in records
    ]
    return markdown.table(
        ["Recommendations before it", "Its node closed", "All nodes closed", "Rounds"], rows
    )


def lanes(records: Sequence[Record]) -> str:
    """Tell how pods leave through budgets, by the controller and by bare loops."""
    rows = []
    for r in sorted(records, key=lambda r: (r.parameters["budgets"], r.parameters["pods"])):
        size = f"{r.figures['pods']} pods, {_several(r.figures['budgets'], 'budget')}"
        for way, title in WAYS.items():
            found = r.figures[way]
            refused = ", ".join(f"{n} x {code}" for code, n in found["refused"].items())
            rows.append(
                [
                    size,
                    title,
                    duration(found["seconds"]),
                    str(found["requests"]),
                    refused or "none",
                    str(found["held_up"]),
                    str(found["deleted"]),
                    duration(found["server_cpu"]),
                ]
            )
            size = ""
    return markdown.table(
        [
            "",
            "",
            "First to last eviction",
            "Requests",
            "Refused",
            "Held up by a conflict",
            "Deleted at their last safe moment",
            "API server's CPU",
        ],
        rows,
    )


def replicas(records: Sequence[Record]) -> str:
    """Tell what more replicas do to the same burst."""
    rows = [[what, *(cell(r.figures) for r in records)] for what, cell in REPLICA_ROWS]
    return markdown.table(
        ["", *(_several(r.figures["replicas"], "replica") for r in records)], rows
    )


TABLES: Mapping[str, Callable[[Sequence[Record]], str]] = {
    "one": one,
    "burst": burst,
    "behind": behind,
    "lanes": lanes,
    "replicas": replicas,
    "growth": growth,
}


def _several(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _each(values: Sequence[float]) -> str:
    return ", ".join(map(duration, values))


REPLICA_ROWS: Sequence[tuple[str, Callable[[Mapping[str, Any]], str]]] = (
    ("CPU of all, per event", lambda found: duration(found["cpu_per_event"])),
    ("CPU of each", lambda found: _each(found["cpu"])),
    ("messages handled by each", lambda found: ", ".join(map(str, found["messages"]))),
    ("calls a node, of all", lambda found: f"{found['calls_a_node']:.1f}"),
    ("peak memory of each", lambda found: ", ".join(map(megabytes, found["peak_bytes"]))),
    ("all nodes closed", lambda found: duration(found["all_closed"])),
    ("last eviction accepted", lambda found: duration(found["all_evicted"])),
)
