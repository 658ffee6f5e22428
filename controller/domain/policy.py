"""What the platform engineers want: a SpotPolicy as values, every field with its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.selector import Selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.node import NodeFacts

BUILT_IN = "(built-in)"
"""The name shown where no SpotPolicy selects a node."""


class Action(StrEnum):
    """What to do with a node that got a notice."""

    DRAIN = "Drain"
    CORDON = "Cordon"
    TAINT = "Taint"
    OBSERVE = "Observe"
    IGNORE = "Ignore"

    @property
    def fences(self) -> bool:
        """Whether the node is closed to new pods."""
        return self in {Action.DRAIN, Action.CORDON, Action.TAINT}


class BudgetMode(StrEnum):
    """How long a PodDisruptionBudget is respected."""

    ALWAYS = "Always"
    UNTIL_LAST_SAFE = "UntilLastSafe"
    IGNORE = "Ignore"


class ProtectedMode(StrEnum):
    """What becomes of a do-not-disrupt pod."""

    EVICT_LAST = "EvictLast"
    IGNORE = "Ignore"
    NEVER = "Never"


DEFAULT_TAINT = Taint("spotdrain.io/interruption", "NoSchedule")

DO_NOT_DISRUPT = (
    "karpenter.sh/do-not-disrupt",
    "cluster-autoscaler.kubernetes.io/safe-to-evict=false",
    "spotdrain.io/do-not-disrupt",
)


@dataclass(frozen=True, slots=True)
class DrainPolicy:
    """How a node is emptied; all durations in seconds."""

    ordered: bool = True
    band_stagger: float = 5.0
    reserve: float = 8.0
    grace_cap: float = 60.0
    budgets_on_interruption: BudgetMode = BudgetMode.UNTIL_LAST_SAFE
    budgets_on_voluntary: BudgetMode = BudgetMode.ALWAYS
    protected_on_interruption: ProtectedMode = ProtectedMode.EVICT_LAST
    protected_on_voluntary: ProtectedMode = ProtectedMode.NEVER
    protected_annotations: tuple[str, ...] = DO_NOT_DISRUPT
    skip_pods: Selector | None = None


@dataclass(frozen=True, slots=True)
class FencePolicy:
    """What is written on a node to keep new pods and new connections away."""

    taint: Taint = DEFAULT_TAINT
    exclude_from_load_balancers: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """One SpotPolicy; the default values are the built-in policy."""

    name: str = BUILT_IN
    weight: int = 0
    node_selector: Selector = field(default_factory=Selector)
    actions: Mapping[Kind, Action] = field(
        default_factory=lambda: {
            Kind.SPOT_INTERRUPTION: Action.DRAIN,
            Kind.REBALANCE: Action.CORDON,
        }
    )
    rebalance_expiry: float = 7200.0
    drain: DrainPolicy = field(default_factory=DrainPolicy)
    fence: FencePolicy = field(default_factory=FencePolicy)

    def action_for(self, kind: Kind) -> Action:
        """Tell what this policy does about a kind of notice."""
        return self.actions[kind]

    def selects(self, node: NodeFacts) -> bool:
        """Tell whether the policy applies to a node that got a notice.

        An empty selector applies to every node that gets one: a Spot notice proves that it is Spot,
        whatever its labels say.
        """
        return self.node_selector.matches(node.labels)


def policy_for(node: NodeFacts, policies: Iterable[Policy]) -> Policy:
    """Choose the policy of a node: the heaviest that selects it, ties by name, else the built-in."""
    candidates = [policy for policy in policies if policy.selects(node)]
    return min(candidates, key=lambda p: (-p.weight, p.name), default=Policy())
