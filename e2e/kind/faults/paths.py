"""Breaks the paths between the controller and what it speaks to, in the network of pods."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from e2e.kind.aws import NAMESPACE as AWS
from e2e.kind.faults.containers import in_network
from e2e.kind.faults.replicas import CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from e2e.kind.faults.replicas import Replica
    from e2e.kind.ground import Ground
    from e2e.kind.scene import Scene

SQS_PORT, SLOW_PORT = 5000, 6443
HANGS, REFUSES = ("DROP",), ("REJECT", "--reject-with", "tcp-reset")
"""What becomes of packets: nothing ever, or an answer that nobody is there."""


@contextmanager
def queue_away(ground: Ground, replicas: Sequence[Replica], how: Sequence[str]) -> Iterator[None]:
    """Cut the queue off from the replicas for the block; others, as this test, still reach it.

    Of two such blocks the inner one applies.
    """
    pod = ground.cluster.kubectl("get", "pods", f"--namespace={AWS}", "--output=name").strip()
    where = (ground.cluster, ground.home.name, "sqs", pod.removeprefix("pod/"))
    rules = [
        ("INPUT", "-p", "tcp", "-s", replica.address, "--dport", str(SQS_PORT))
        for replica in replicas
    ]
    for rule in rules:
        in_network(*where, "iptables", "-I", *rule, "-j", *how)
    try:
        yield
    finally:
        for rule in rules:
            in_network(*where, "iptables", "-D", *rule, "-j", *how)


class SlowPath:
    """A way to the API server that adds to each answer; a pod of the scene is that way."""

    def __init__(self, scene: Scene, seconds: float) -> None:
        """Run it."""
        self._scene = scene
        api = ("get", "service", "kubernetes", "--namespace=default")
        self._api = scene.ground.cluster.kubectl(*api, "--output=jsonpath={.spec.clusterIP}")
        environment = {
            "HOST": self._api,
            "PORT": "443",
            "LISTEN": str(SLOW_PORT),
            "DELAY": str(seconds / 2),
        }
        command = {"command": ["python3", "-S", "-E", "/witness/slow.py"]}
        home = scene.ground.home.name
        pod = scene.workloads.pod("slow", home, environment=environment, container=command)
        scene.kubectl("create", "-f", "-", input=json.dumps(pod))
        scene.kubectl("wait", "pod/slow", "--for=condition=Ready", "--timeout=120s")
        self._address = scene.kubectl("get", "pod/slow", "--output=jsonpath={.status.podIP}")

    def lead(self, replica: Replica) -> None:
        """Lead a replica's new connections through it, for as long as its pod is there.

        TLS notices nothing: the address is another on the way only.
        """
        where = (replica.cluster, replica.node, CONTAINER, replica.pod)
        rule = ("OUTPUT", "-p", "tcp", "-d", self._api, "--dport", "443")
        target = ("-j", "DNAT", "--to-destination", f"{self._address}:{SLOW_PORT}")
        in_network(*where, "iptables", "-t", "nat", "-A", *rule, *target)

    @property
    def carried(self) -> set[str]:
        """The addresses whose connections it has carried."""
        return {line.split()[1] for line in self._scene.kubectl("logs", "slow").splitlines()}
