"""Many notices at once, as when EC2 takes a whole capacity pool back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bench import floor
from bench.account import await_log, of_account, ours
from bench.figures import duration, ratio
from bench.ground import join, owned, owner, pod, settle, targets
from bench.post import Post
from bench.reactor import Reactor
from bench.report import Report
from bench.trail import cordons, evictions, removals, tally
from bench.usage import usage
from bench.watching import Watch, phase
from hack.cluster import LocalCluster
from hack.cluster.install import KWOK_USER
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from bench.ground import Target
    from bench.trail import Call

BARE = 1_000_000
MEGABYTE = 1_000_000


class Times(NamedTuple):
    """One burst, in seconds since its first message was sent; the last two are the bare loop's."""

    first_closed: float
    all_closed: float
    first_evicted: float
    all_evicted: float
    all_gone: float
    bare_closed: float
    bare_evicted: float


@dataclass(frozen=True, slots=True)
class Burst:
    """What one burst took and cost: CPU seconds, and the peak of memory in bytes."""

    times: Times
    calls: Counter[str]
    cpu: float
    peak: int


def measure(nodes: int, pods: int, runs: int) -> Report:
    """Interrupt `nodes` nodes with `pods` pods each at once; every run has a cluster of its own."""
    bursts = [_run(nodes, pods, f"burst {n + 1} of {runs}") for n in range(runs)]
    return _report(nodes, pods, bursts)


def _run(nodes: int, pods: int, title: str) -> Burst:
    found, spare = targets("burst", nodes, 0), targets("bare", nodes, BARE)
    with LocalCluster() as cluster, Progress(title) as progress:
        progress.update(f"adding {2 * nodes} nodes and {2 * nodes * pods} pods")
        cluster.kubectl("create", "namespace", "bench")
        join(cluster, [*found, *spare])
        if pods:
            reference = owner(cluster)
            named = [(name, t.node) for t in [*found, *spare] for name in _names(t, pods)]
            settle(cluster, [owned(pod(*place), reference) for place in named])
        post, watch = Post(cluster), Watch(cluster)
        with ControllerProcess(cluster, "--queue-url", post.url) as controller:
            controller.wait_ready()
            before = usage(controller.pid)
            progress.update(f"{nodes} notices are out")
            sent = post.send_all(found)
            watch.wait(lambda seen: sum(phase(o) == "Drained" for o in seen.values()) == nodes)
            after = usage(controller.pid)
        log = await_log(cluster, lambda log: _whole(log, nodes, nodes * pods))
        progress.update("the same requests by a bare loop")
        closed = _close_bare(cluster, spare)
        evicted = asyncio.run(_evict_bare(cluster, [n for t in spare for n in _names(t, pods)]))
    mine = ours(log, sent)
    gone = removals(c for c in log if c.user == KWOK_USER)
    times = Times(*_seconds(mine, gone, sent), closed, evicted)
    return Burst(times, tally(mine), after.cpu - before.cpu, after.peak)


def _close_bare(cluster: LocalCluster, spare: Sequence[Target]) -> float:
    post = Post(cluster)
    with Reactor(cluster, post) as reactor:
        sent = post.send_all(spare)
        reactor.wait_closed(spare)
    names = {target.node for target in spare}
    log = await_log(cluster, lambda log: names <= cordons(of_account(log)).keys())
    closed = cordons(of_account(log))
    return max(closed[name] for name in names) - sent


def _names(target: Target, pods: int) -> list[str]:
    return [f"{target.node}-{n}" for n in range(pods)]


def _whole(log: list[Call], nodes: int, pods: int) -> bool:
    gone = removals(c for c in log if c.user == KWOK_USER)
    return len(cordons(ours(log))) == nodes and len(evictions(ours(log))) == pods == len(gone)


def _seconds(
    mine: list[Call], gone: dict[str, float], sent: float
) -> tuple[float, float, float, float, float]:
    closed, accepted = cordons(mine).values(), evictions(mine).values()
    return (
        min(closed) - sent,
        max(closed) - sent,
        min(accepted, default=sent) - sent,
        max(accepted, default=sent) - sent,
        max(gone.values(), default=sent) - sent,
    )


async def _evict_bare(cluster: LocalCluster, names: Sequence[str]) -> float:
    async with floor.bare(cluster) as client:
        return await floor.evict_all(client, names)


def _report(nodes: int, pods: int, bursts: Sequence[Burst]) -> Report:
    by_name = {name: [getattr(b.times, name) for b in bursts] for name in Times._fields}
    mid = {name: median(values) for name, values in by_name.items()}
    asking = mid["all_evicted"] - mid["first_evicted"]
    calls = bursts[-1].calls
    rows = [
        ("first node closed", _range(by_name["first_closed"])),
        ("all nodes closed", _range(by_name["all_closed"])),
        ("first eviction accepted", _range(by_name["first_evicted"])),
        ("last eviction accepted", _range(by_name["all_evicted"])),
        ("all pods gone (each takes 1 s to stop)", _range(by_name["all_gone"])),
        ("floor: a bare loop receives and closes all", _range(by_name["bare_closed"])),
        ("floor: a bare loop evicts all", _range(by_name["bare_evicted"])),
        ("closing / floor", ratio(mid["all_closed"], mid["bare_closed"])),
        ("first to last eviction / floor", ratio(asking, mid["bare_evicted"])),
        ("controller's CPU", _range([b.cpu for b in bursts])),
        ("controller's peak memory", f"{max(b.peak for b in bursts) / MEGABYTE:.0f} MB"),
        ("calls a node", f"{sum(calls.values()) / nodes:.1f}"),
    ]
    rows += [
        (f"  {name}", f"{count:5}   {count / nodes:.2f} a node")
        for name, count in calls.most_common()
    ]
    figures = {
        **by_name,
        "cpu": [b.cpu for b in bursts],
        "peak_bytes": [b.peak for b in bursts],
        "calls": [dict(b.calls) for b in bursts],
        "nodes": nodes,
        "pods_a_node": pods,
    }
    title = f"{nodes} notices at once, {pods} pods a node, {len(bursts)} runs (median, range)"
    return Report("burst", title, rows, figures)


def _range(values: Sequence[float]) -> str:
    if len(values) == 1:
        return duration(values[0])
    return f"{duration(median(values))} ({duration(min(values))} to {duration(max(values))})"
