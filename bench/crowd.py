"""Many interruptions that are open when a controller starts: how soon it has all of them in hand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bench.account import await_log, ours
from bench.figures import duration, percentile
from bench.ground import NAMESPACE, pod, settle, targets
from bench.interrupted import closed, record
from bench.post import Post
from bench.report import Report
from bench.usage import usage
from bench.watching import INTERRUPTIONS, Watch, phase
from controller.domain.times import parse_rfc3339
from hack.cluster import LocalCluster
from hack.nodes import node_manifest
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from bench.ground import Target
    from bench.trail import Call

EVICTION = "pods/eviction"
NODES = "/api/v1/nodes"
CHUNK = 100
"""More nodes at once are more than KWOK has Ready within its minute on two cores."""

MEGABYTE = 1_000_000


def measure(number: int) -> Report:
    """Start a controller where `number` nodes have a notice, a fence and a pod that was not asked.

    As after a kill in the first moment: nothing that can be known is known from before.
    """
    found = targets("crowd", number, 0)
    with LocalCluster() as cluster, Progress(f"{number} open interruptions") as progress:
        progress.update(f"adding {number} nodes with a pod each")
        cluster.kubectl("create", "namespace", NAMESPACE)
        for some in (found[n : n + CHUNK] for n in range(0, number, CHUNK)):
            cluster.add_nodes([_fenced(t) for t in some])
            settle(cluster, [pod(t.node, t.node) for t in some])
        uids = {
            node["metadata"]["name"]: node["metadata"]["uid"] for node in _nodes(cluster, number)
        }
        now = time.time()
        cluster.create_all(INTERRUPTIONS, [record(t, uids[t.node], now) for t in found])
        watch, post = Watch(cluster), Post(cluster)
        progress.update("the controller starts")
        started = time.time()
        with ControllerProcess(cluster, "--queue-url", post.url) as controller:
            line = controller.wait_for_words("ready: watching")
            told = watch.wait(lambda seen: sum(phase(o) != "" for o in seen.values()) == number)
            drained = watch.wait(
                lambda seen: sum(phase(o) == "Drained" for o in seen.values()) == number
            )
            peak = usage(controller.pid).peak
        log = ours(await_log(cluster, lambda log: len(_evictions(ours(log))) >= number), started)
    asked = sorted(call.arrived - started for call in _evictions(log))
    ready = (parse_rfc3339(line["time"]) or started) - started
    rows = [
        ("start to ready", duration(ready)),
        ("start to the first eviction", duration(asked[0])),
        ("start to half of the evictions", duration(percentile(asked, 50))),
        ("start to the last eviction", duration(asked[-1])),
        ("start to a status for each", duration(told - started)),
        ("start to all drained", duration(drained - started)),
        ("peak memory", f"{peak / MEGABYTE:.0f} MB"),
    ]
    figures = {
        "interruptions": number,
        "start_to_ready": ready,
        "start_to_first_eviction": asked[0],
        "start_to_last_eviction": asked[-1],
        "start_to_all_told": told - started,
        "start_to_all_drained": drained - started,
        "peak_bytes": peak,
    }
    return Report("crowd", f"Started with {number} open interruptions", rows, figures)


def _fenced(target: Target) -> dict[str, Any]:
    """Describe a node as the one before has left it: closed."""
    node = node_manifest(target.node, target.instance_id, "us-east-1a", "m5.4xlarge")
    return closed(node, target, time.time())


def _nodes(cluster: LocalCluster, number: int) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for node in cluster.follow(NODES):
        found[node["metadata"]["name"]] = node
        if len(found) == number:
            break
    return list(found.values())


def _evictions(log: list[Call]) -> list[Call]:
    return [call for call in log if call.resource == EVICTION and call.accepted]
