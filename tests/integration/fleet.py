"""Several nodes under a policy of a test's own: what drains for recommendations are tested on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hack.nodes import node_manifest
from hack.pods import STOP_SECONDS, pod_manifest
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hack.cluster import LocalCluster

LABEL = "example.com/fleet"


@dataclass(slots=True)
class Fleet:
    """Nodes that one SpotPolicy selects by their label, one Stage each, all in one namespace."""

    cluster: LocalCluster
    namespace: str
    queue_url: str
    name: str = field(default_factory=lambda: f"fleet-{secrets.token_hex(4)}")
    stages: list[Stage] = field(default_factory=list)

    def policy(self, **rebalance: Any) -> None:
        """Apply the policy and wait until it is accepted; it drains for recommendations at once."""
        self.apply(**rebalance)
        wait = (f"spotpolicy/{self.name}", "--for=condition=Accepted", "--timeout=60s")
        self.cluster.kubectl("wait", *wait)

    def apply(self, **rebalance: Any) -> None:
        """Apply the policy, with further fields of `events.rebalance`."""
        defaults = {"action": "Drain", "waitForCapacity": "0s", "budget": {"nodes": 100}}
        spec = {
            "weight": 100,
            "nodeSelector": {"matchLabels": {LABEL: self.name}},
            "events": {"rebalance": defaults | rebalance},
            # The pods of these tests have no controller.
            "drain": {"unmanagedPods": {"onVoluntary": "Evict"}},
        }
        kind = {"apiVersion": "spotdrain.io/v1alpha1", "kind": "SpotPolicy"}
        self.cluster.apply([kind | {"metadata": {"name": self.name}, "spec": spec}])

    def join(self, count: int = 1, zone: str = "us-east-1a", cpu: str = "16") -> list[Stage]:
        """Have nodes join; returns once they are Ready."""
        joined = [Stage(self.cluster, self.namespace, self.queue_url) for _ in range(count)]
        labels = {LABEL: self.name}
        self.cluster.add_nodes(
            [
                node_manifest(s.node_name, s.instance_id, zone, "m5.xlarge", labels=labels, cpu=cpu)
                for s in joined
            ]
        )
        self.stages += joined
        return joined

    def pod(self, name: str, stage: Stage, cpu: str = "100m", **more: Any) -> dict[str, Any]:
        """Describe a pod on a node which may only run on nodes of this fleet."""
        found = stage.pod(name, **more)
        found["spec"]["nodeSelector"] = {LABEL: self.name}
        found["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
        return found

    def held(self, name: str, stage: Stage) -> None:
        """Run a pod that a budget keeps on its node until `release`: its drain goes on and on."""
        stage.add_pods(stage.pod(name))
        stage.add_budget(name, 1, {"app": name})

    def release(self, name: str) -> None:
        """Take the budget of a held pod away."""
        self.cluster.kubectl("delete", "pdb", name, "-n", self.namespace)

    def replicas(self, name: str, count: int, cpu: str) -> None:
        """Run a Deployment on this fleet's nodes, one pod after the other to be disrupted."""
        pod = pod_manifest(name, annotations={STOP_SECONDS: "0.3"}, labels={"app": name})
        pod["spec"]["nodeSelector"] = {LABEL: self.name}
        pod["spec"]["tolerations"] = [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]
        pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
        selector = {"matchLabels": {"app": name}}
        template = {"metadata": {k: pod["metadata"][k] for k in ("labels", "annotations")}}
        meta = {"name": name, "namespace": self.namespace}
        self.cluster.apply(
            [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": meta,
                    "spec": {
                        "replicas": count,
                        "selector": selector,
                        "template": template | {"spec": pod["spec"]},
                    },
                },
                {
                    "apiVersion": "policy/v1",
                    "kind": "PodDisruptionBudget",
                    "metadata": meta,
                    "spec": {"maxUnavailable": 1, "selector": selector},
                },
            ]
        )
        ready = (f"deployment/{name}", "-n", self.namespace, "--for=condition=Available")
        self.cluster.kubectl("wait", *ready, "--timeout=60s")

    def close(self) -> None:
        """Take nodes and policy away."""
        for stage in self.stages:
            stage.remove()
        self.cluster.kubectl("delete", "spotpolicy", self.name, "--ignore-not-found")


def admitted(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the condition that tells whether a drain may begin; empty without one."""
    conditions = record.get("status", {}).get("conditions", ())
    return next((c for c in conditions if c["type"] == "Admitted"), {})


def waits_for(stage: Stage, reason: str) -> Mapping[str, Any]:
    """Return the status of a node's interruption once it waits for this reason."""
    found = stage.wait(lambda record: admitted(record).get("reason") == reason)
    status: Mapping[str, Any] = found["status"]
    return status
