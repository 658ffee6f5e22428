"""What one ordinary drain asks of the API server: every call, Events and status among them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bench.account import await_log, ours
from bench.ground import NAMESPACE, PODS, join, targets
from bench.post import Post
from bench.report import Report
from bench.trail import cordons, evictions, tally
from bench.watching import Watch, phase
from hack.cluster import LocalCluster
from hack.errors import HackError
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.ground import Target
    from bench.trail import Call
    from bench.watching import Objects

REPLICAS, DAEMONS = 3, 3
REVIEWS = "selfsubjectaccessreviews"
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"


def measure(rounds: int) -> Report:
    """Drain `rounds` nodes one by one, each with 3 pods of a Deployment and 3 of DaemonSets."""
    with LocalCluster() as cluster, Progress("the calls of one drain") as progress:
        cluster.kubectl("create", "namespace", NAMESPACE)
        found = targets("calls", rounds, 0)
        join(cluster, found)
        for target in found:
            _settle(cluster, target.node)
        post, watch, sent = Post(cluster), Watch(cluster), []
        with ControllerProcess(cluster, "--queue-url", post.url) as controller:
            controller.wait_ready()
            for number, target in enumerate(found):
                progress.update(f"{number} of {rounds} rounds")
                sent.append(post.send(target))
                watch.wait(partial(_is, target, "Drained"))
                # As EC2 and the cloud controller do; the end is told too.
                cluster.kubectl("delete", "node", target.node)
                watch.wait(partial(_is, target, "Finished"))
            controller.terminate()
        log = ours(await_log(cluster, lambda log: _whole(ours(log), rounds)))
    ends = [*sent[1:], float("inf")]
    spans = zip(sent, ends, strict=True)
    drains = [[c for c in log if since <= c.arrived < end] for since, end in spans]
    return _report(drains, [c for c in log if c.arrived >= sent[0]])


def _settle(cluster: LocalCluster, node: str) -> None:
    names = [f"{node}-d{number}" for number in range(DAEMONS)]
    daemons = [_workload("DaemonSet", name, node) for name in names]
    cluster.create_all(f"{APPS}/daemonsets", daemons)
    cluster.create_all(f"{APPS}/deployments", [_workload("Deployment", node, node, REPLICAS)])
    running: set[str] = set()
    for pod in cluster.follow(PODS):
        if pod["spec"].get("nodeName") == node and pod["status"].get("phase") == "Running":
            running.add(pod["metadata"]["uid"])
        if len(running) == REPLICAS + DAEMONS:
            return
    raise HackError(f"Not all pods of {node} ran within a minute.")


def _workload(kind: str, name: str, node: str, replicas: int = 0) -> dict[str, Any]:
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "containers": [{"name": "main", "image": "example.org/main"}],
            "nodeSelector": {"kubernetes.io/hostname": node},
        },
    }
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec | {"replicas": replicas} if replicas else spec,
    }


def _is(target: Target, wanted: str, seen: Objects) -> bool:
    return phase(seen.get(target.instance_id)) == wanted


def _whole(log: list[Call], rounds: int) -> bool:
    return len(cordons(log)) == rounds and len(evictions(log)) == rounds * REPLICAS


def split(log: Iterable[Call]) -> tuple[list[Call], list[Call]]:
    """Part the calls of a drain from those that are made whatever the number of nodes.

    In common are the looks at whole collections, and the Leases by which replicas know each other, and the
    checks of rights at the start.
    """
    of_drain: list[Call] = []
    in_common: list[Call] = []
    for call in log:
        looks = call.verb in {"list", "watch"} and call.resource != "pods"
        shared = looks or call.resource in {"leases", REVIEWS} or not call.resource
        (in_common if shared else of_drain).append(call)
    return of_drain, in_common


def _report(drains: Sequence[Sequence[Call]], log: Sequence[Call]) -> Report:
    counted = [tally(split(calls)[0]) for calls in drains]
    most = max(counted, key=lambda found: found.total())
    rows = [(name, f"{number:3}") for name, number in sorted(most.items())]
    totals = [found.total() for found in counted]
    rows.append(("all of a drain (each round)", "  " + ", ".join(map(str, totals))))
    common = tally(split(log)[1])
    rows += [(f"in common: {name}", f"{number:3}") for name, number in sorted(common.items())]
    title = f"Calls for one node with {REPLICAS} pods and {DAEMONS} DaemonSet pods, {len(drains)} rounds"
    figures = {"rounds": [dict(found) for found in counted], "in_common": dict(common)}
    return Report("calls", f"{title} (the most costly)", rows, figures)
