"""What the platform engineers want: a SpotPolicy as values, every field with its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.provisioner import KarpenterNodes
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


class Mode(StrEnum):
    """Whether a policy acts, or only tells what it would do."""

    ENFORCE = "Enforce"
    DRY_RUN = "DryRun"


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


class DaemonSetMode(StrEnum):
    """What becomes of DaemonSet pods."""

    SKIP = "Skip"
    EVICT_LAST = "EvictLast"


class OutOfService(StrEnum):
    """When a node gets the out-of-service taint, which has its volumes detached by force."""

    NEVER = "Never"
    AFTER_INSTANCE_TERMINATED = "AfterInstanceTerminated"


DEFAULT_TAINT = Taint("spotdrain.io/interruption", "NoSchedule")

DO_NOT_DISRUPT = (
    "karpenter.sh/do-not-disrupt",
    "karpenter.sh/do-not-evict",
    "cluster-autoscaler.kubernetes.io/safe-to-evict=false",
    "spotdrain.io/do-not-disrupt",
)


@dataclass(frozen=True, slots=True)
class Band:
    """A band of a manual table: priorities from `min_priority` on start `start_after` seconds in."""

    min_priority: int
    start_after: float


@dataclass(frozen=True, slots=True)
class DrainPolicy:
    """How a node is emptied; all durations in seconds."""

    ordered: bool = True
    bands: tuple[Band, ...] = ()
    band_stagger: float = 5.0
    reserve: float = 8.0
    grace_cap: float = 60.0
    budgets_on_interruption: BudgetMode = BudgetMode.UNTIL_LAST_SAFE
    budgets_on_voluntary: BudgetMode = BudgetMode.ALWAYS
    protected_on_interruption: ProtectedMode = ProtectedMode.EVICT_LAST
    protected_on_voluntary: ProtectedMode = ProtectedMode.NEVER
    protected_annotations: tuple[str, ...] = DO_NOT_DISRUPT
    skip_pods: Selector | None = None
    daemon_sets: DaemonSetMode = DaemonSetMode.SKIP
    evict_unmanaged_on_voluntary: bool = False
    evict_local_storage_on_voluntary: bool = True
    wait_for_volume_detach: bool = True
    out_of_service: OutOfService = OutOfService.NEVER


@dataclass(frozen=True, slots=True)
class FencePolicy:
    """What is written on a node to keep new pods and new connections away."""

    taint: Taint = DEFAULT_TAINT
    exclude_from_load_balancers: bool = True
    settle: float = 5.0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of nodes, or a share of them in percent, as Kubernetes' IntOrString."""

    value: int
    percent: bool = False

    def of(self, total: int) -> int:
        """Compute the number; a percentage is rounded up, so that 10% of three nodes is one."""
        return -(-total * self.value // 100) if self.percent else self.value


@dataclass(frozen=True, slots=True)
class Opening:
    """When voluntary drains may begin: from each time that `cron` names, for `duration` seconds."""

    cron: str
    duration: float
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class RebalancePolicy:
    """How the voluntary drains go that follow a rebalance recommendation; durations in seconds.

    `nodes` and `per_zone` bound how many are drained at once (None: no bound); without `schedules`
    they may begin at any time. `wait_for_capacity` is how long one waits for room elsewhere.
    """

    expiry: float = 7200.0
    nodes: Amount | None = Amount(10, percent=True)
    per_zone: Amount | None = None
    schedules: tuple[Opening, ...] = ()
    wait_for_capacity: float = 600.0


@dataclass(frozen=True, slots=True)
class LifecyclePolicy:
    """How long an instance that waits for a lifecycle hook is drained; seconds.

    No message tells how long the hook waits. `heartbeat` is whether it is asked to wait on.
    """

    timeout: float = 900.0
    heartbeat: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """One SpotPolicy; the default values are the built-in policy.

    `lead_time` is how many seconds before a scheduled change its node is drained.
    """

    name: str = BUILT_IN
    weight: int = 0
    node_selector: Selector = field(default_factory=Selector)
    mode: Mode = Mode.ENFORCE
    actions: Mapping[Kind, Action] = field(
        default_factory=lambda: {
            Kind.SPOT_INTERRUPTION: Action.DRAIN,
            Kind.CAPACITY_RESERVATION: Action.DRAIN,
            Kind.STATE_CHANGE: Action.DRAIN,
            Kind.LIFECYCLE_TERMINATION: Action.DRAIN,
            Kind.SCHEDULED_CHANGE: Action.DRAIN,
            Kind.REBALANCE: Action.CORDON,
        }
    )
    rebalance: RebalancePolicy = field(default_factory=RebalancePolicy)
    lifecycle: LifecyclePolicy = field(default_factory=LifecyclePolicy)
    lead_time: float = 1800.0
    karpenter_nodes: KarpenterNodes = KarpenterNodes.LEAVE_TO_KARPENTER
    drain: DrainPolicy = field(default_factory=DrainPolicy)
    fence: FencePolicy = field(default_factory=FencePolicy)

    def action_for(self, kind: Kind) -> Action:
        """Tell what this policy does about a kind of notice."""
        return self.actions[kind]

    @property
    def rehearses(self) -> bool:
        """Whether it only tells what it would do."""
        return self.mode is Mode.DRY_RUN

    def closes(self, kind: Kind) -> bool:
        """Tell whether nodes that get this kind of notice are closed to new pods."""
        return self.action_for(kind).fences and not self.rehearses

    def drains(self, kind: Kind) -> bool:
        """Tell whether the pods of such a node are asked to leave."""
        return self.action_for(kind) is Action.DRAIN and not self.rehearses

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
