"""Random nodes on which nothing wants to leave: budgets that never open, protection, long graces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.account import await_log, ours
from bench.calls import split
from bench.ground import BUDGETS, NAMESPACE, join, owner, settle, targets
from bench.guests import budget_manifests, guests_of, pod_manifest_of
from bench.post import Post
from bench.report import Report
from bench.verdicts import judge
from bench.watching import Watch, phase
from hack.cluster import LocalCluster
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from bench.trail import Call
    from bench.verdicts import Findings

AGE = 60
"""Seconds that a notice is old when it is sent: half of the window is left."""

CLASSES = {"hostile-low": -10, "hostile-plus": 1000, "hostile-high": 100_000}


def measure(nodes: int, pods: int, seed: int) -> Report:
    """Interrupt `nodes` random nodes with `pods` pods each at once; all follows from `seed`."""
    with LocalCluster() as cluster, Progress(f"hostile nodes, seed {seed}") as progress:
        progress.update(f"adding {nodes} nodes and {nodes * pods} pods")
        cluster.kubectl("create", "namespace", NAMESPACE)
        cluster.apply([_priority_class(name, value) for name, value in CLASSES.items()])
        found = targets("hostile", nodes, 0)
        join(cluster, found)
        guests = guests_of(seed, [target.node for target in found], pods)
        reference = owner(cluster)
        settle(cluster, [pod_manifest_of(guest, reference) for guest in guests])
        cluster.create_all(BUDGETS, budget_manifests(guests))
        _await_budgets(cluster, len(budget_manifests(guests)))
        post, watch = Post(cluster), Watch(cluster)
        with ControllerProcess(cluster, "--queue-url", post.url) as controller:
            controller.wait_ready()
            deadlines, sent = post.send_aged(found, AGE)
            progress.update(f"{nodes} notices are out, {120 - AGE} s are left")
            watch.wait(lambda seen: sum(_ended(phase(o)) for o in seen.values()) == nodes)
            controller.terminate()
        log = ours(await_log(cluster, lambda log: bool(ours(log))), sent)
    return _report(seed, nodes, judge(guests, deadlines, log), log)


def _ended(found: str) -> bool:
    return found in {"Drained", "Finished"}


def _priority_class(name: str, value: int) -> dict[str, object]:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
    }


def _await_budgets(cluster: LocalCluster, count: int) -> None:
    seen: set[str] = set()
    for found in cluster.follow(BUDGETS):
        if (found.get("status") or {}).get("observedGeneration"):
            seen.add(found["metadata"]["name"])
        if len(seen) == count:
            return


def _report(seed: int, nodes: int, found: Findings, log: list[Call]) -> Report:
    rows = [
        ("pods without a signal before their window's end", f"{len(found.unsignalled)}"),
        ("budgets overridden before the last safe moment", f"{len(found.early)}"),
        ("pods asked before one of a lower band that could be", f"{len(found.disordered)}"),
        ("  pairs of bands in which order was possible", f"{found.ordered_pairs}"),
        ("pods evicted / deleted past what held them", f"{found.evicted} / {found.overridden}"),
        ("pods with less than their own grace", f"{found.truncated}"),
        ("  of them although their grace fitted when they were told", f"{len(found.cut)}"),
        ("calls a node", f"{len(split(log)[0]) / nodes:.1f}"),
    ]
    title = f"Hostile nodes, seed {seed}: {nodes} nodes, {found.pods} pods, {120 - AGE} s left"
    return Report(f"hostile-{seed}", title, rows, found.figures() | {"calls": len(split(log)[0])})
