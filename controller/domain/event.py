"""A Kubernetes Event before it is sent: about what, why, and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from controller.domain.budget import BudgetFacts
    from controller.domain.verdict import Verdict


class Reference(NamedTuple):
    """One object, as `regarding` and `related` of an Event name it."""

    api_version: str
    kind: str
    name: str
    uid: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell about an object.

    Events with the same `regarding`, reason and sentence are one Event with a count; where there is
    a `group`, it stands for the sentence, so that things that differ in words only are told once.
    `related` is what it happened to: the pod that a budget holds back.
    """

    regarding: Reference
    verdict: Verdict
    warning: bool = False
    group: str = ""
    related: Reference | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two Events the same one."""
        return (self.regarding.uid, self.verdict.reason, self.group or self.verdict.message)


def node_reference(name: str, uid: str) -> Reference:
    """Refer to a Node."""
    return Reference("v1", "Node", name, uid)


def pod_reference(key: str, uid: str) -> Reference:
    """Refer to a Pod by its `namespace/name`."""
    namespace, _, name = key.partition("/")
    return Reference("v1", "Pod", name, uid, namespace)


def budget_reference(budget: BudgetFacts) -> Reference:
    """Refer to a PodDisruptionBudget."""
    return Reference("policy/v1", "PodDisruptionBudget", budget.name, budget.uid, budget.namespace)
