"""Bursts as rows for people and as figures."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.figures import duration, megabytes, ratio
from bench.interrupting import Times
from bench.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.burst import Run

EC2 = "ec2:"


def report(nodes: int, pods: int, runs: Sequence[Run]) -> Report:
    """Sum runs of the same size up."""
    figures = figures_of(nodes, pods, runs)
    title = f"{nodes} notices at once, {pods} pods a node, {len(runs)} runs (median, range)"
    return Report("burst", title, list(_rows(nodes, pods, figures)), figures)


def figures_of(nodes: int, pods: int, runs: Sequence[Run]) -> dict[str, Any]:
    """Return all figures, a list with one for each run; times in seconds, memory in bytes."""
    found = [run.ours for run in runs]
    floors = [run.floor for run in runs]
    return {
        **{name: [getattr(one.times, name) for one in found] for name in Times._fields},
        "bare_closed": [floor.looped.seconds for floor in floors],
        "bare_patched": [floor.closed.seconds for floor in floors],
        "bare_evicted": [floor.evicted.seconds for floor in floors],
        "bare_closed_cpu": [floor.looped.cpu for floor in floors],
        "bare_patched_cpu": [floor.closed.cpu for floor in floors],
        "bare_evicted_cpu": [floor.evicted.cpu for floor in floors],
        "notice": found[-1].notice,
        "evicted": [one.evicted for one in found],
        "cpu": [one.cpu for one in found],
        "peak_bytes": [one.peak for one in found],
        "calls": [dict(one.calls) for one in found],
        "aws_calls": [dict(one.aws) for one in found],
        "nodes": nodes,
        "pods_a_node": pods,
    }


def _rows(nodes: int, pods: int, figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    def mid(name: str) -> float:
        return float(median(figures[name]))

    floors = _sums(figures["bare_patched_cpu"], figures["bare_evicted_cpu"])
    asking = mid("all_evicted") - mid("first_evicted")
    yield "notice", figures["notice"]
    for name, what in TIMES.items():
        yield what, _range(figures[name])
    yield "closing / floor with the queue", ratio(mid("all_closed"), mid("bare_closed"))
    yield "closing / floor without it", ratio(mid("all_closed"), mid("bare_patched"))
    yield "first to last eviction / floor", ratio(asking, mid("bare_evicted"))
    yield "pods evicted", f"{min(figures['evicted'])} of {nodes * pods}"
    yield "controller's CPU", _range(figures["cpu"])
    yield "floor's CPU, without the queue", _range(floors)
    yield "CPU / floor", ratio(mid("cpu"), median(floors))
    yield "controller's peak memory", megabytes(max(figures["peak_bytes"]))
    yield from _counts("Kubernetes calls", Counter(figures["calls"][-1]), nodes, nodes * pods)
    aws = Counter(figures["aws_calls"][-1])
    yield from _counts("AWS calls", aws, nodes, nodes * pods)
    yield "EC2 calls", str(sum(n for name, n in aws.items() if name.startswith(EC2)))


TIMES = {
    "first_closed": "first node closed",
    "all_closed": "all nodes closed",
    "first_evicted": "first eviction accepted",
    "all_evicted": "last eviction accepted",
    "all_gone": "all pods gone (each takes 1 s to stop)",
    "bare_closed": "floor: a bare loop receives and closes all",
    "bare_patched": "floor: 100 connections close all",
    "bare_evicted": "floor: 100 connections evict all",
}


def _counts(what: str, calls: Counter[str], nodes: int, pods: int) -> Iterator[tuple[str, str]]:
    for name, count in [(what, calls.total()), *((f"  {n}", c) for n, c in calls.most_common())]:
        each = f"   {count / pods:.2f} a pod" if pods else ""
        yield name, f"{count:6}   {count / nodes:.2f} a node{each}"


def _sums(some: Sequence[float], others: Sequence[float]) -> list[float]:
    return [one + other for one, other in zip(some, others, strict=True)]


def _range(values: Sequence[float]) -> str:
    if len(values) == 1:
        return duration(values[0])
    return f"{duration(median(values))} ({duration(min(values))} to {duration(max(values))})"
