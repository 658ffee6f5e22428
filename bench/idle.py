"""A controller with nothing to do: what it uses, and what it asks for, in an hour."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from bench.account import ours
from bench.figures import megabytes
from bench.ground import NAMESPACE, targets
from bench.heartbeats import Heartbeats
from bench.planting import plant
from bench.post import Post
from bench.report import Report
from bench.trail import calls, tally
from bench.usage import resident, usage
from hack.cluster import LocalCluster
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess
from tests.integration.sqs_front import Front

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR = 3600.0
SETTLING = 20.0
"""Seconds after `ready` in which a start's last work ends."""


class Idle(NamedTuple):
    """What was seen in so many seconds: CPU seconds, memory held at the end in bytes, and calls."""

    seconds: float
    cpu: float
    resident: int
    peak: int
    beats: int
    kubernetes: Mapping[str, int]
    sqs: Mapping[str, int]


def measure(nodes: int, minutes: int) -> Report:
    """Let a controller watch a cluster in which only the nodes' kubelets tell that they are well."""
    found = targets("idle", nodes, 0)
    with LocalCluster() as cluster, Progress(f"idle among {nodes} nodes") as progress:
        cluster.quiet()
        cluster.kubectl("create", "namespace", NAMESPACE)
        progress.update(f"putting {nodes} nodes into etcd")
        plant(cluster, found, 0)
        with closing(Front(Post(cluster).url)) as front, Heartbeats(cluster, found) as beats:
            arguments = "--queue-url", front.url
            way = {"AWS_ENDPOINT_URL": front.url.rpartition("/")[0]}
            with ControllerProcess(cluster, *arguments, environment=way) as controller:
                controller.wait_ready()
                progress.update("it settles")
                time.sleep(SETTLING)
                progress.update(f"nothing happens for {minutes} minutes")
                seen = _watch(cluster, controller.pid, front, beats, minutes * 60.0)
    return _report(nodes, seen)


def _watch(
    cluster: LocalCluster, pid: int, front: Front, beats: Heartbeats, seconds: float
) -> Idle:
    began, before = time.time(), usage(pid)
    asked, sent = Counter(front.operations()), beats.sent
    time.sleep(seconds)
    ended, after = time.time(), usage(pid)
    log = ours(calls(cluster.audit()), began)
    return Idle(
        seconds=ended - began,
        cpu=after.cpu - before.cpu,
        resident=resident(pid),
        peak=after.peak,
        beats=beats.sent - sent,
        kubernetes=tally(call for call in log if call.arrived < ended),
        sqs=Counter(front.operations()) - asked,
    )


def an_hour(number: float, seconds: float) -> float:
    """Extrapolate what was counted in some seconds."""
    return number * HOUR / seconds


def _report(nodes: int, seen: Idle) -> Report:
    def hourly(counts: Mapping[str, int]) -> dict[str, float]:
        return {name: an_hour(count, seen.seconds) for name, count in sorted(counts.items())}

    kubernetes, sqs = hourly(seen.kubernetes), hourly(seen.sqs)
    cpu, share = an_hour(seen.cpu, seen.seconds), seen.cpu / seen.seconds
    rows = [
        ("CPU an hour", f"{cpu:.1f} s, {share:.2%} of a core"),
        ("memory (VmRSS, peak)", f"{megabytes(seen.resident)}, {megabytes(seen.peak)}"),
        ("node statuses renewed an hour", f"{an_hour(seen.beats, seen.seconds):.0f}"),
        ("Kubernetes calls an hour", f"{sum(kubernetes.values()):.0f}"),
        *((f"  {name}", f"{count:.0f}") for name, count in kubernetes.items()),
        ("SQS calls an hour", f"{sum(sqs.values()):.0f}"),
        *((f"  {name}", f"{count:.0f}") for name, count in sqs.items()),
    ]
    figures = {
        "nodes": nodes,
        "seconds": seen.seconds,
        "cpu": seen.cpu,
        "cpu_an_hour": cpu,
        "share_of_a_core": share,
        "resident_bytes": seen.resident,
        "peak_bytes": seen.peak,
        "node_updates": seen.beats,
        "kubernetes_an_hour": kubernetes,
        "sqs_an_hour": sqs,
    }
    return Report("idle", f"Idle among {nodes} nodes for {seen.seconds:.0f} s", rows, figures)
