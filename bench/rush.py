"""Pods that leave through budgets with room for all: one at a time for each budget, or all at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

from bench.floor import eviction
from bench.ground import BUDGETS, PODS, pod
from controller.app import EVICTIONS_IN_FLIGHT
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from bench.bare import Bare
    from bench.ground import Target
    from hack.cluster import LocalCluster

FIRST_ERROR = 400
GONE = 404
PAUSE, LONGEST = 0.1, 10.0
"""Karpenter's pauses between evictions that are refused, in seconds, doubled each time:
karpenter pkg/controllers/node/termination/terminator/eviction.go."""


class Guest(NamedTuple):
    """A pod, its node, and the one budget that guards it."""

    name: str
    node: str
    budget: str


def guests(prefix: str, places: Sequence[Target], pods: int, budgets: int) -> list[Guest]:
    """Spread pods over nodes and budgets, one after the other."""
    return [
        Guest(f"{prefix}-{n}", places[n % len(places)].node, f"{prefix}-{n % budgets}")
        for n in range(pods)
    ]


def manifest(guest: Guest) -> dict[str, Any]:
    """Describe the pod, with the label by which its budget knows it."""
    return pod(guest.name, guest.node, {"app": guest.budget})


def guard(cluster: LocalCluster, found: Sequence[Guest]) -> None:
    """Create the budgets; returns when each has room for all of its pods."""
    rooms: dict[str, int] = {}
    for guest in found:
        rooms[guest.budget] = rooms.get(guest.budget, 0) + 1
    cluster.create_all(BUDGETS, [_budget(name) for name in rooms])
    missing = dict(rooms)
    for budget in cluster.follow(BUDGETS):
        name, status = budget["metadata"]["name"], budget.get("status") or {}
        if status.get("disruptionsAllowed", 0) == missing.get(name):
            del missing[name]
        if not missing:
            return
    raise HackError(
        f"The disruption controller gave no room in {len(missing)} budgets in a minute."
    )


async def rush(client: Bare, found: Sequence[Guest], *, lanes: bool) -> None:
    """Evict pods, as many at once as the controller may, until each was accepted.

    With `lanes` no more than one at a time for each budget.
    """
    listed = await client.get(PODS)
    uids = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in listed["items"]}
    turns = asyncio.Semaphore(EVICTIONS_IN_FLIGHT)
    of_budget = {guest.budget: asyncio.Semaphore(1) for guest in found} if lanes else {}
    await asyncio.gather(*(_leave(client, g, uids, turns, of_budget) for g in found))


async def _leave(
    client: Bare,
    guest: Guest,
    uids: Mapping[str, str],
    turns: asyncio.Semaphore,
    of_budget: Mapping[str, asyncio.Semaphore],
) -> None:
    pause = PAUSE
    while True:
        async with AsyncExitStack() as stack:
            if guest.budget in of_budget:
                await stack.enter_async_context(of_budget[guest.budget])
            await stack.enter_async_context(turns)
            body = eviction(guest.name, uids[guest.name])
            code = await client.try_post(f"{PODS}/{guest.name}/eviction", body)
        if code < FIRST_ERROR or code == GONE:
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST)


def _budget(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"minAvailable": 0, "selector": {"matchLabels": {"app": name}}},
    }
