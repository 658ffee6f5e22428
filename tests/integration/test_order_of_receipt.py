"""SQS knows no priorities: what is received together is handled by how grave it is."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING

from controller.cli.simulated import REBALANCE, SPOT, event
from tests.integration.controller_process import ControllerProcess
from tests.integration.fleet import Fleet
from tests.integration.stage import sqs

if TYPE_CHECKING:
    from hack.cluster import LocalCluster

ACCOUNT = ":spotdrain"


def test_a_spot_notice_is_handled_before_recommendations_of_the_same_batch(
    cluster: LocalCluster, namespace: str
) -> None:
    """It is the last of ten, which one receive brings."""
    url = sqs(cluster).create_queue(QueueName=f"order-{secrets.token_hex(4)}")["QueueUrl"]
    fleet = Fleet(cluster, namespace, url)
    *others, last = fleet.join(10)
    events = [event(stage.instance_id, REBALANCE, time.time()) for stage in others]
    events.append(event(last.instance_id, SPOT, time.time()))
    entries = [{"Id": str(n), "MessageBody": json.dumps(said)} for n, said in enumerate(events)]
    sqs(cluster).send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]

    with ControllerProcess(cluster, "--queue-url", url, "--receivers", "1"):
        for stage in fleet.stages:
            stage.wait_node(lambda node: bool(node["spec"].get("unschedulable")))
    for stage in fleet.stages:
        stage.remove()

    closed: dict[str, str] = {}
    for entry in cluster.audit():
        if entry["verb"] == "patch" and entry["user"].get("username", "").endswith(ACCOUNT):
            name = (entry.get("objectRef") or {}).get("name", "")
            closed.setdefault(name, entry["requestReceivedTimestamp"])
    assert closed[last.node_name] < min(closed[stage.node_name] for stage in others)
