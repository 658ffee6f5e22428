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
    from controller.domain.times import Instant


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the budgets mean for one pod.

    `lane` is the one budget (`namespace/name`) through which its eviction has to go, None where the
    API server would not ask any. `stuck` says why no eviction can succeed as things are, and
    `rivals` are the budgets to blame where there are several. `granted_at` is when the budget gave
    room to this very pod, which has not been told to stop since.
    """

    lane: str | None = None
    stuck: Verdict | None = None
    rivals: tuple[str, ...] = ()
    granted_at: Instant | None = None

    @property
    def guard(self) -> str:
        """The budget to name: the lane's, or the first of several; empty where none guards it."""
        return self.lane or next(iter(self.rivals), "")


FREE = Coverage()


class Budgets:
    """PodDisruptionBudgets, ordered for look-ups by pod.

    Nearly every budget asks for a label by one value: it is found by that, not by trying them all.
    """

    def __init__(self, budgets: Iterable[BudgetFacts]) -> None:
        self._by_label: dict[tuple[str, str, str], list[BudgetFacts]] = defaultdict(list)
        self._others: dict[str, list[BudgetFacts]] = defaultdict(list)
        for budget in budgets:
            if (label := _one_label(budget)) is None:
                self._others[budget.namespace].append(budget)
            else:
                self._by_label[budget.namespace, *label].append(budget)

    def of(self, pod: PodFacts) -> Coverage:
        """Tell what guards a pod, as the eviction subresource decides it.

        Source: kubernetes `pkg/registry/core/pod/storage/eviction.go` (canIgnorePDB, and the 500
        for more than one budget).
        """
        # A pod that does not run serves nobody: the API server asks no budget for it.
        if pod.phase == "Pending" or pod.finished or pod.terminating:
            return FREE
        covering = self._covering(pod)
        if not covering:
            return FREE
        if len(covering) > 1:
            names = tuple(sorted(b.key for b in covering))
            say = f"two or more PodDisruptionBudgets select it ({', '.join(names)}); keep only one"
            return Coverage(stuck=Verdict("MultiplePodDisruptionBudgets", say), rivals=names)
        (guard,) = covering
        # AlwaysAllow lets an unready pod go whatever the budget says (KEP-3017).
        if guard.always_allow_unhealthy and not pod.ready:
            return FREE
        return Coverage(guard.key, _never_room(guard, pod), granted_at=_granted(guard, pod))

    def _covering(self, pod: PodFacts) -> list[BudgetFacts]:
        found = [b for b in self._others.get(pod.namespace, ()) if b.covers(pod)]
        for key, value in pod.labels.items():
            near = self._by_label.get((pod.namespace, key, value), ())
            found += [b for b in near if b.covers(pod)]
        return found


def _granted(budget: BudgetFacts, pod: PodFacts) -> Instant | None:
    """Tell when a budget gave room to a pod; its names outlive pods, so an older one is another's."""
    at = budget.disrupted.get(pod.name)
    started = pod.start_time
    return at if at is not None and started is not None and started <= at else None


def _one_label(budget: BudgetFacts) -> tuple[str, str] | None:
    """Find a label that every pod of the budget has, None where its selector names none."""
    requirements = budget.selector.requirements if budget.selector is not None else ()
    exact = (r for r in requirements if r.operator == "In" and len(r.values) == 1)
    return next(((r.key, r.values[0]) for r in exact), None)


def _never_room(budget: BudgetFacts, pod: PodFacts) -> Verdict | None:
    """Say why a budget has no room and gets none by itself; None where waiting may help.

    Both cases answer every eviction with 429 for as long as one likes to ask (observed on
    kube-apiserver 1.36).
    """
    # Its status tells of an older spec: nothing is sure yet.
    if not budget.fresh or budget.allowed > 0:
        return None
    # A percentage or maxUnavailable counts replicas of a controller; bare pods have none.
    if budget.expected == 0:
        say = (
            f"the PodDisruptionBudget {budget.key} counts no pods and never has room: percentages "
            "and maxUnavailable need pods of a scalable controller; write minAvailable as a number"
        )
        return Verdict("DisruptionBudgetCountsNoPods", say)
    # An unready pod may go when the app is healthy, which the API server says of no app that wants 0.
    if budget.desired == 0 and budget.healthy == 0 and not pod.ready:
        say = (
            f"the PodDisruptionBudget {budget.key} never lets unready pods go while none is ready; "
            "set unhealthyPodEvictionPolicy: AlwaysAllow"
        )
        return Verdict("DisruptionBudgetHoldsUnready", say)
    return None
