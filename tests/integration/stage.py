"""A node of a test's own, with pods, budgets and notices, and what the audit log says of it."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from controller.cli.simulated import REBALANCE, SPOT, event
from controller.domain.times import parse_rfc3339
from controller.drain.fence import ANNOTATION
from hack.nodes import node_manifest
from hack.pods import STOP_SECONDS, pod_manifest
from hack.sqs import sqs_client
from tests.golden import golden_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from hack.cluster import LocalCluster

PATIENCE = 90.0
LOOK_SECONDS = 0.2
NODES = "/api/v1/nodes"
INTERRUPTIONS = "/apis/spotdrain.io/v1alpha1/nodeinterruptions"


def regarded(event: Mapping[str, Any]) -> tuple[str, str]:
    """Tell the kind and name of what an Event is about, empty where it names nothing.

    The API server tells of its own service CIDR like that, now and then at a start.
    """
    about = event.get("regarding") or {}
    return about.get("kind", ""), about.get("name", "")


class Request(NamedTuple):
    """One call of the controller about a pod, as the API server audited it."""

    verb: str
    pod: str
    code: int
    at: float
    body: Mapping[str, Any]


@dataclass(slots=True)
class Stage:
    """One Spot node and one namespace; names are the test's own, so tests do not meet."""

    cluster: LocalCluster
    namespace: str
    queue_url: str
    labels: Mapping[str, str] = field(default_factory=dict)
    instance_id: str = field(default_factory=lambda: f"i-{secrets.token_hex(8)}")

    @property
    def node_name(self) -> str:
        """The node's name follows the instance."""
        return f"node-{self.instance_id[2:]}"

    def add_node(self) -> None:
        """Have the node join; returns once it is Ready."""
        manifest = node_manifest(
            self.node_name, self.instance_id, "us-east-1a", "m5.xlarge", labels=self.labels
        )
        self.cluster.add_nodes([manifest])

    def remove(self) -> None:
        """Take the node away, as EC2 and the cloud controller do."""
        self.cluster.kubectl("delete", "node", self.node_name, "--ignore-not-found", "--wait=false")

    def add_pods(self, *pods: dict[str, Any]) -> None:
        """Create pods and wait until all of the namespace are Ready, or Running if meant unready."""
        self.cluster.create_all(f"/api/v1/namespaces/{self.namespace}/pods", pods)
        wanted = {pod["metadata"]["name"] for pod in pods}
        for found in self.cluster.follow(f"/api/v1/namespaces/{self.namespace}/pods"):
            if found["status"].get("phase") == "Running":
                wanted.discard(found["metadata"]["name"])
            if not wanted:
                return
        raise AssertionError(f"these pods did not start in time: {sorted(wanted)}")

    def pod(
        self,
        name: str,
        *,
        priority_class: str = "",
        grace: int = 30,
        stop: float = 0.3,
        annotations: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        node: str = "",
    ) -> dict[str, Any]:
        """Describe a pod on the node; `stop` is how many seconds its containers take to end."""
        spec: dict[str, Any] = {
            "nodeName": node or self.node_name,
            "terminationGracePeriodSeconds": grace,
            "tolerations": [{"operator": "Exists"}],
        }
        if priority_class:
            spec["priorityClassName"] = priority_class
        marks = {STOP_SECONDS: str(stop), **(annotations or {})}
        return pod_manifest(
            name, self.namespace, labels={"app": name, **(labels or {})}, annotations=marks, **spec
        )

    def add_budget(self, name: str, min_available: int, labels: Mapping[str, str]) -> None:
        """Create a PodDisruptionBudget and wait until the disruption controller has seen its pods."""
        path = f"/apis/policy/v1/namespaces/{self.namespace}/poddisruptionbudgets"
        spec = {"minAvailable": min_available, "selector": {"matchLabels": dict(labels)}}
        meta = {"name": name, "namespace": self.namespace}
        self.cluster.create_all(
            path,
            [
                {
                    "apiVersion": "policy/v1",
                    "kind": "PodDisruptionBudget",
                    "metadata": meta,
                    "spec": spec,
                }
            ],
        )
        self._wait(path, name, lambda budget: budget.get("status", {}).get("currentHealthy", 0) > 0)

    def send_spot(self, age: float = 0, event_id: str | None = None) -> str:
        """Put a Spot notice on the queue, `age` seconds old; returns the event's id."""
        return self._send(event(self.instance_id, SPOT, time.time(), age=age, event_id=event_id))

    def send_rebalance(self, age: float = 0) -> str:
        """Put a rebalance recommendation on the queue; returns the event's id."""
        return self._send(event(self.instance_id, REBALANCE, time.time(), age=age))

    def send_golden(self, name: str, *, age: float = 0, **detail: Any) -> str:
        """Put an event of tests/fixtures/events about our instance on the queue, as if sent now.

        `detail` replaces fields of its detail; returns the event's id.
        """
        return self._send(golden_event(name, self.instance_id, age=age, **detail))

    def send_body(self, body: str) -> str:
        """Put a message on the queue as it is; returns SQS's id of it."""
        sent = sqs(self.cluster).send_message(QueueUrl=self.queue_url, MessageBody=body)
        return sent["MessageId"]

    def _send(self, message: Mapping[str, Any]) -> str:
        self.send_body(json.dumps(message))
        return str(message["id"])

    def wait_waiting(self, visible: int, hidden: int | None = None) -> None:
        """Wait until so many messages lie in the queue; nobody tells of that, so it is asked.

        `hidden` are those that somebody has taken, None where they do not matter.
        """
        client, deadline = sqs(self.cluster), time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = client.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["All"])
            counts = answer["Attributes"]
            taken = int(counts["ApproximateNumberOfMessagesNotVisible"])
            if int(counts["ApproximateNumberOfMessages"]) == visible and hidden in {None, taken}:
                return
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"there were never {visible} messages left in the queue")

    def wait(self, wanted: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """Return the NodeInterruption as soon as it is as wanted; fails with its last state."""
        return self._wait(INTERRUPTIONS, self.instance_id, wanted)

    def wait_phase(self, *phases: str) -> dict[str, Any]:
        """Return the NodeInterruption once it is in one of these phases."""
        return self.wait(lambda ni: ni.get("status", {}).get("phase") in phases)

    def wait_node(self, wanted: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """Return the node as soon as it is as wanted."""
        return self._wait(NODES, self.node_name, wanted)

    def wait_restored(self, before: Mapping[str, Any]) -> None:
        """Wait until the node is as it was before, our annotation gone.

        Kubernetes' own taint of a cordon goes a moment after the cordon: the node controller takes it.
        Its labels of old come a moment after the node, so they may not have been there before.
        """

        def found(node: Mapping[str, Any]) -> tuple[Any, Any]:
            return node["spec"], labels_of(node)

        def restored(node: Mapping[str, Any]) -> bool:
            ours = ANNOTATION in node["metadata"].get("annotations", {})
            return not ours and found(node) == found(before)

        self.wait_node(restored)

    def wait_pod(self, name: str, wanted: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """Return a pod of the namespace as soon as it is as wanted."""
        return self._wait(f"/api/v1/namespaces/{self.namespace}/pods", name, wanted)

    def wait_event(self, reason: str) -> dict[str, Any]:
        """Return the first Event of the namespace with this reason."""
        path = f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events"
        return self._wait(path, None, lambda event: event["reason"] == reason)

    def node_event(self, reason: str) -> dict[str, Any]:
        """Return the first Event about the node with this reason."""
        path = "/apis/events.k8s.io/v1/namespaces/default/events"
        about = ("Node", self.node_name)
        return self._wait(path, None, lambda e: regarded(e) == about and e["reason"] == reason)

    def wait_object(self, path: str, wanted: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """Return the first object of any collection that is as wanted."""
        return self._wait(path, None, wanted)

    def _wait(
        self, path: str, name: str | None, wanted: Callable[[Mapping[str, Any]], bool]
    ) -> dict[str, Any]:
        last: dict[str, Any] = {}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for found in self.cluster.follow(path):
                if name not in {None, found["metadata"]["name"]}:
                    continue
                last = found
                if wanted(found):
                    return found
        raise AssertionError(f"{name} never became as wanted: {json.dumps(last, indent=1)}")

    def requests(self) -> list[Request]:
        """List what the controller asked about pods of this namespace, in the order of arrival."""
        return sorted(self._requests(), key=lambda request: request.at)

    def evictions(self) -> list[Request]:
        """List the evictions among the requests."""
        return [request for request in self.requests() if request.verb == "evict"]

    def deletions(self) -> list[Request]:
        """List the deletions among the requests."""
        return [request for request in self.requests() if request.verb == "delete"]

    def _requests(self) -> Iterator[Request]:
        for entry in self.cluster.audit():
            ref = entry.get("objectRef") or {}
            user = entry["user"].get("username", "")
            if ref.get("namespace") != self.namespace or not user.endswith(":spotdrain"):
                continue
            verb = "evict" if ref.get("subresource") == "eviction" else entry["verb"]
            if verb in {"evict", "delete"} and ref.get("resource") == "pods":
                yield Request(
                    verb,
                    ref["name"],
                    entry["responseStatus"]["code"],
                    parse_rfc3339(entry["requestReceivedTimestamp"]) or 0.0,
                    entry.get("requestObject") or {},
                )


def labels_of(node: Mapping[str, Any]) -> dict[str, str]:
    """Give the labels but Kubernetes' own of old, which come a moment after the node."""
    labels = node["metadata"]["labels"].items()
    return {key: value for key, value in labels if not key.startswith("beta.")}


def first_patch(stage: Stage, account: str) -> float:
    """Tell when the API server got the first patch of the node from a ServiceAccount."""
    return min(
        parse_rfc3339(entry["requestReceivedTimestamp"]) or 0.0
        for entry in stage.cluster.audit()
        if (entry.get("objectRef") or {}).get("name") == stage.node_name
        and entry["verb"] == "patch"
        and entry["user"].get("username", "").endswith(f":{account}")
    )


def make_queue(cluster: LocalCluster) -> str:
    """Make a queue that nobody has read yet."""
    return sqs(cluster).create_queue(QueueName=f"test-{secrets.token_hex(4)}")["QueueUrl"]


def received(client: SQSClient, queue_url: str) -> MessageTypeDef:
    """Receive the message that comes to a queue within two long polls: one may end just before it."""
    for _ in range(2):
        answer = client.receive_message(QueueUrl=queue_url, WaitTimeSeconds=20)
        if found := answer.get("Messages"):
            return found[0]
    raise AssertionError("no message came")


def sqs(cluster: LocalCluster) -> SQSClient:
    """Make a client of the cluster's queue service."""
    return sqs_client(cluster.aws_environment)
