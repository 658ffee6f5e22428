"""The same burst with more and more replicas: what sharing it brings, and what it costs in all."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.account import await_log, ours
from bench.figures import duration
from bench.ground import NAMESPACE, join, owned, owner, pod, settle, targets
from bench.post import Post
from bench.report import Report
from bench.trail import cordons, evictions, tally
from bench.usage import usage
from bench.watching import Watch, phase
from hack.cluster import LocalCluster
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.trail import Call
    from tests.integration.controller_process import Line

MEGABYTE = 1_000_000
MESSAGES = "spotdrain_sqs_messages_total"


@dataclass(frozen=True, slots=True)
class Share:
    """What one replica did of a burst: messages it handled, CPU seconds, peak of memory in bytes."""

    messages: int
    cpu: float
    peak: int


def measure(replicas: int, nodes: int, pods: int) -> Report:
    """Interrupt `nodes` nodes with `pods` pods each at once, while `replicas` replicas are there."""
    found = targets("replicas", nodes, 0)
    with LocalCluster() as cluster, ExitStack() as stack, Progress(f"{replicas} replicas") as now:
        now.update(f"adding {nodes} nodes and {nodes * pods} pods")
        cluster.kubectl("create", "namespace", NAMESPACE)
        join(cluster, found)
        reference = owner(cluster)
        names = [(f"{t.node}-{n}", t.node) for t in found for n in range(pods)]
        settle(cluster, [owned(pod(*place), reference) for place in names])
        post, watch = Post(cluster), Watch(cluster)
        running = _start(stack, cluster, post.url, [f"replica-{n}" for n in range(replicas)])
        before = [usage(one.pid).cpu for one in running]
        now.update(f"{nodes} notices are out")
        sent = post.send_all(found)
        watch.wait(lambda seen: sum(phase(o) == "Drained" for o in seen.values()) == nodes)
        after = [usage(one.pid) for one in running]
        shares = [
            Share(int(one.metric(MESSAGES, result="handled")), spent.cpu - since, spent.peak)
            for one, since, spent in zip(running, before, after, strict=True)
        ]
        log = await_log(cluster, lambda log: len(cordons(ours(log))) == nodes, 30)
    return _report(nodes, pods, sent, shares, ours(log, sent))


def _start(
    stack: ExitStack, cluster: LocalCluster, queue_url: str, names: Sequence[str]
) -> list[ControllerProcess]:
    """Start the replicas; returns once each takes messages and knows all others."""
    everyone = f"replicas: {', '.join(sorted(names))}"
    running = [
        stack.enter_context(
            ControllerProcess(cluster, "--queue-url", queue_url, "--identity", name)
        )
        for name in names
    ]

    def knows_all(line: Line) -> bool:
        return bool(line["message"] == everyone)

    for one in running:
        one.wait_for(knows_all)
        one.wait_ready()
    return running


def _report(nodes: int, pods: int, sent: float, shares: Sequence[Share], log: list[Call]) -> Report:
    closed = max(cordons(log).values()) - sent
    evicted = max(evictions(log).values(), default=sent) - sent
    cpu = sum(share.cpu for share in shares)
    counted = tally(log)
    calls = sum(counted.values()) / nodes
    rows = [
        ("all nodes closed", duration(closed)),
        ("last eviction accepted", duration(evicted)),
        ("messages handled by each", ", ".join(str(share.messages) for share in shares)),
        ("CPU of each", ", ".join(duration(share.cpu) for share in shares)),
        ("CPU of all, per event", duration(cpu / nodes)),
        ("peak memory of each", ", ".join(f"{s.peak / MEGABYTE:.0f} MB" for s in shares)),
        ("calls a node, of all", f"{calls:.1f}"),
    ]
    figures = {
        "replicas": len(shares),
        "nodes": nodes,
        "pods_a_node": pods,
        "all_closed": closed,
        "all_evicted": evicted,
        "messages": [share.messages for share in shares],
        "cpu": [share.cpu for share in shares],
        "cpu_per_event": cpu / nodes,
        "peak_bytes": [share.peak for share in shares],
        "calls": dict(counted),
        "calls_a_node": calls,
    }
    title = f"{nodes} notices at once, {pods} pods a node, {len(shares)} replicas"
    return Report("replicas", title, rows, figures)
