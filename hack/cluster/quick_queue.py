"""The quick queue (hack/quick_queue/) as a process of a cluster."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hack.cluster import probes
from hack.cluster.ports import HOST
from hack.cluster.process import Process
from hack.cluster.queues import aws_environment
from hack.quick_queue.server import CALLS_PATH

if TYPE_CHECKING:
    from hack.cluster.process import Keeper

REPOSITORY = Path(__file__).resolve().parents[2]
TIMEOUT = 10.0


class QuickQueue(Process):
    """A fast SQS without moto's breadth; its queues and messages are gone with the process."""

    def __init__(self, keeper: Keeper, port: int) -> None:
        """Describe it; `port` is on the loopback address."""
        self.endpoint = f"http://{HOST}:{port}"
        self.environment = aws_environment(self.endpoint)
        argv = [sys.executable, "-m", "hack.quick_queue", "--port", str(port)]
        ready = probes.answers(f"{self.endpoint}{CALLS_PATH}")
        env = {**self.environment, "PYTHONPATH": str(REPOSITORY)}
        super().__init__(keeper, "quick-queue", argv, ready, env)

    def calls(self) -> Counter[str]:
        """Count the requests so far by AWS service and operation: `sqs:ReceiveMessage`.

        A long poll counts when it begins. boto3 under `environment` leads all services here but
        Auto Scaling, so that a call to EC2 would be counted, and refused.
        """
        with urllib.request.urlopen(f"{self.endpoint}{CALLS_PATH}", timeout=TIMEOUT) as answer:  # noqa: S310 - our own URL
            return Counter(json.load(answer))
