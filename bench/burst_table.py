"""The table of bursts: a column for each size, the aim and the floor under each figure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench import markdown
from bench.figures import duration, megabytes, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.record import Record

CLOSED_AIM = {50: 1.0, 300: 2.0, 1000: 4.0}
PEAK_AIM = {300: 120e6, 1000: 250e6}
EVICTED_AIM = {(1000, 30): 1.3}
"""Seconds and bytes by nodes, times the floor by nodes and pods a node."""

CALLS_A_NODE, CALLS_A_POD = 4, 1.1


@dataclass(frozen=True, slots=True)
class Burst:
    """What is compared of one size: medians of its runs, in seconds and bytes."""

    nodes: int
    pods: int
    closed: float
    closed_floor: float
    first_evicted: float
    all_evicted: float
    evicted_floor: float
    gone: float
    cpu: float
    peak: float
    calls: float

    @property
    def evicting(self) -> float:
        """From the first eviction accepted to the last."""
        return self.all_evicted - self.first_evicted


def read(record: Record) -> Burst:
    """Take the medians of a record."""
    figures = record.figures
    return Burst(
        nodes=figures["nodes"],
        pods=figures["pods_a_node"],
        closed=median(figures["all_closed"]),
        closed_floor=median(figures["bare_closed"]),
        first_evicted=median(figures["first_evicted"]),
        all_evicted=median(figures["all_evicted"]),
        evicted_floor=median(figures["bare_evicted"]),
        gone=median(figures["all_gone"]),
        cpu=median(figures["cpu"]),
        peak=max(figures["peak_bytes"]),
        calls=median([sum(calls.values()) for calls in figures["calls"]]),
    )


def burst(records: Sequence[Record]) -> str:
    """Tell what bursts take and cost."""
    found = [read(record) for record in records]
    head = ["", *(f"{one.nodes} nodes x {one.pods} pods" for one in found)]
    rows = [[what, *(cell(one) for one in found)] for what, cell in ROWS]
    runs = [str(len(record.figures["cpu"])) for record in records]
    return markdown.table(head, [*rows, ["runs", *runs]])


def _times_aim(one: Burst) -> str:
    aim = EVICTED_AIM.get((one.nodes, one.pods))
    return f"{aim} x" if aim else ""


def _calls_aim(one: Burst) -> str:
    return f"{CALLS_A_NODE + CALLS_A_POD * one.pods:.1f}"


ROWS: Sequence[tuple[str, Callable[[Burst], str]]] = (
    ("**all nodes closed**", lambda one: duration(one.closed)),
    ("aim", lambda one: _below(CLOSED_AIM.get(one.nodes), duration)),
    ("floor", lambda one: duration(one.closed_floor)),
    ("ours / floor", lambda one: ratio(one.closed, one.closed_floor)),
    ("**first eviction accepted**", lambda one: duration(one.first_evicted)),
    ("**last eviction accepted**", lambda one: duration(one.all_evicted)),
    ("**first to last eviction**", lambda one: duration(one.evicting)),
    ("floor", lambda one: duration(one.evicted_floor)),
    ("ours / floor", lambda one: ratio(one.evicting, one.evicted_floor)),
    ("aim", _times_aim),
    ("**all pods gone**", lambda one: duration(one.gone)),
    ("**controller's CPU**", lambda one: duration(one.cpu)),
    ("**controller's peak memory**", lambda one: megabytes(one.peak)),
    ("aim", lambda one: _below(PEAK_AIM.get(one.nodes), megabytes)),
    ("**calls a node**", lambda one: f"{one.calls / one.nodes:.1f}"),
    ("aim: 4 a node and 1.1 a pod", _calls_aim),
)


def _below(aim: float | None, words: Callable[[float], str]) -> str:
    return "" if aim is None else f"< {words(aim)}"
