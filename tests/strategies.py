"""Hypothesis strategies for the facts of a drain: small names, so that things meet often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from controller.domain.node import Taint
from controller.domain.policy import (
    Band,
    BudgetMode,
    DaemonSetMode,
    DrainPolicy,
    ProtectedMode,
)
from controller.domain.selector import Requirement, Selector
from controller.domain.toleration import Toleration
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.coverage import Budgets
from controller.drain.plan import Situation, Surroundings
from controller.drain.protection import DRAIN_LABEL
from controller.drain.window import Window
from tests.builders import CRITICAL, PROTECT, T0, budget, pod

if TYPE_CHECKING:
    from controller.domain.budget import BudgetFacts
    from controller.domain.pod import PodFacts

APPS = ("a", "b", "c")
PRIORITIES = (-10, 0, 1, 5, 1000, 1_000_000, CRITICAL, CRITICAL + 1000)
KEEP = "spotdrain.io/do-not-disrupt"
OWNERS = ("owner-1", "owner-2")
TAINT = Taint("spotdrain.io/interruption", "NoSchedule", "i-1")
TABLES = (
    (Band(0, 0.0), Band(5, 10.0), Band(1000, 60.0)),
    (Band(1, 3.0), Band(CRITICAL, 40.0)),
)
REASONS = (
    "DisruptionBudget",
    "MultiplePodDisruptionBudgets",
    "NamespaceTerminating",
    "Refused",
    "Forbidden",
    "Migrating",
    "APIServerBusy",
)

offsets = st.integers(0, 240).map(lambda halves: halves / 2)
"""Seconds after T0 up to the deadline, in halves."""

moments = offsets.map(lambda offset: T0 + offset)


OWNED: tuple[dict[str, Any], ...] = (
    {},
    {"owner_kind": "StatefulSet", "owner_uid": "owner-1"},
    {"owner_kind": "Job", "owner_uid": "owner-2"},
    {"owner_kind": ""},
    {"owner_kind": "DaemonSet", "owner_uid": "owner-1"},
    {"owner_kind": "DaemonSet", "owner_uid": "owner-2", "tolerations": (Toleration("", "Exists"),)},
    {"owner_kind": "DaemonSet"},
)
STATES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {},
    {"phase": "Pending"},
    {"phase": "Succeeded"},
    {"phase": "Failed"},
    {"mirror": True},
    {"deletion_time": T0 + 20},
    {"deletion_time": T0 + 130},
    {"deletion_time": T0 + 20, "held_by_finalizer": True},
)
MARKS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"annotations": PROTECT},
    {"annotations": {KEEP: "1m"}, "start_time": T0},
    {"annotations": {KEEP: "1m"}, "start_time": T0 - 3600},
    {"annotations": {KEEP: "1m"}},
    {"annotations": {KEEP: "what?"}},
    {"labels": {"app": "a", DRAIN_LABEL: "skip"}},
    {"labels": {"app": "a", DRAIN_LABEL: "wait-completed"}},
)


ASPECTS = [st.sampled_from(aspect) for aspect in (OWNED, STATES, MARKS)]
apps, bits, coins = st.sampled_from(APPS), st.integers(0, 7), st.booleans()
priorities, graces = st.sampled_from(PRIORITIES), st.sampled_from([0, 1, 5, 30, 60, 90, 300])


@st.composite
def pods(draw: st.DrawFn, name: str = "web") -> PodFacts:
    """Draw a pod of any kind: many run, some are static, finished, stopping or protected.

    A few draws of what belongs together, from strategies that are made once: else the drawing
    costs many times the planning.
    """
    set_bits = draw(bits)
    fields: dict[str, Any] = {
        "app": draw(apps),
        "priority": draw(priorities),
        "grace": draw(graces),
        "ready": not set_bits & 1,
        "has_volume_claims": bool(set_bits & 2),
        "local_storage": bool(set_bits & 4),
    }
    for aspect in ASPECTS:
        fields |= draw(aspect)
    return pod(name, **fields)


pod_lists = st.one_of(
    [st.tuples(*(pods(f"pod-{number}") for number in range(count))) for count in range(7)]
)

budget_states: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"healthy": 3, "desired": 3, "expected": 3},
        {"healthy": 3, "desired": 2, "expected": 3, "allowed": 1},
        {"healthy": 1, "desired": 2, "expected": 3},
        {"healthy": 0, "desired": 0, "expected": 3},
        {"healthy": 3, "desired": 0, "expected": 0},
        {"healthy": 0, "desired": 0, "expected": 0, "fresh": False},
    ]
)
"""What the disruption controller may say: none needed or some, counted or not, outdated."""


guards = st.lists(st.sampled_from([*APPS, *APPS, "*"]), max_size=3)


@st.composite
def budget_lists(draw: st.DrawFn) -> list[BudgetFacts]:
    """Draw budgets: for single apps, sometimes two on one, rarely one for all pods."""
    guarded = draw(guards)
    return [
        budget(
            f"budget-{number}",
            selector=Selector() if app == "*" else Selector((Requirement("app", "In", (app,)),)),
            always_allow_unhealthy=draw(coins),
            **draw(budget_states),
        )
        for number, app in enumerate(guarded)
    ]


PAST: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"in_flight": True},
    {"deleting": True},
    {"in_flight": True, "deleting": True},
    {"accepted_at": T0, "requested_at": T0},
    {"accepted_at": T0, "requested_at": T0, "grace": 1},
    {"shortened": True},
)


past, reasons = st.sampled_from(PAST), st.sampled_from([None, *REASONS])
sometimes = st.just(0.0) | moments


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """Draw what was tried for a pod: nothing yet, on its way, accepted, refused."""
    reason, when = draw(reasons), draw(sometimes)
    return Attempt(
        **draw(past),
        refused=None if reason is None else Verdict(reason, "no"),
        retry_at=when,
        asked_at=when,
        force_at=draw(sometimes),
    )


policies = st.builds(
    DrainPolicy,
    ordered=st.sampled_from([True, True, True, False]),
    band_stagger=st.sampled_from([0.0, 5.0, 30.0]),
    reserve=st.sampled_from([2.0, 8.0, 20.0]),
    grace_cap=st.sampled_from([1.0, 30.0, 60.0]),
    budgets_on_interruption=st.sampled_from(BudgetMode),
    protected_on_interruption=st.sampled_from(ProtectedMode),
    skip_pods=st.none() | st.just(Selector((Requirement("app", "In", ("c",)),))),
    bands=st.sampled_from([(), (), *TABLES]),
    daemon_sets=st.sampled_from(DaemonSetMode),
    evict_unmanaged_on_voluntary=st.booleans(),
    evict_local_storage_on_voluntary=st.booleans(),
)

surroundings = st.builds(
    Surroundings,
    node_ready=st.sampled_from([True, True, True, False]),
    taint=st.sampled_from([None, TAINT]),
    daemon_sets=st.none() | st.sets(st.sampled_from(OWNERS)).map(frozenset),
    recreated=st.sets(st.sampled_from(OWNERS), max_size=1).map(frozenset),
    own_pod=st.sampled_from(["", "shop/pod-0", "shop/pod-1"]),
    balanced=st.sets(st.sampled_from([f"uid-pod-{n}" for n in range(4)])).map(frozenset),
    settled_at=st.just(0.0) | moments,
)


ends = st.sampled_from([None, T0 + 120.0])
all_lanes = st.sets(st.sampled_from([f"shop/budget-{number}" for number in range(3)]))


@st.composite
def situations(
    draw: st.DrawFn,
    *,
    voluntary: bool = False,
    policy: st.SearchStrategy[DrainPolicy] = policies,
    around: st.SearchStrategy[Surroundings] = surroundings,
    tried: bool = True,
) -> Situation:
    """Draw a node in the midst of its drain; without `tried` nothing has been asked yet."""
    rules, present = draw(policy), draw(pod_lists)
    known = {p.uid: draw(attempts()) for p in present if tried and draw(coins)}
    deadline = draw(ends) if voluntary else T0 + 120.0
    return Situation(
        pods=present,
        window=Window(draw(moments), deadline, rules.reserve),
        budgets=Budgets(draw(budget_lists())),
        policy=rules,
        voluntary=voluntary,
        attempts=known,
        blocked_lanes=frozenset(draw(all_lanes) if tried else ()),
        around=draw(around),
    )
