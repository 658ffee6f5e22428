"""What we did about a pod so far: the planner's memory, kept by the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict


NAMESPACE_TERMINATING = "NamespaceTerminating"
BUDGET_REASONS = frozenset(
    {
        "DisruptionBudget",
        "MultiplePodDisruptionBudgets",
        "DisruptionBudgetCountsNoPods",
        "DisruptionBudgetHoldsUnready",
    }
)
"""The reasons by which a PodDisruptionBudget stands in the way: refused, or known to refuse."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Our calls about one pod UID.

    `refused` is why the last one did not succeed; `retry_at` is when the next may be made, and
    `force_at` when the next forced deletion may. `in_flight`: an eviction is on its way, since
    `asked_at`; `deleting`: a deletion is. `grace` is the grace we sent, None for the pod's own;
    `overrode` is what a forced deletion that was accepted went past.
    """

    requested_at: Instant | None = None
    accepted_at: Instant | None = None
    refused: Verdict | None = None
    retry_at: Instant = 0.0
    force_at: Instant = 0.0
    asked_at: Instant = 0.0
    in_flight: bool = False
    deleting: bool = False
    forced: bool = False
    shortened: bool = False
    grace: int | None = None
    tries: int = 0
    overrode: Verdict | None = None

    @property
    def accepted(self) -> bool:
        """Whether the API server took a deletion of ours."""
        return self.accepted_at is not None


UNTRIED = Attempt()
