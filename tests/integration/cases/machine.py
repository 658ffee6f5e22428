"""What happens to the machine of a stage's node, as the API server hears of it."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_rfc3339
from hack.nodes import KWOK_ANNOTATION
from tests.integration.stage import sqs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.stage import Stage

OUT = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}


def is_out(node: Mapping[str, Any]) -> bool:
    """Tell whether a node has the out-of-service taint."""
    return OUT in node["spec"].get("taints", [])


def terminated(ni: Mapping[str, Any]) -> bool:
    """Tell whether a NodeInterruption says that EC2 has ended the instance."""
    return "terminatedAt" in ni.get("status", {})


def fall_silent(stage: Stage) -> None:
    """Let nobody play the kubelet any more, and the node be not Ready since now.

    Kubernetes itself writes that down 50 s after the last sign of a kubelet; the tests do not wait.
    """
    gone = [f"{key}-" for key in KWOK_ANNOTATION]
    stage.cluster.kubectl("annotate", "node", stage.node_name, *gone)
    condition = {
        "type": "Ready",
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastHeartbeatTime": format_rfc3339(time.time()),
        "lastTransitionTime": format_rfc3339(time.time()),
    }
    patch = json.dumps({"status": {"conditions": [condition]}})
    command = ("patch", "node", stage.node_name, "--subresource=status", f"--patch={patch}")
    stage.cluster.kubectl(*command)


def send_state(stage: Stage, state: str) -> None:
    """Put EC2's notification about the state of the stage's instance on the queue."""
    message = {
        "id": str(uuid.uuid4()),
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "time": format_rfc3339(time.time()),
        "region": "us-east-1",
        "detail": {"instance-id": stage.instance_id, "state": state},
    }
    sqs(stage.cluster).send_message(QueueUrl=stage.queue_url, MessageBody=json.dumps(message))
