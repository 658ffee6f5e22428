"""The least controller there can be: receives notices and closes their nodes, and nothing else.

The floor for the reaction to one notice, in a process of its own as the controller is. It records
nothing and deletes no message, and it worked every PATCH out before the first notice.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import boto3

from bench.bare import Bare
from bench.child import Child
from bench.floor import NODES, patches
from controller.aws.client import WAIT_SECONDS
from controller.aws.queue import BATCH
from controller.kube.connect import CONNECTIONS
from hack.cluster.install import CONTROLLER, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from bench.ground import Target
    from bench.post import Post
    from hack.cluster import LocalCluster


RECEIVERS = 3
"""As many long polls as the controller has by default."""


class Reactor(Child):
    """The process, as its parent sees it; a context manager that waits till it polls."""

    def __init__(self, cluster: LocalCluster, post: Post) -> None:
        """Describe it; it takes what is sent to the post."""
        kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, CONTROLLER)
        ours = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment = {**ours, **post.environment}
        super().__init__("bench.reactor", post.url, str(kubeconfig), environment=environment)

    def __enter__(self) -> Self:
        """Start it and wait till it polls."""
        super().__enter__()
        self.heard()
        return self

    def wait_closed(self, found: Iterable[Target]) -> None:
        """Wait till it has closed the nodes of all targets."""
        missing = {target.instance_id for target in found}
        while missing:
            missing.discard(self.heard())


async def react(queue_url: str, kubeconfig: Path) -> None:
    """Receive and close until killed; prints a line when it begins and one for each node."""
    sqs = boto3.client("sqs")
    async with Bare(kubeconfig, connections=CONNECTIONS) as client:
        known = await patches(client)

        async def close(message: MessageTypeDef) -> None:
            instance_id = json.loads(message["Body"])["detail"]["instance-id"]
            node, patch = known[instance_id]
            await client.patch(f"{NODES}/{node}", patch)
            print(instance_id, flush=True)

        async def poll() -> None:
            while True:
                answer = await asyncio.to_thread(
                    sqs.receive_message,
                    QueueUrl=queue_url,
                    MaxNumberOfMessages=BATCH,
                    WaitTimeSeconds=WAIT_SECONDS,
                )
                await asyncio.gather(*map(close, answer.get("Messages", ())))

        print("ready", flush=True)
        await asyncio.gather(*(poll() for _ in range(RECEIVERS)))


if __name__ == "__main__":
    asyncio.run(react(sys.argv[1], Path(sys.argv[2])))
