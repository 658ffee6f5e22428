"""A budget without room that opens: how soon the pod behind it is evicted."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

from bench.account import await_log, ours
from bench.bare import Bare
from bench.figures import ratio, spread
from bench.ground import BUDGETS, NAMESPACE, guard, join, pod, settle, targets
from bench.post import Post
from bench.report import Report
from bench.trail import evictions
from bench.watching import Watch, phase
from hack.cluster import LocalCluster
from hack.progress import Progress
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from bench.ground import Target
    from bench.trail import Call
    from bench.watching import Objects

TOO_MANY = 429
"""How an eviction is refused that a budget has no room for."""

OPEN = {"spec": {"minAvailable": 0}}


class Room:
    """The rounds of one measurement: each has a node, a pod and a budget of its own."""

    def __init__(self, cluster: LocalCluster, post: Post) -> None:
        """Begin to watch."""
        self._cluster, self._post = cluster, post
        self._budgets = Watch(cluster, BUDGETS)
        self.patched: dict[str, float] = {}
        self.opened: dict[str, float] = {}

    async def round(self, client: Bare, target: Target) -> None:
        """Open a budget just after it has refused, when the next poll is furthest away."""
        name, key = target.node, f"{NAMESPACE}/{target.node}"
        self._post.send(target)
        await asyncio.to_thread(await_log, self._cluster, partial(_refused, key))
        self.patched[key] = time.time()
        await client.patch(f"{BUDGETS}/{name}", OPEN)
        self.opened[key] = await asyncio.to_thread(
            self._budgets.wait, lambda seen: _allowed(seen, name) > 0
        )


def measure(rounds: int) -> Report:
    """Open a budget `rounds` times, each for another node."""
    with LocalCluster() as cluster, Progress("a budget that opens") as progress:
        progress.update(f"adding {rounds} nodes")
        cluster.kubectl("create", "namespace", NAMESPACE)
        found = targets("room", rounds, 0)
        join(cluster, found)
        settle(cluster, [pod(t.node, t.node, {"app": t.node}) for t in found])
        for target in found:
            guard(cluster, target.node)
        post = Post(cluster)
        room, drains = Room(cluster, post), Watch(cluster)
        with ControllerProcess(cluster, "--queue-url", post.url) as controller:
            controller.wait_ready()
            asyncio.run(_rounds(cluster, room, found, progress))
            drains.wait(lambda seen: sum(phase(o) == "Drained" for o in seen.values()) == rounds)
        log = await_log(cluster, lambda log: len(evictions(ours(log))) == rounds)
    accepted = evictions(ours(log))
    whole = spread([accepted[key] - at for key, at in room.patched.items()])
    server = spread([room.opened[key] - at for key, at in room.patched.items()])
    return Report(
        "room",
        f"A budget that opens, {rounds} rounds",
        [
            ("PATCH of the budget to eviction accepted", whole.sentence()),
            ("  of it until a watch shows room", server.sentence()),
            ("medians: eviction accepted / room seen", ratio(whole.median, server.median)),
        ],
        {"patch_to_evicted": whole._asdict(), "patch_to_room_seen": server._asdict()},
    )


async def _rounds(
    cluster: LocalCluster, room: Room, found: list[Target], progress: Progress
) -> None:
    async with Bare(cluster.admin_kubeconfig, connections=1) as client:
        for number, target in enumerate(found):
            progress.update(f"{number} of {len(found)} rounds")
            await room.round(client, target)


def _refused(key: str, log: list[Call]) -> bool:
    return any(c.key == key and c.code == TOO_MANY for c in ours(log))


def _allowed(seen: Objects, name: str) -> int:
    return int((seen.get(name, {}).get("status") or {}).get("disruptionsAllowed", 0))
