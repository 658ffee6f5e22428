"""What runs in the demo: manifests of about 280 pods, their PriorityClasses and budgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hack.demo.nodes import NODE_GROUP
from hack.pods import READY_SECONDS, STOP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRIORITY_CLASSES = {"batch": -10, "web": 1_000, "payments": 10_000}
"""Beside these there are the priority 0 of pods without a class, and Kubernetes' own two."""

DO_NOT_DISRUPT = {"karpenter.sh/do-not-disrupt": "true"}
API_VERSIONS = {
    "Namespace": "v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
}


@dataclass(frozen=True, slots=True)
class App:
    """One controller of pods.

    `grace` is the pods' terminationGracePeriodSeconds, `stop` how many seconds they take of it,
    and `ready` how many seconds after its start a pod is Ready. `budget` is what the
    PodDisruptionBudget says; without one there is none.
    """

    namespace: str
    name: str
    replicas: int
    kind: str = "Deployment"
    priority_class: str = ""
    grace: int = 10
    stop: int = 1
    ready: int = 0
    budget: dict[str, int | str] | None = None
    protected: bool = False


# A quarter of every app runs on each of the four pools. The graces are shorter than most real
# ones, so that there is something to wait for even when the window is 40 seconds short.
APPS = (
    App("batch", "thumbnails", 64, priority_class="batch", grace=5, stop=2),
    App("batch", "encode", 16, priority_class="batch", grace=45, stop=12),
    # A computation that starts from nothing when it is interrupted: it gets the longest run.
    App("batch", "training", 8, "Job", "batch", grace=20, stop=12, protected=True),
    App("tools", "intranet", 32, grace=10, stop=3),
    App("tools", "mailer", 20, grace=15, stop=6, budget={"maxUnavailable": "50%"}),
    App("shop", "frontend", 40, priority_class="web", stop=5, budget={"maxUnavailable": "25%"}),
    # Its budget opens again each time that a replacement is Ready.
    App("shop", "search", 8, "Deployment", "web", 5, 4, ready=10, budget={"maxUnavailable": 1}),
    # Its budget never opens: it demands as many pods as there are.
    App("shop", "cart", 4, "StatefulSet", "web", stop=3, budget={"minAvailable": 4}),
    App("payments", "api", 24, priority_class="payments", stop=5, budget={"maxUnavailable": "20%"}),
    # A StatefulSet replaces a pod when it is gone, not when it begins to stop.
    App(
        "payments",
        "ledger",
        12,
        "StatefulSet",
        "payments",
        stop=4,
        ready=8,
        budget={"maxUnavailable": 1},
    ),
    App(
        "kube-system",
        "coredns",
        4,
        priority_class="system-cluster-critical",
        grace=5,
        stop=3,
        budget={"maxUnavailable": 1},
    ),
)
DAEMONS = ("aws-node", "kube-proxy")


def pod_count(nodes: int) -> int:
    """Return how many pods there are when all of them run, on so many nodes."""
    return sum(app.replicas for app in APPS) + len(DAEMONS) * nodes


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


def class_of(priority: int) -> str:
    """Return the name of the PriorityClass that gives this priority here."""
    names = {value: name for name, value in PRIORITY_CLASSES.items()}
    names |= {0: "(no class)", 2_000_000_000: "system-cluster-critical"}
    return names.get(priority, "")


def budget_of(namespace: str, labels: Mapping[str, str]) -> str:
    """Return the PodDisruptionBudget that guards a pod, as namespace/name; empty without one."""
    guarded = {(app.namespace, app.name) for app in APPS if app.budget is not None}
    name = labels.get("app", "")
    return f"{namespace}/{name}" if (namespace, name) in guarded else ""
