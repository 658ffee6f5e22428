"""Many notices at once, as when EC2 takes a whole capacity pool back; the floor right after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bench import burst_report
from bench.account import await_tail, of_account
from bench.bare_burst import BareBurst, Took
from bench.ground import NAMESPACE, owner, targets
from bench.interrupting import interrupt
from bench.populating import clear, names, populate
from bench.post import Post
from bench.reactor import Reactor
from bench.trail import cordons
from bench.usage import usage
from hack.cluster import LocalCluster
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.ground import Target
    from bench.interrupting import Burst
    from bench.report import Report

LOOP, BARE = 1_000_000, 2_000_000
"""Where the instance numbers of the floor's nodes begin."""


class Floor(NamedTuple):
    """What bare loops took for the same requests.

    `looped` receives notices and closes their nodes; `closed` only closes, `evicted` only evicts.
    """

    looped: Took
    closed: Took
    evicted: Took


class Run(NamedTuple):
    """One burst beside its floor, in one cluster."""

    ours: Burst
    floor: Floor


def measure(nodes: int, pods: int, runs: int) -> Report:
    """Interrupt `nodes` nodes with `pods` pods each at once; every run has a cluster of its own."""
    found = [_run(nodes, pods, f"burst {n + 1} of {runs}") for n in range(runs)]
    return burst_report.report(nodes, pods, found)


def _run(nodes: int, pods: int, title: str) -> Run:
    found = targets("burst", nodes, 0)
    with LocalCluster() as cluster, Progress(title) as progress:
        cluster.kubectl("create", "namespace", NAMESPACE)
        reference = owner(cluster)
        populate(cluster, found, pods, reference, progress)
        mine = interrupt(cluster, found, pods, progress)
        # What is left of ours would cost the floor time.
        clear(cluster, found)
        return Run(mine, _floor(cluster, nodes, pods, reference, progress))


def _floor(
    cluster: LocalCluster,
    nodes: int,
    pods: int,
    reference: Mapping[str, object],
    progress: Progress,
) -> Floor:
    """Measure the bare loops, on nodes of their own."""
    loop, bare = targets("loop", nodes, LOOP), targets("bare", nodes, BARE)
    populate(cluster, loop, 0, reference, progress)
    progress.update("a bare loop receives and closes")
    looped = _loop(cluster, loop)
    clear(cluster, loop)
    populate(cluster, bare, pods, reference, progress)
    progress.update("a bare loop closes and evicts")
    with BareBurst(cluster, bare, [name for t in bare for name in names(t, pods)]) as process:
        return Floor(looped, process.close(), process.evict())


def _loop(cluster: LocalCluster, found: Sequence[Target]) -> Took:
    post, tail = Post(cluster), cluster.audit_from_now()
    with Reactor(cluster, post) as reactor:
        before = usage(reactor.pid).cpu
        sent = post.send_all(found)
        reactor.wait_closed(found)
        cpu = usage(reactor.pid).cpu - before
    wanted = {target.node for target in found}
    log = await_tail(tail, lambda log: wanted <= cordons(of_account(log)).keys(), 60.0)
    return Took(max(cordons(of_account(log)).values()) - sent, cpu)
