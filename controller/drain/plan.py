"""The values of a plan: what the planner looks at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.domain.policy import DrainPolicy
from controller.drain.coverage import Budgets
from controller.drain.treatment import UNCOUNTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.node import Taint
    from controller.domain.pod import PodFacts
    from controller.domain.times import Instant
    from controller.domain.verdict import Verdict
    from controller.drain.attempt import Attempt
    from controller.drain.coverage import Coverage
    from controller.drain.treatment import Classified
    from controller.drain.window import Window


class Call(StrEnum):
    """The calls a drain makes."""

    EVICT = "Evict"
    DELETE = "Delete"
    SHORTEN = "Shorten"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The node and the cluster around a drain; every default stands for "not known".

    `node_ready`: the node's kubelet still reports. `taint` is the one that our fence has put on the
    node, None while it does not stand. `daemon_sets` are the UIDs of those that exist, None while
    unknown. `recreated` are the UIDs of owners whose pods keep coming back on this node. `own_pod`
    is the controller's own pod, `namespace/name`. `balanced` are the UIDs of pods behind a load
    balancer whose targets are instances; those are held until `settled_at`.
    """

    node_ready: bool = True
    taint: Taint | None = None
    daemon_sets: frozenset[str] | None = None
    recreated: frozenset[str] = frozenset()
    own_pod: str = ""
    balanced: frozenset[str] = frozenset()
    settled_at: Instant = 0.0


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the planner looks at.

    `attempts` is keyed by pod UID. `blocked_lanes` are the budgets (`namespace/name`) that refused
    the last eviction asked of them. `around` is what stands beside the pods and their budgets.
    """

    pods: tuple[PodFacts, ...]
    window: Window
    budgets: Budgets = field(default_factory=lambda: Budgets(()))
    policy: DrainPolicy = field(default_factory=DrainPolicy)
    voluntary: bool = False
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    blocked_lanes: frozenset[str] = frozenset()
    around: Surroundings = Surroundings()


@dataclass(frozen=True, slots=True)
class Step:
    """One call to make at (or as soon as possible after) an absolute time.

    `lane` is the budget whose turn it has to wait for. `grace` in seconds is what the time from
    `at` on allows; None keeps the pod's own. `overrides` is what a forced deletion goes past.
    """

    pod: PodFacts
    call: Call
    at: Instant
    band: int = 0
    lane: str | None = None
    grace: int | None = None
    overrides: Verdict | None = None

    @property
    def truncated(self) -> bool:
        """Whether the pod gets less than the grace that it asks for."""
        return self.grace is not None and self.grace < self.pod.grace


@dataclass(frozen=True, slots=True)
class Entry:
    """One pod of the node: how it is treated, what comes next for it, and at the latest.

    `lane_blocked`: its budget refused the last eviction asked of it, whichever pod that was for.
    """

    pod: PodFacts
    treated: Classified
    coverage: Coverage
    attempt: Attempt
    band: int = 0
    last_safe: Instant | None = None
    step: Step | None = None
    force: Step | None = None
    lane_blocked: bool = False

    @property
    def instants(self) -> list[Instant]:
        """The moments at which the clock alone changes what is to be done about this pod."""
        steps = [step.at for step in (self.step, self.force) if step is not None]
        return steps if self.treated.until is None else [*steps, self.treated.until]

    @property
    def warnings(self) -> tuple[Verdict, ...]:
        """What its owner should know although the drain goes on."""
        return self.treated.warnings

    @property
    def truncated(self) -> bool:
        """Whether the pod was asked, or is to be asked, with less than its own grace."""
        if self.attempt.accepted:
            return self.attempt.grace is not None and self.attempt.grace < self.pod.grace
        return any(step is not None and step.truncated for step in (self.step, self.force))

    @property
    def left(self) -> bool:
        """Whether the drain is not over before this pod is gone."""
        return self.treated.pod_class not in UNCOUNTED

    def due(self, now: Instant) -> Step | None:
        """Choose the call to make now: at the last safe moment force takes the step's place."""
        return next((s for s in (self.force, self.step) if s is not None and s.at <= now), None)


@dataclass(frozen=True, slots=True)
class DrainPlan:
    """What to do about every pod of a node, the first to go first."""

    entries: tuple[Entry, ...]

    @property
    def drained(self) -> bool:
        """Whether nothing is left that the drain waits for."""
        return not any(entry.left for entry in self.entries)

    def due(self, now: Instant) -> list[Step]:
        """List the calls to make now, in the order in which to send them."""
        return [step for entry in self.entries if (step := entry.due(now)) is not None]

    def due_for(self, uid: str, now: Instant) -> Step | None:
        """Choose the call to make now about one pod, by its UID."""
        found = next((entry for entry in self.entries if entry.pod.uid == uid), None)
        return None if found is None else found.due(now)

    def wake_at(self, now: Instant) -> Instant | None:
        """Tell when the clock alone next asks for a call; None for never."""
        return min((i for entry in self.entries for i in entry.instants if i > now), default=None)
