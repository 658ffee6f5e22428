"""What runs in the demo: about 270 pods, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIORITY_CLASSES = {"batch": -10, "web": 1_000, "payments": 10_000}
"""Beside these there are the priority 0 of pods without a class, and Kubernetes' own two."""

DO_NOT_DISRUPT = {"karpenter.sh/do-not-disrupt": "true"}


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
