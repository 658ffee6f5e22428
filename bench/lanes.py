"""Pods behind budgets that have room for all: the controller's lanes against a free-for-all."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench import floor
from bench.account import await_log, of_account
from bench.figures import duration, ratio
from bench.ground import NAMESPACE, join, owned, owner, settle, targets
from bench.post import Post
from bench.report import Report
from bench.rush import guard, guests, manifest, rush
from bench.trail import removals
from bench.usage import usage
from bench.watching import Watch, phase
from hack.cluster import LocalCluster
from hack.cluster.install import KWOK_USER
from hack.errors import HackError
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.ground import Target
    from bench.rush import Guest
    from bench.trail import Call
    from bench.watching import Objects

A_NODE = 100
EVICTION = "pods/eviction"
PATIENCE = 300.0
WAYS = {
    "controller": "the controller: one to four at a time for each budget",
    "lanes": "a bare loop: one at a time for each budget",
    "free": "a bare loop: 50 at once, tried again when refused",
}
CONFLICT_SECONDS = 0.45
"""EvictionsRetry: 500 ms, give or take a tenth."""


@dataclass(frozen=True, slots=True)
class Way:
    """What one way of evicting took: from the first to the last eviction accepted, in seconds.

    `refused` counts the requests that were not accepted, by the answer's code; `held_up` those, of
    either kind, that the API server answered after half a second or more: it waits as long when
    another has written the budget meanwhile (EvictionsRetry, kubernetes
    pkg/registry/core/pod/storage/eviction.go). `server_cpu` are the API server's CPU seconds until
    all pods were gone. `deleted` pods had not been evicted at their last safe moment, two minutes
    after the notice; only the controller has one.
    """

    seconds: float
    requests: int
    refused: dict[str, int]
    held_up: int
    deleted: int
    server_cpu: float


def measure(pods: int, budgets: int) -> Report:
    """Evict `pods` pods behind `budgets` budgets in three ways, one after the other."""
    nodes = -(-pods // A_NODE)
    with LocalCluster() as cluster, Progress(f"{pods} pods, {budgets} budgets") as progress:
        progress.update(f"adding {3 * pods} pods")
        cluster.kubectl("create", "namespace", NAMESPACE)
        reference = owner(cluster)
        found: dict[str, list[Guest]] = {}
        for number, prefix in enumerate(("free", "bare", "ours")):
            places = targets(prefix, nodes, number * nodes)
            join(cluster, places)
            found[prefix] = guests(prefix, places, pods, budgets)
            settle(cluster, [owned(manifest(guest), reference) for guest in found[prefix]])
            guard(cluster, found[prefix])
        progress.update("all at once, by a bare loop")
        free = _way(cluster, found["free"], lambda: _bare(cluster, found["free"], lanes=False))
        progress.update("one at a time for each budget, by a bare loop")
        bare = _way(cluster, found["bare"], lambda: _bare(cluster, found["bare"], lanes=True))
        progress.update("by the controller")
        mine = _controller(cluster, found["ours"], places)
    return _report(pods, budgets, {"controller": mine, "lanes": bare, "free": free})


def _bare(cluster: LocalCluster, found: Sequence[Guest], *, lanes: bool) -> None:
    async def go() -> None:
        async with floor.bare(cluster) as client:
            await rush(client, found, lanes=lanes)

    asyncio.run(go())


def _controller(cluster: LocalCluster, found: Sequence[Guest], places: Sequence[Target]) -> Way:
    post, watch = Post(cluster), Watch(cluster)

    def go() -> None:
        post.send_all(places)
        if watch.wait_for(lambda seen: _drained(seen) == len(places), PATIENCE) is None:
            raise HackError("The controller did not drain all nodes; see its log.")

    with ControllerProcess(cluster, "--queue-url", post.url) as controller:
        controller.wait_ready()
        return _way(cluster, found, go)


def _way(cluster: LocalCluster, found: Sequence[Guest], go: Callable[[], None]) -> Way:
    names = {f"{NAMESPACE}/{guest.name}" for guest in found}
    server = cluster.apiserver.pid
    before = usage(server).cpu
    go()
    log = await_log(cluster, partial(_gone, names), PATIENCE)
    after = usage(server).cpu
    asked = [c for c in of_account(log) if c.key in names]
    return way(asked, after - before)


def way(asked: Sequence[Call], server_cpu: float) -> Way:
    """Sum the calls about the pods of one way up: evictions, and deletions past a budget."""
    evictions = [call for call in asked if call.resource == EVICTION]
    accepted = [call.answered for call in evictions if call.accepted]
    refused = Counter(str(call.code) for call in evictions if not call.accepted)
    return Way(
        seconds=max(accepted) - min(accepted),
        requests=len(evictions),
        refused=dict(sorted(refused.items())),
        held_up=sum(call.answered - call.arrived >= CONFLICT_SECONDS for call in evictions),
        deleted=sum((c.verb, c.resource) == ("delete", "pods") for c in asked),
        server_cpu=server_cpu,
    )


def _drained(seen: Objects) -> int:
    return sum(phase(found) in {"Drained", "Finished"} for found in seen.values())


def _gone(names: set[str], log: list[Call]) -> bool:
    return names <= removals(call for call in log if call.user == KWOK_USER).keys()


def _report(pods: int, budgets: int, ways: dict[str, Way]) -> Report:
    rows: list[tuple[str, str]] = []
    for name, found in ways.items():
        codes = ", ".join(f"{n} x {code}" for code, n in found.refused.items())
        rows += [
            (WAYS[name], f"{duration(found.seconds)} from first to last accepted"),
            ("  requests", f"{found.requests}, refused: {codes or 'none'}"),
            ("  held up by a conflict in the API server", str(found.held_up)),
            ("  pods deleted at their last safe moment", str(found.deleted)),
            ("  API server's CPU until all are gone", duration(found.server_cpu)),
        ]
    rows.append(
        ("free-for-all / controller", ratio(ways["free"].seconds, ways["controller"].seconds))
    )
    figures = {"pods": pods, "budgets": budgets} | {n: asdict(way) for n, way in ways.items()}
    return Report("lanes", f"{pods} pods behind {budgets} budgets with room for all", rows, figures)
