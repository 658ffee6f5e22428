"""The AWS side in the cluster, reached from here by a node's address."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ConnectionError as NotReached
from botocore.exceptions import HTTPClientError

from hack.cluster.queues import REGION, create_queues
from hack.errors import HackError
from hack.scaling import RemoteScaling
from hack.sqs import sqs_client

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from hack.cluster.queues import Queues
    from hack.kind import KindCluster

MANIFEST = Path(__file__).resolve().parent / "aws.yaml"
NAMESPACE = "aws"
SQS_PORT, SCALING_PORT = 30500, 30501
PATIENCE, PROBE_INTERVAL = 120.0, 0.2
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"


@dataclass(frozen=True)
class Aws:
    """Clients of both services; `queues` are URLs that work from here."""

    sqs: SQSClient
    queues: Queues
    scaling: RemoteScaling


def install_aws(cluster: KindCluster, image: str) -> None:
    """Run it, and return once both services answer."""
    cluster.kubectl("apply", "-f", "-", input=MANIFEST.read_text().replace("IMAGE", image))
    rollout = ("rollout", "status", f"--namespace={NAMESPACE}", "deployment/aws")
    cluster.kubectl(*rollout, "--timeout=120s")


def reach_aws(cluster: KindCluster) -> Aws:
    """Make clients of what runs there, and the queues."""
    (home,) = (worker for worker in cluster.workers if not worker.spot)
    address = cluster.docker("inspect", "--format", ADDRESS, home.name).strip()
    sqs = sqs_client(
        {
            "AWS_ENDPOINT_URL": f"http://{address}:{SQS_PORT}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
    )
    scaling = RemoteScaling(f"http://{address}:{SCALING_PORT}")
    return Aws(sqs, _queues(sqs), scaling)


def _queues(sqs: SQSClient) -> Queues:
    """Make the queues; kube-proxy opens a node's port some time after the pod behind it is ready."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return create_queues(sqs)
        except (NotReached, HTTPClientError) as error:
            if time.monotonic() > until:
                raise HackError(f"The SQS in the cluster does not answer: {error}") from error
            time.sleep(PROBE_INTERVAL)
