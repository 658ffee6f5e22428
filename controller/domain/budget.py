"""What we know of a PodDisruptionBudget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from controller.domain.selector import selector_from
from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.pod import PodFacts
    from controller.domain.selector import Selector
    from controller.domain.times import Instant


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """A PodDisruptionBudget's selector and its status as last seen.

    `fresh` is false while the disruption controller has not yet seen the newest spec: the API server
    then refuses every eviction with "still being processed". `disrupted` are the pods, by name, that
    the API server gave room to and whose deletion it has not seen yet, and since when: for two
    minutes they take room from others (DisruptedPods in policy/v1).
    """

    namespace: str
    name: str
    uid: str = ""
    selector: Selector | None = None
    allowed: int = 0
    healthy: int = 0
    desired: int = 0
    expected: int = 0
    fresh: bool = True
    always_allow_unhealthy: bool = False
    disrupted: Mapping[str, Instant] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """`namespace/name`, as kubectl prints it."""
        return f"{self.namespace}/{self.name}"

    def covers(self, pod: PodFacts) -> bool:
        """Tell whether this budget guards the pod: same namespace, and its selector matches."""
        return (
            self.namespace == pod.namespace
            and self.selector is not None
            and self.selector.matches(pod.labels)
        )


def budget_from(obj: Mapping[str, Any]) -> BudgetFacts:
    """Reduce a policy/v1 PodDisruptionBudget to its facts."""
    meta, spec, status = obj.get("metadata") or {}, obj.get("spec") or {}, obj.get("status") or {}
    return BudgetFacts(
        namespace=meta.get("namespace", ""),
        name=meta.get("name", ""),
        uid=meta.get("uid", ""),
        selector=selector_from(spec.get("selector")),
        allowed=int(status.get("disruptionsAllowed") or 0),
        healthy=int(status.get("currentHealthy") or 0),
        desired=int(status.get("desiredHealthy") or 0),
        expected=int(status.get("expectedPods") or 0),
        fresh=(status.get("observedGeneration") or 0) >= (meta.get("generation") or 0),
        always_allow_unhealthy=spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow",
        disrupted=_times(status.get("disruptedPods") or {}),
    )


def _times(disrupted: Mapping[str, Any]) -> dict[str, Instant]:
    found = ((name, parse_rfc3339(time)) for name, time in disrupted.items())
    return {name: time for name, time in found if time is not None}
