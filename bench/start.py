"""A controller that starts in a large cluster: how soon it watches, and has all in hand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.account import await_log, ours
from bench.figures import duration, megabytes, spread
from bench.ground import NAMESPACE, targets
from bench.planting import interrupt, plant
from bench.post import Post
from bench.report import Report
from bench.trail import evictions, tally
from bench.usage import usage
from bench.watching import Watch, phase
from controller.domain.times import parse_rfc3339
from hack.cluster import LocalCluster
from hack.errors import HackError
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from bench.usage import Usage
    from bench.watching import Objects

MOST_CALLS = 6
LONGEST = 90.0
"""Seconds that the statuses are waited for; after two minutes EC2 would have taken the nodes."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds since it, what was used by then, and the calls until the end.

    `first_eviction` and `all_told` are None when they did not come; `told` of the open
    interruptions had a status at the end.
    """

    ready: float
    at_ready: Usage
    at_end: Usage
    calls: Counter[str]
    first_eviction: float | None = None
    evicted: int = 0
    all_told: float | None = None
    told: int = 0


def measure(nodes: int, pods: int, opened: int, rounds: int) -> Report:
    """Start a controller `rounds` times with no notice, then once with `opened` interruptions.

    Raises HackError when there are fewer nodes than interruptions.
    """
    if opened > nodes:
        raise HackError(f"{nodes} nodes cannot have {opened} interruptions; give more --nodes.")
    found = targets("start", nodes, 0)
    with LocalCluster() as cluster, Progress(f"start with {nodes} nodes") as progress:
        # Nothing has to be scheduled, played or replaced, and two cores are few.
        cluster.quiet()
        cluster.kubectl("create", "namespace", NAMESPACE)
        progress.update(f"putting {nodes} nodes and {pods} pods into etcd")
        plant(cluster, found, pods)
        quiet = []
        for number in range(rounds):
            progress.update(f"starts without a notice: {number} of {rounds}")
            quiet.append(start(cluster, 0))
        progress.update(f"{opened} nodes have a notice")
        interrupt(cluster, found[:opened])
        busy = start(cluster, opened)
    return _report({"nodes": nodes, "pods": pods, "open": opened}, quiet, busy)


def start(cluster: LocalCluster, opened: int) -> Start:
    """Start a controller and end it once each open interruption has a status, or after `LONGEST`."""
    watch, post = Watch(cluster), Post(cluster)
    process = ControllerProcess(cluster, "--queue-url", post.url)
    started = time.time()
    with process as controller:
        line = controller.wait_for_words("ready: watching")
        at_ready = usage(controller.pid)
        told_at = watch.wait_for(lambda seen: _told(seen) >= opened, LONGEST) if opened else None
        if told_at is not None:
            await_log(cluster, lambda log: bool(evictions(ours(log, started))), LONGEST)
        at_end = usage(controller.pid)
    log = ours(await_log(cluster, lambda log: bool(ours(log, started))), started)
    evicted = evictions(log)
    return Start(
        ready=(parse_rfc3339(line["time"]) or started) - started,
        at_ready=at_ready,
        at_end=at_end,
        calls=tally(log),
        first_eviction=min(evicted.values()) - started if evicted else None,
        evicted=len(evicted),
        all_told=None if told_at is None else told_at - started,
        told=_told(watch.objects()),
    )


def _told(seen: Objects) -> int:
    return sum(phase(found) != "" for found in seen.values())


def _report(size: dict[str, int], quiet: Sequence[Start], busy: Start) -> Report:
    ready = spread([one.ready for one in quiet])
    peak = max(one.at_ready.peak for one in quiet)
    cpu = spread([one.at_ready.cpu for one in quiet])
    rows = [
        (f"no notice: start to ready ({len(quiet)})", ready.sentence()),
        ("no notice: CPU until ready", cpu.sentence()),
        ("no notice: peak memory at ready", megabytes(peak)),
        ("no notice: calls", _calls(quiet[-1].calls)),
        ("start to ready", duration(busy.ready)),
        ("start to the first eviction", _when(busy.first_eviction)),
        ("start to a status for each", _when(busy.all_told)),
        ("interruptions with a status by the end", str(busy.told)),
        ("evictions accepted by the end", str(busy.evicted)),
        ("CPU until ready", duration(busy.at_ready.cpu)),
        ("CPU until the end", duration(busy.at_end.cpu)),
        ("peak memory at ready", megabytes(busy.at_ready.peak)),
        ("peak memory at the end", megabytes(busy.at_end.peak)),
        ("calls", _calls(busy.calls)),
    ]
    figures = {
        **size,
        "quiet_start_to_ready": [one.ready for one in quiet],
        "quiet_ready_cpu": [one.at_ready.cpu for one in quiet],
        "quiet_ready_peak_bytes": [one.at_ready.peak for one in quiet],
        "quiet_calls": dict(quiet[-1].calls),
        "start_to_ready": busy.ready,
        "start_to_first_eviction": busy.first_eviction,
        "start_to_all_told": busy.all_told,
        "told": busy.told,
        "evicted": busy.evicted,
        "ready_cpu": busy.at_ready.cpu,
        "cpu": busy.at_end.cpu,
        "ready_peak_bytes": busy.at_ready.peak,
        "peak_bytes": busy.at_end.peak,
        "calls": dict(busy.calls),
    }
    title = "Started among {nodes} nodes and {pods} pods; {open} open interruptions"
    return Report("start", title.format(**size), rows, figures)


def _calls(calls: Counter[str]) -> str:
    several = ", ".join(f"{count} {name}" for name, count in calls.most_common(MOST_CALLS))
    return f"{calls.total()}: {several}, ..."


def _when(seconds: float | None) -> str:
    return f"not within {LONGEST:.0f} s" if seconds is None else duration(seconds)
