"""Which PodDisruptionBudgets stand between a pod and its eviction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.budget import BudgetFacts
    from controller.domain.pod import PodFacts


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the budgets mean for one pod.

    `lane` is the one budget (`namespace/name`) through which its eviction has to go, None where the
    API server would not ask any. `stuck` says why no eviction can succeed as things are, and
    `rivals` are the budgets to blame where there are several.
    """

    lane: str | None = None
    stuck: Verdict | None = None
    rivals: tuple[str, ...] = ()


FREE = Coverage()


class Budgets:
    """PodDisruptionBudgets, ordered for look-ups by pod."""

    def __init__(self, budgets: Iterable[BudgetFacts]) -> None:
        self._by_namespace: dict[str, list[BudgetFacts]] = defaultdict(list)
        for budget in budgets:
            self._by_namespace[budget.namespace].append(budget)

    def of(self, pod: PodFacts) -> Coverage:
        """Tell what guards a pod, as the eviction subresource decides it.

        Source: kubernetes `pkg/registry/core/pod/storage/eviction.go` (canIgnorePDB, and the 500
        for more than one budget).
        """
        # A pod that does not run serves nobody: the API server asks no budget for it.
        if pod.phase == "Pending" or pod.finished or pod.terminating:
            return FREE
        covering = [b for b in self._by_namespace.get(pod.namespace, ()) if b.covers(pod)]
        if not covering:
            return FREE
        if len(covering) > 1:
            names = tuple(sorted(b.key for b in covering))
            say = f"two or more PodDisruptionBudgets select it ({', '.join(names)}); keep only one"
            return Coverage(stuck=Verdict("MultiplePodDisruptionBudgets", say), rivals=names)
        # AlwaysAllow lets an unready pod go whatever the budget says (KEP-3017).
        if covering[0].always_allow_unhealthy and not pod.ready:
            return FREE
        return Coverage(lane=covering[0].key)
