"""A burst of notices for the real controller: from the first message to the last pod gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bench.account import await_tail, ours
from bench.post import Post
from bench.trail import cordons, evictions, removals, tally
from bench.usage import usage
from bench.watching import Watch, phase
from hack.cluster.install import KWOK_USER
from hack.errors import HackError
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.ground import Target
    from bench.trail import Call
    from bench.watching import Objects
    from controller.domain.times import Instant
    from hack.cluster import LocalCluster
    from hack.progress import Progress

PODS_IN_TWO_MINUTES = 8_000
"""What a Spot notice leaves time for where the API server is slowest: 100 evictions a second."""

HELD = 3600.0
"""Seconds; the policy below says the same. On two cores KWOK removed 40 pods a second."""

LEAST_PATIENCE, EVICTIONS_A_SECOND = 180.0, 20
POLICY = {
    "apiVersion": "spotdrain.io/v1alpha1",
    "kind": "SpotPolicy",
    "metadata": {"name": "bench"},
    "spec": {"events": {"lifecycleTermination": {"heartbeat": False, "timeout": "1h"}}},
}


class Times(NamedTuple):
    """Moments of one burst, in seconds since its first message was sent."""

    first_closed: float
    all_closed: float
    first_evicted: float
    all_evicted: float
    all_gone: float


@dataclass(frozen=True, slots=True)
class Burst:
    """What one burst took and cost: calls, CPU seconds, and the peak of memory in bytes.

    `evicted` is how many pods went by an eviction; the others were deleted when their time was up.
    """

    notice: str
    times: Times
    evicted: int
    calls: Counter[str]
    aws: Counter[str]
    cpu: float
    peak: int


def interrupt(
    cluster: LocalCluster, found: Sequence[Target], pods: int, progress: Progress
) -> Burst:
    """Interrupt nodes with `pods` pods each at once; returns when all pods are gone and counted."""
    short = len(found) * pods <= PODS_IN_TWO_MINUTES
    if not short:
        cluster.apply([POLICY])
    post, watch, tail = Post(cluster), Watch(cluster), cluster.audit_from_now()
    with ControllerProcess(
        cluster, "--queue-url", post.url, environment=post.environment
    ) as controller:
        controller.wait_ready()
        before, asked = usage(controller.pid), _aws(cluster)
        progress.update(f"{len(found)} notices are out")
        sent = post.send_all(found) if short else _hold(cluster, post, found)
        _await_drained(watch, len(found), len(found) * pods)
        after, aws = usage(controller.pid), _aws(cluster) - asked
    progress.update("reading the audit log")
    log = await_tail(tail, lambda log: _whole(log, len(found), len(found) * pods), 60.0)
    mine = ours(log, sent)
    return Burst(
        notice="SpotInterruption" if short else "LifecycleTermination",
        times=times_of(mine, _gone(log), sent),
        evicted=len(evictions(mine)),
        calls=tally(mine),
        aws=Counter({name: number for name, number in aws.items() if ":Send" not in name}),
        cpu=after.cpu - before.cpu,
        peak=after.peak,
    )


def times_of(mine: Sequence[Call], gone: dict[str, float], sent: Instant) -> Times:
    """Read the moments off the controller's calls and the pods' removals."""
    closed, accepted = cordons(mine).values(), evictions(mine).values()
    return Times(
        min(closed) - sent,
        max(closed) - sent,
        min(accepted, default=sent) - sent,
        max(accepted, default=sent) - sent,
        max(gone.values(), default=sent) - sent,
    )


def _hold(cluster: LocalCluster, post: Post, found: Sequence[Target]) -> Instant:
    """Have the instances wait in a lifecycle hook, for longer than any drain takes."""
    actions = cluster.scaling.actions
    return post.send_actions([actions.hold(t.instance_id, timeout=HELD) for t in found])


def _aws(cluster: LocalCluster) -> Counter[str]:
    """Count all requests to AWS so far, by service and operation."""
    scaling = Counter(f"autoscaling:{call.operation}" for call in cluster.scaling.calls)
    return cluster.quick_queue.calls() + scaling


def _await_drained(watch: Watch, nodes: int, pods: int) -> None:
    patience = LEAST_PATIENCE + pods / EVICTIONS_A_SECOND
    if watch.wait_for(lambda seen: _all_drained(seen, nodes), patience) is None:
        phases = Counter(phase(one) or "no phase" for one in watch.objects().values())
        told = ", ".join(f"{number} {name}" for name, number in phases.most_common())
        raise HackError(f"Not all {nodes} nodes were drained in {patience:.0f} s: {told}.")


def _all_drained(seen: Objects, nodes: int) -> bool:
    # It stops at the first that is not, and costs little while many are not.
    return len(seen) == nodes and all(phase(one) == "Drained" for one in seen.values())


def _gone(log: Sequence[Call]) -> dict[str, float]:
    return removals(call for call in log if call.user == KWOK_USER)


def _whole(log: list[Call], nodes: int, pods: int) -> bool:
    return len(_gone(log)) == pods and len(cordons(ours(log))) == nodes
