"""Interruptions that only wait: what each costs while none of its pods may leave."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bench.account import ours
from bench.planting import await_revision, interrupt
from bench.post import Post
from bench.standing import budget_of, nodes_of, pods_of
from bench.trail import calls
from bench.usage import resident, usage
from bench.watching import INTERRUPTIONS, Watch, phase
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.ground import Target
    from bench.watching import Objects
    from hack.cluster import LocalCluster

PODS = 5
NODES_A_BUDGET = 10
"""A Deployment has pods on several nodes; the controller asks once a second for each budget."""

LEFT = 3600.0
"""Seconds until the deadlines: nothing comes to its last safe moment meanwhile."""

WINDOW, PATIENCE = 30.0, 300.0


class Waiting(NamedTuple):
    """So many open interruptions in a window: CPU and calls a second, memory in bytes.

    `told` is how many seconds after the start all had a status, or `PATIENCE` had passed; at the
    end `with_status` of them had one.
    """

    open: int
    told: float
    with_status: int
    share_of_a_core: float
    calls_a_second: float
    resident: int
    peak: int


def hold(cluster: LocalCluster, found: Sequence[Target]) -> None:
    """Have nodes there whose pods may not leave, each ten nodes' for a budget of their own."""
    apps = -(-len(found) // NODES_A_BUDGET)
    budgets = [budget_of(f"web-{n}", NODES_A_BUDGET * PODS) for n in range(apps)]
    cluster.store.put_all(budgets)
    cluster.store.put_all(nodes_of(found, None))
    pods = pods_of(found, PODS * len(found), NODES_A_BUDGET)
    await_revision(cluster, "/api/v1/pods", cluster.store.put_all(pods))


def wait(cluster: LocalCluster, found: Sequence[Target]) -> Waiting:
    """Start a controller where each of these nodes has a notice, look at it, and end both."""
    interrupt(cluster, found, LEFT)
    watch = Watch(cluster)
    process = ControllerProcess(cluster, "--queue-url", Post(cluster).url)
    started = time.time()
    with process as controller:
        watch.wait_for(lambda seen: _told(seen) == len(found), PATIENCE)
        began, before = time.time(), usage(controller.pid)
        time.sleep(WINDOW)
        with_status = _told(watch.objects())
        ended, after = time.time(), usage(controller.pid)
        held = resident(controller.pid)
    log = [c for c in ours(calls(cluster.audit()), began) if c.arrived < ended]
    cluster.kubectl("delete", "--raw", INTERRUPTIONS)
    return Waiting(
        open=len(found),
        told=began - started,
        with_status=with_status,
        share_of_a_core=(after.cpu - before.cpu) / (ended - began),
        calls_a_second=len(log) / (ended - began),
        resident=held,
        peak=after.peak,
    )


def _told(seen: Objects) -> int:
    return sum(phase(found) != "" for found in seen.values())
