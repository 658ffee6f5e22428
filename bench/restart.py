"""A controller that is killed in mid-drain: how soon the next one goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bench.account import await_log, ours
from bench.figures import spread
from bench.ground import NAMESPACE, guard, join, pod, settle, targets
from bench.post import Post
from bench.report import Report
from bench.watching import Watch, blocked, phase
from controller.domain.times import parse_rfc3339
from hack.cluster import LocalCluster
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from bench.trail import Call

STATUS = "nodeinterruptions/status"


class Round(NamedTuple):
    """One restart, in seconds since the second process was started."""

    ready: float
    first_call: float
    first_status: float


def measure(rounds: int) -> Report:
    """Kill a controller `rounds` times while one pod is gone and another waits for a budget."""
    with LocalCluster() as cluster, Progress("killed in mid-drain") as progress:
        progress.update(f"adding {rounds} nodes")
        cluster.kubectl("create", "namespace", NAMESPACE)
        names = [target.node for target in targets("restart", rounds, 0)]
        join(cluster, targets("restart", rounds, 0))
        settle(cluster, [pod(n, n, {"app": n}) for n in names])
        settle(cluster, [pod(f"{n}-free", n) for n in names])
        watch = Watch(cluster)
        found = []
        for number in range(rounds):
            progress.update(f"{number} of {rounds} rounds")
            found.append(_round(cluster, watch, number))
    return _report(found)


def _round(cluster: LocalCluster, watch: Watch, number: int) -> Round:
    target = targets("restart", 1 + number, 0)[number]
    guard(cluster, target.node)
    post = Post(cluster)
    with ControllerProcess(cluster, "--queue-url", post.url) as first:
        first.wait_ready()
        post.send(target)
        watch.wait(lambda seen: blocked(seen.get(target.instance_id)) > 0)
        first.kill()
    second = ControllerProcess(cluster, "--queue-url", post.url)
    started = time.time()
    with second:
        line = second.wait_for_words("ready: watching")
        log = await_log(cluster, lambda log: _went_on(log, started) is not None)
        cluster.kubectl("delete", "pdb", target.node, f"--namespace={NAMESPACE}")
        watch.wait(lambda seen: phase(seen.get(target.instance_id)) == "Drained")
    asked, told = _went_on(log, started) or (started, started)
    ready = parse_rfc3339(line["time"]) or started
    return Round(ready - started, asked - started, told - started)


def _went_on(log: list[Call], since: float) -> tuple[float, float] | None:
    mine = ours(log, since)
    asked = [c.arrived for c in mine if c.resource == "pods/eviction"]
    told = [c.arrived for c in mine if c.resource == STATUS]
    return (asked[0], told[0]) if asked and told else None


def _report(found: list[Round]) -> Report:
    ready, call, status = (spread([getattr(r, name) for r in found]) for name in Round._fields)
    return Report(
        "restart",
        f"Killed in mid-drain and started again, {len(found)} rounds",
        [
            ("start to ready", ready.sentence()),
            ("start to its first call about a pod", call.sentence()),
            ("start to its first status", status.sentence()),
        ],
        {
            "start_to_ready": ready._asdict(),
            "start_to_first_call": call._asdict(),
            "start_to_first_status": status._asdict(),
        },
    )
