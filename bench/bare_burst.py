"""The floor of a burst, in a process of its own as the controller is: PATCHes, then evictions.

It reads names and uids first, works every PATCH out, and sends them over 100 connections as fast as
the server takes them. `BareBurst` is its parent's side.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from bench.bare import Bare
from bench.child import Child
from bench.floor import NODES, eviction, patches
from bench.ground import PODS
from controller.kube.connect import CONNECTIONS
from hack.cluster.install import CONTROLLER, NAMESPACE
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from bench.ground import Target
    from hack.cluster import LocalCluster

T = TypeVar("T")

FIRST_ERROR, TOO_MANY = 400, 429
CLOSE, EVICT = "close", "evict"


class Took(NamedTuple):
    """What one step took: seconds, and seconds of CPU of the whole process."""

    seconds: float
    cpu: float


class BareBurst(Child):
    """The process, as its parent sees it; a context manager that starts it and waits till it may."""

    def __init__(self, cluster: LocalCluster, found: Iterable[Target], pods: Sequence[str]) -> None:
        """Describe it; nothing is started yet."""
        kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, CONTROLLER)
        super().__init__("bench.bare_burst", str(kubeconfig))
        self._work = {"instances": [target.instance_id for target in found], "pods": list(pods)}

    def __enter__(self) -> Self:
        """Start it and wait till everything is read and worked out."""
        super().__enter__()
        self.ask(json.dumps(self._work))
        return self

    def close(self) -> Took:
        """Close all nodes."""
        return Took(*json.loads(self.ask(CLOSE)))

    def evict(self) -> Took:
        """Have the evictions of all pods accepted."""
        return Took(*json.loads(self.ask(EVICT)))


async def serve(kubeconfig: Path) -> None:
    """Do what is asked for on standard input, a line a step, and answer each with a line."""
    work = json.loads(await asyncio.to_thread(sys.stdin.readline))
    async with Bare(kubeconfig, CONNECTIONS) as client:
        known = await patches(client)
        bodies = [known[instance] for instance in work["instances"]]
        uids = await _uids(client) if work["pods"] else {}
        print("ready", flush=True)

        async def close(one: tuple[str, object]) -> None:
            node, patch = one
            await client.patch(f"{NODES}/{node}", patch)  # type: ignore[arg-type]

        async def evict(name: str) -> None:
            path, body = f"{PODS}/{name}/eviction", eviction(name, uids[name])
            while (code := await client.try_post(path, body)) == TOO_MANY:
                pass
            if code >= FIRST_ERROR:
                raise HackError(f"The API server refused POST {path} with {code}.")

        while step := (await asyncio.to_thread(sys.stdin.readline)).strip():
            took = await (_all(bodies, close) if step == CLOSE else _all(work["pods"], evict))
            print(json.dumps(took), flush=True)


async def _all(found: Sequence[T], send: Callable[[T], Awaitable[None]]) -> Took:
    """Send everything, one request a connection at a time."""
    rest, began, cpu = iter(found), time.perf_counter(), time.process_time()

    async def worker() -> None:
        for one in rest:
            await send(one)

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return Took(time.perf_counter() - began, time.process_time() - cpu)


async def _uids(client: Bare) -> dict[str, str]:
    listed = await client.get(PODS)
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in listed["items"]}


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
