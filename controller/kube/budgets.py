"""The PodDisruptionBudget mirror, by namespace."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from controller.domain.budget import budget_from
from controller.kube.mirror import Mirror

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.budget import BudgetFacts
    from controller.kube.api import Api

PATH = "/apis/policy/v1/poddisruptionbudgets"


class Budgets:
    """All PodDisruptionBudgets as BudgetFacts."""

    def __init__(self, api: Api) -> None:
        self.mirror: Mirror[BudgetFacts] = Mirror(api, PATH, budget_from)
        self._by_namespace: defaultdict[str, dict[str, BudgetFacts]] = defaultdict(dict)
        self.mirror.listen(self._index)

    def in_namespaces(self, namespaces: Iterable[str]) -> Iterable[BudgetFacts]:
        """Give the budgets of some namespaces."""
        for namespace in namespaces:
            yield from self._by_namespace.get(namespace, {}).values()

    def _index(self, old: BudgetFacts | None, new: BudgetFacts | None) -> None:
        if old:
            self._by_namespace[old.namespace].pop(old.uid, None)
        if new:
            self._by_namespace[new.namespace][new.uid] = new
