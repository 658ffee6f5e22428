"""What a start, a burst and waiting cost by the size of the cluster: only the mirror may grow."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bench.account import await_log, ours
from bench.ground import NAMESPACE, join, pod, settle, targets
from bench.growth_report import report
from bench.planting import plant
from bench.post import Post
from bench.trail import evictions
from bench.usage import usage
from bench.waiting import hold, wait
from bench.watching import INTERRUPTIONS, Watch, phase
from controller.domain.times import parse_rfc3339
from hack.cluster import LocalCluster
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.ground import Target
    from bench.report import Report

SIZES = (0.05, 0.1, 0.2, 0.5, 1.0)
OPEN = (0.01, 0.1, 0.3, 1.0)
"""Shares of the largest number, which is the parameter."""

BURST_NODES, BURST_PODS = 10, 5
PLAYED, HELD = 1_000_000, 2_000_000
"""Where the instance numbers of the burst's nodes begin, and of those that wait."""

CHUNK = 100
"""More nodes at once are more than KWOK has Ready within its minute on two cores."""


class Grown(NamedTuple):
    """One controller's life among so many nodes: a start, then a burst of the same size always.

    CPU in seconds, the burst's without the start's; peaks in bytes.
    """

    nodes: int
    ready: float
    start_cpu: float
    start_peak: int
    start_calls: int
    burst_cpu: float
    burst_peak: int
    burst_calls: int


def measure(nodes: int, pods: int, opened: int, rounds: int) -> Report:
    """Grow a cluster to `nodes` nodes with `pods` pods each, then have up to `opened` wait."""
    sizes = shares(nodes, SIZES)
    bursts = _parts(targets("burst", len(sizes) * rounds * BURST_NODES, PLAYED), BURST_NODES)
    rest = targets("growth", nodes, 0)
    with LocalCluster() as cluster, Progress("growth") as progress:
        progress.update("adding the nodes of the bursts")
        _play(cluster, [target for some in bursts for target in some])
        # These would find that no kubelet renews the Leases of the nodes that only are there.
        cluster.quiet("kube-controller-manager", "kube-scheduler")
        played, planted, grown = len(bursts) * BURST_NODES, 0, []
        for size in sizes:
            progress.update(f"growing to {size} nodes")
            more = rest[planted : max(planted, size - played)]
            plant(cluster, more, pods * len(more))
            planted += len(more)
            lives = []
            for number in range(rounds):
                progress.update(f"{size} nodes: {number} of {rounds} rounds")
                lives.append(_live(cluster, planted + played, bursts.pop()))
                played -= BURST_NODES
            grown.append(_median(size, lives))
        cluster.quiet("kwok")
        held = targets("held", opened, HELD)
        progress.update(f"adding {opened} nodes whose pods may not leave")
        hold(cluster, held)
        waiting = []
        for number in shares(opened, OPEN):
            progress.update(f"{number} interruptions wait")
            waiting.append(wait(cluster, held[:number]))
    parameters = {"nodes": nodes, "pods_a_node": pods, "open": opened, "rounds": rounds}
    return report(parameters, grown, waiting)


def shares(largest: int, parts: Sequence[float]) -> list[int]:
    """Give these shares of a number, rounded, each of them once and at least 1."""
    return sorted({max(1, round(largest * part)) for part in parts})


def _parts(found: Sequence[Target], number: int) -> list[Sequence[Target]]:
    return [found[start : start + number] for start in range(0, len(found), number)]


def _play(cluster: LocalCluster, found: Sequence[Target]) -> None:
    cluster.kubectl("create", "namespace", NAMESPACE)
    for some in _parts(found, CHUNK):
        join(cluster, some)
        settle(cluster, [pod(f"{t.node}-{n}", t.node) for t in some for n in range(BURST_PODS)])


def _live(cluster: LocalCluster, nodes: int, burst: Sequence[Target]) -> Grown:
    post, watch = Post(cluster), Watch(cluster)
    process = ControllerProcess(cluster, "--queue-url", post.url)
    started = time.time()
    with process as controller:
        line = controller.wait_for_words("ready: watching")
        ready = parse_rfc3339(line["time"]) or time.time()
        before = usage(controller.pid)
        sent = post.send_all(burst)
        watch.wait(lambda seen: sum(phase(o) == "Drained" for o in seen.values()) == len(burst))
        drained, after = time.time(), usage(controller.pid)
    pods = len(burst) * BURST_PODS
    log = await_log(cluster, lambda log: len(evictions(ours(log, sent))) == pods)
    _forget(cluster, burst)
    mine = ours(log, started)
    return Grown(
        nodes=nodes,
        ready=ready - started,
        start_cpu=before.cpu,
        start_peak=before.peak,
        start_calls=sum(call.arrived < ready for call in mine),
        burst_cpu=after.cpu - before.cpu,
        burst_peak=after.peak,
        burst_calls=sum(sent <= call.arrived < drained for call in mine),
    )


def _forget(cluster: LocalCluster, burst: Sequence[Target]) -> None:
    """Have the nodes and interruptions of a burst gone: the next start has nothing to go on with."""
    cluster.kubectl("delete", "node", *(target.node for target in burst))
    cluster.kubectl("delete", "--raw", INTERRUPTIONS)


def _median(size: int, lives: Sequence[Grown]) -> Grown:
    """Take the median of each figure."""
    nodes, *others = (median(values) for values in zip(*lives, strict=True))
    return Grown(int(nodes) or size, *others)
