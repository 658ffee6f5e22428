"""Two replicas on one queue, which a measurement kills and starts again."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from controller.domain.times import parse_rfc3339
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from bench.post import Post
    from controller.domain.times import Instant
    from hack.cluster import LocalCluster

NAMES = ("one", "two")


class Pair:
    """The replicas by name; a context manager that ends them all."""

    def __init__(self, cluster: LocalCluster, post: Post) -> None:
        """Describe them; nothing is started yet."""
        self._cluster, self._post = cluster, post
        self._stack = ExitStack()
        self._running: dict[str, ControllerProcess] = {}
        self._lives: list[ControllerProcess] = []

    def __enter__(self) -> Self:
        """Start both; returns when they know of each other."""
        for name in NAMES:
            self.start(name)
        for name in NAMES:
            self.wait_together(name)
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what still runs."""
        self._stack.close()

    def __getitem__(self, name: str) -> ControllerProcess:
        return self._running[name]

    def start(self, name: str) -> None:
        """Start a replica, without waiting: as kubelet does with a container that ended."""
        replica = ControllerProcess(
            self._cluster, "--queue-url", self._post.url, "--identity", name
        )
        self._running[name] = self._stack.enter_context(replica)
        self._lives.append(replica)

    def changes(self) -> list[Instant]:
        """List when a replica, of now or before, saw that one had come or gone."""
        lines = [line for replica in self._lives for line in list(replica.lines)]
        told = [line["time"] for line in lines if line["message"].startswith("replicas: ")]
        return [at for text in told if (at := parse_rfc3339(text)) is not None]

    def wait_together(self, name: str) -> None:
        """Wait until a replica takes messages and knows both."""
        both = f"replicas: {', '.join(NAMES)}"
        self._running[name].wait_for(lambda line: line["message"].startswith(both))
        self._running[name].wait_ready()

    def kill(self, name: str) -> Instant:
        """End a replica as SIGKILL does; returns the moment just before."""
        before = time.time()
        self._running[name].kill()
        return before

    def stop(self, name: str) -> Instant:
        """End a replica as SIGTERM does; returns the moment just before."""
        before = time.time()
        self._running[name].terminate()
        return before
