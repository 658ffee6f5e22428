"""The manifests of what runs in the demo: apps, their PriorityClasses and budgets, DaemonSets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hack.demo.apps import APPS, DAEMONS, DO_NOT_DISRUPT, PRIORITY_CLASSES
from hack.demo.nodes import NODE_GROUP
from hack.pods import READY_SECONDS, STOP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hack.demo.apps import App

API_VERSIONS = {
    "Namespace": "v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
}


def manifests(apps: Sequence[App] = APPS) -> list[dict[str, Any]]:
    """Return everything but the nodes, in the order in which it is created."""
    own = sorted({app.namespace for app in apps} - {"kube-system"})
    return [
        *(_object("Namespace", name) for name in own),
        *(_object("PriorityClass", name, value=value) for name, value in PRIORITY_CLASSES.items()),
        *(_budget(app) for app in apps if app.budget is not None),
        *(_controller(app) for app in apps),
        *(_daemon_set(name) for name in DAEMONS),
    ]


def _controller(app: App) -> dict[str, Any]:
    template: dict[str, Any] = {
        "metadata": {"labels": {"app": app.name}, "annotations": _annotations(app)},
        "spec": {
            "terminationGracePeriodSeconds": app.grace,
            "topologySpreadConstraints": _spread(app),
            "containers": [_container()],
            **({"priorityClassName": app.priority_class} if app.priority_class else {}),
        },
    }
    selector = {"matchLabels": {"app": app.name}}
    spec: dict[str, Any] = {"replicas": app.replicas, "selector": selector}
    if app.kind == "StatefulSet":
        spec |= {"serviceName": app.name, "podManagementPolicy": "Parallel"}
    if app.kind == "Job":
        # A pod that is evicted counts as one failure.
        spec = {"parallelism": app.replicas, "completions": app.replicas, "backoffLimit": 100}
        template["spec"]["restartPolicy"] = "Never"
    return _object(app.kind, app.name, app.namespace, spec={**spec, "template": template})


def _annotations(app: App) -> dict[str, str]:
    ready = {READY_SECONDS: str(app.ready)} if app.ready else {}
    protection = DO_NOT_DISRUPT if app.protected else {}
    return {STOP_SECONDS: str(app.stop), **ready, **protection}


def _spread(app: App) -> list[dict[str, Any]]:
    """Put a quarter of the pods on each pool, and there on as many nodes as there are.

    A pool whose nodes are all closed to new pods does not count (nodeTaintsPolicy: Honor), or
    nothing could run more than once in the others.
    """
    each = {"maxSkew": 1, "labelSelector": {"matchLabels": {"app": app.name}}}
    return [
        {
            **each,
            "topologyKey": NODE_GROUP,
            "whenUnsatisfiable": "DoNotSchedule",
            "nodeTaintsPolicy": "Honor",
        },
        {**each, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"},
    ]


def _budget(app: App) -> dict[str, Any]:
    spec = {"selector": {"matchLabels": {"app": app.name}}, **(app.budget or {})}
    return _object("PodDisruptionBudget", app.name, app.namespace, spec=spec)


def _daemon_set(name: str) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "priorityClassName": "system-node-critical",
            "tolerations": [{"operator": "Exists"}],
            "containers": [_container()],
        },
    }
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return _object("DaemonSet", name, "kube-system", spec=spec)


def _container() -> dict[str, Any]:
    requests = {"cpu": "250m", "memory": "512Mi"}
    return {"name": "main", "image": "example.org/main", "resources": {"requests": requests}}


def _object(kind: str, name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSIONS[kind], "kind": kind, "metadata": metadata, **fields}
