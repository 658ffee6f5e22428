"""Manifests of what runs on the nodes: all of them witnesses (containers/witness)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from e2e.kind.witness import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

Manifest = dict[str, Any]

PORT = 8080
POD_NAME = {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}


class Workloads:
    """Describes objects of one namespace that run one image."""

    def __init__(self, namespace: str, image: str) -> None:
        """Say where they run and what."""
        self._namespace, self._image = namespace, image

    def pod(self, name: str, node: str, **more: Any) -> Manifest:
        """Describe a pod without a controller, bound to a node; `more` as for `template`."""
        described = self.template(name, **more)
        described["spec"]["nodeName"] = node
        return self.object("v1", "Pod", name, **described)

    def owned(
        self, kind: str, name: str, node: str, spec: Mapping[str, Any], **more: Any
    ) -> Manifest:
        """Describe a Deployment, StatefulSet, DaemonSet or Job whose pods prefer a node.

        `spec` are the fields of its own spec, `more` as for `template`.
        """
        described = self.template(name, **more)
        described["spec"]["affinity"] = prefers(node)
        version = "batch/v1" if kind == "Job" else "apps/v1"
        selector = {} if kind == "Job" else {"selector": {"matchLabels": {"app": name}}}
        own = {**selector, "template": described, **spec}
        return self.object(version, kind, name, metadata={}, spec=own)

    def template(
        self,
        app: str,
        *,
        grace: int = 30,
        environment: Mapping[str, str] | None = None,
        priority_class: str = "",
        annotations: Mapping[str, str] | None = None,
        container: Mapping[str, Any] | None = None,
        **spec: Any,
    ) -> Manifest:
        """Describe a pod with the label `app`; `environment` says how the witness behaves.

        `container` and `spec` are further fields of the container and of the pod's spec.
        """
        variables = [{"name": k, "value": v} for k, v in (environment or {}).items()]
        main = {
            "name": "witness",
            "image": self._image,
            "env": [POD_NAME, *variables],
            "volumeMounts": [{"name": "log", "mountPath": "/var/log/witness"}],
            **(container or {}),
        }
        folder = {"path": f"{FOLDER}/{self._namespace}", "type": "DirectoryOrCreate"}
        priority = {"priorityClassName": priority_class} if priority_class else {}
        return {
            "metadata": {"labels": {"app": app}, "annotations": dict(annotations or {})},
            "spec": {
                "terminationGracePeriodSeconds": grace,
                "enableServiceLinks": False,
                "automountServiceAccountToken": False,
                "containers": [main],
                "volumes": [{"name": "log", "hostPath": folder}],
                **priority,
                **spec,
            },
        }

    def budget(self, app: str, **spec: Any) -> Manifest:
        """Describe a PodDisruptionBudget of the pods of an app, such as `minAvailable=1`."""
        selector = {"selector": {"matchLabels": {"app": app}}}
        return self.object(
            "policy/v1", "PodDisruptionBudget", app, metadata={}, spec={**selector, **spec}
        )

    def service(self, app: str) -> Manifest:
        """Describe a Service that leads to the HTTP port of an app's pods."""
        spec = {"selector": {"app": app}, "ports": [{"port": PORT}]}
        return self.object("v1", "Service", app, metadata={}, spec=spec)

    def object(
        self, version: str, kind: str, name: str, *, metadata: Mapping[str, Any], spec: Any
    ) -> Manifest:
        """Describe an object of the namespace."""
        named = {**metadata, "name": name, "namespace": self._namespace}
        return {"apiVersion": version, "kind": kind, "metadata": named, "spec": spec}


def prefers(node: str) -> Manifest:
    """Describe an affinity by which pods start on a node, and elsewhere once it is closed."""
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    term = {"weight": 100, "preference": {"matchExpressions": [here]}}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}


def hook(seconds: float) -> Manifest:
    """Describe a preStop hook that is noted and takes so long."""
    command = ["python3", "-S", "-E", "/witness/witness.py", "prestop", str(seconds)]
    return {"lifecycle": {"preStop": {"exec": {"command": command}}}}
