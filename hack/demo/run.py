"""The demo from its first to its last step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console

from hack.demo import feed, telling
from hack.demo.controller import ACCOUNT, Controller
from hack.demo.ground import AUTO, choose
from hack.demo.nodes import INTERRUPTED, POOLS, instances_of
from hack.demo.screen import LiveScreen, PlainScreen, is_live
from hack.demo.snapshot import populate
from hack.demo.summary import Evidence, failed, findings
from hack.demo.watch import Watch
from hack.demo.witness import cordons, passages, requests, subjects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.domain.times import Instant
    from hack.cluster import LocalCluster
    from hack.demo.screen import Screen
    from hack.demo.views import NodeView
    from hack.demo.witness import Subject

TICK = 1.0
END_SECONDS = 30.0
"""How long after the deadline the controller may take to write down how it ended."""

NODES = {instance.id: instance.node_name for pool in POOLS for instance in instances_of(pool)}
DOOMED = [instance.node_name for instance in instances_of(INTERRUPTED)]


def demonstrate(window: float, pause: Callable[[], None] | None = None, ground: str = AUTO) -> bool:
    """Show the Spot interruption of a whole pool, in a cluster of its own.

    `window` is how many seconds the notices leave. `pause` returns when the cluster may end: till
    then one is told how to look at it, and without it the end comes at once. `ground` is what the
    cluster is made of. Returns whether every deadline was met and every pod was told to stop.
    Raises HackError with a sentence.
    """
    console = Console(highlight=False, soft_wrap=True)
    found_cluster, reason = choose(ground)
    console.print(reason)
    with found_cluster as cluster:
        pods = subjects(populate(cluster), DOOMED)
        with Controller(cluster) as controller:
            console.print(f"controller: process {controller.pid}, its log: {controller.log}")
            evidence = interrupt(cluster, controller, pods, window, console)
            found = findings(evidence)
            telling.conclusion(console, found)
            console.print(f"\nThe controller's log stays: {controller.log}")
            if pause is not None:
                telling.what_next(console, cluster)
                pause()
    return not failed(found)


def interrupt(
    cluster: LocalCluster,
    controller: Controller,
    pods: Sequence[Subject],
    window: float,
    console: Console,
) -> Evidence:
    """Send the events, show what happens till it is over, and gather the evidence."""
    outbox = feed.messages(time.time(), window)
    deadline = feed.deadline_of(outbox[0])
    sent = feed.send(cluster.queue_url, cluster.aws_environment, outbox)
    telling.announcement(console, outbox, window)
    live = LiveScreen(console, min(sent.values()), deadline)
    views = show(cluster, controller, live if is_live() else PlainScreen(), deadline)
    log = requests(cluster.audit())
    return Evidence(
        passages=passages(pods, log, ACCOUNT),
        views=views,
        sent={NODES[instance]: at for instance, at in sent.items() if instance in NODES},
        cordoned=cordons(log, ACCOUNT),
        deadline=deadline,
        peak_memory=controller.peak_memory(),
        samples=controller.samples(),
    )


def show(
    cluster: LocalCluster, controller: Controller, screen: Screen, deadline: Instant
) -> list[NodeView]:
    """Show the interruptions till they are over; the nodes are taken away at their deadline."""
    watch, taken, now = Watch(cluster.follow), False, time.time()
    views: list[NodeView] = []
    with screen:
        while now < deadline or (now < deadline + END_SECONDS and not _over(views)):
            controller.require_alive()
            views = watch.wait(max(0.0, min(TICK, deadline - now)) if not taken else TICK)
            screen.show(views)
            now = time.time()
            if now >= deadline and not taken:
                taken = True
                # As EC2 takes the instances, and the cloud controller then their nodes.
                cluster.kubectl("delete", "node", *DOOMED, "--wait=false")
    return views


def _over(views: Sequence[NodeView]) -> bool:
    """Tell whether the controller has written the end of all interruptions that have a deadline."""
    return all(view.over for view in views if view.deadline is not None)
