"""Short ways to write facts: a test names only what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.domain.budget import BudgetFacts
from controller.domain.interruption import Interruption
from controller.domain.node import NodeFacts
from controller.domain.notice import LIVING_STATES, Kind, LifecycleHook, Notice
from controller.domain.pod import PodFacts
from controller.domain.policy import DrainPolicy
from controller.domain.selector import Requirement, Selector
from controller.drain.coverage import Budgets
from controller.drain.plan import Situation, Surroundings
from controller.drain.planner import plan
from controller.drain.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.drain.attempt import Attempt
    from controller.drain.plan import DrainPlan, Entry

T0 = 1000.0
"""The moment of the notice, 00:16:40Z; the deadline is T0 + 120 and the window ends at T0 + 112."""

CRITICAL = 2_000_000_000
INSTANCE = "i-0123456789abcdef0"
PROTECT = {"karpenter.sh/do-not-disrupt": "true"}


def pod(name: str = "web", *, app: str = "", **fields: Any) -> PodFacts:
    """Build a running pod of a ReplicaSet in namespace `shop`; its UID is `uid-<name>`."""
    facts: dict[str, Any] = {
        "namespace": "shop",
        "owner_kind": "ReplicaSet",
        "uid": f"uid-{name}",
        "node_name": "node-1",
        "labels": {"app": app or name},
    }
    return PodFacts(**(facts | {"name": name} | fields))


def budget(name: str = "web", *, app: str = "", **fields: Any) -> BudgetFacts:
    """Build a PodDisruptionBudget of namespace `shop` for the pods of one app, all needed."""
    facts: dict[str, Any] = {
        "namespace": "shop",
        "healthy": 3,
        "desired": 3,
        "expected": 3,
        "selector": Selector((Requirement("app", "In", (app or name,)),)),
    }
    return BudgetFacts(**(facts | {"name": name} | fields))


def window(
    started: float = T0, deadline: float | None = T0 + 120.0, reserve: float = 8.0
) -> Window:
    """Build the window of a Spot interruption noticed at T0."""
    return Window(started, deadline, reserve)


def situation(
    *pods: PodFacts,
    budgets: Iterable[BudgetFacts] = (),
    attempts: dict[str, Attempt] | None = None,
    blocked_lanes: Iterable[str] = (),
    voluntary: bool = False,
    announced: bool | None = None,
    around: Surroundings | None = None,
    **policy: Any,
) -> Situation:
    """Build what the planner looks at; `policy` are fields of DrainPolicy.

    A voluntary drain has no deadline, unless one was `announced`.
    """
    ends = not voluntary if announced is None else announced
    return Situation(
        pods=pods,
        window=window() if ends else window(deadline=None),
        budgets=Budgets(budgets),
        policy=DrainPolicy(**policy),
        voluntary=voluntary,
        attempts={f"uid-{name}": attempt for name, attempt in (attempts or {}).items()},
        blocked_lanes=frozenset(blocked_lanes),
        around=around or Surroundings(),
    )


def entry(drain: DrainPlan, name: str) -> Entry:
    """Find a pod's entry in a plan."""
    return next(e for e in drain.entries if e.pod.name == name)


def at(drain: DrainPlan, name: str) -> float | None:
    """Tell when a pod's own turn is, in seconds after T0; None without a step."""
    step = entry(drain, name).step
    return None if step is None else step.at - T0


def alone(given: Situation, now: float = T0) -> Entry:
    """Plan for a node with one pod."""
    (only,) = plan(given, now).entries
    return only


def node(**fields: Any) -> NodeFacts:
    """Build a node that nobody has touched."""
    facts: dict[str, Any] = {"name": "node-1", "uid": "uid-node-1", "instance_id": INSTANCE}
    return NodeFacts(**(facts | fields))


def spot_notice(time: float = T0, **fields: Any) -> Notice:
    """Build a Spot interruption notice with its two minutes."""
    facts: dict[str, Any] = {"id": f"spot-{time}", "kind": Kind.SPOT_INTERRUPTION}
    facts |= {"instance_id": INSTANCE, "time": time, "deadline": time + 120.0}
    return Notice(**(facts | fields))


def rebalance_notice(time: float = T0, **fields: Any) -> Notice:
    """Build a rebalance recommendation."""
    facts: dict[str, Any] = {"id": f"rebalance-{time}", "kind": Kind.REBALANCE}
    return Notice(**(facts | {"instance_id": INSTANCE, "time": time} | fields))


def scheduled_notice(deadline: float | None, time: float = T0, **fields: Any) -> Notice:
    """Build a scheduled reboot; every notice is about the same change."""
    facts: dict[str, Any] = {"id": f"health-{time}", "kind": Kind.SCHEDULED_CHANGE}
    facts |= {"instance_id": INSTANCE, "time": time, "deadline": deadline}
    return Notice(**(facts | {"action": "reboot", "subject": "change"} | fields))


def state_notice(state: str = "shutting-down", time: float = T0) -> Notice:
    """Build the change of an instance's state; one that ends does so at once."""
    ends = None if state in LIVING_STATES else time
    return Notice(f"{state}-{time}", Kind.STATE_CHANGE, INSTANCE, time, ends, action=state)


def hook_notice(
    time: float = T0,
    *,
    name: str = "spotdrain",
    token: str = "87654321-4321-4321-4321-210987654321",  # noqa: S107 - as AWS prints one
    **fields: Any,
) -> Notice:
    """Build the termination of an instance that waits in a lifecycle hook for 15 minutes."""
    facts: dict[str, Any] = {"id": f"lifecycle-{time}", "kind": Kind.LIFECYCLE_TERMINATION}
    facts |= {"instance_id": INSTANCE, "time": time, "deadline": time + 900.0}
    return Notice(**(facts | {"hook": LifecycleHook("my-asg", name, token)} | fields))


def interruption(*notices: Notice, **fields: Any) -> Interruption:
    """Build a record of node-1's instance."""
    facts: dict[str, Any] = {
        "instance_id": INSTANCE,
        "node_name": "node-1",
        "node_uid": "uid-node-1",
        "notices": notices or (spot_notice(),),
        "name": INSTANCE,
    }
    return Interruption(**(facts | fields))
