"""Hypothesis strategies for the facts of a drain: small names, so that things meet often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from controller.domain.policy import BudgetMode, DrainPolicy, ProtectedMode
from controller.domain.selector import Requirement, Selector
from controller.domain.verdict import Verdict
from controller.drain.attempt import Attempt
from controller.drain.coverage import Budgets
from controller.drain.plan import Situation
from tests.builders import CRITICAL, PROTECT, T0, budget, pod, window

if TYPE_CHECKING:
    from controller.domain.budget import BudgetFacts
    from controller.domain.pod import PodFacts
    from controller.drain.window import Window

APPS = ("a", "b", "c")
PRIORITIES = (-10, 0, 1, 5, 1000, 1_000_000, CRITICAL, CRITICAL + 1000)
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


@st.composite
def pods(draw: st.DrawFn, name: str = "web") -> PodFacts:
    """Draw a pod of any kind: most run, some are static, finished, stopping or protected."""
    fields: dict[str, Any] = {
        "app": draw(st.sampled_from(APPS)),
        "priority": draw(st.sampled_from(PRIORITIES)),
        "grace": draw(st.sampled_from([0, 1, 5, 30, 60, 90, 300])),
        "phase": draw(st.sampled_from(["Running"] * 6 + ["Pending", "Succeeded", "Failed"])),
        "ready": draw(st.booleans()),
        "owner_kind": draw(st.sampled_from(["ReplicaSet", "StatefulSet", "Job", "", "DaemonSet"])),
        "mirror": draw(st.sampled_from([False] * 9 + [True])),
        "has_volume_claims": draw(st.booleans()),
        "deletion_time": draw(st.sampled_from([None] * 6 + [T0 + 20, T0 + 130])),
        "start_time": draw(st.sampled_from([None, T0 - 3600, T0])),
        "annotations": draw(
            st.sampled_from([{}, {}, {}, PROTECT, {"spotdrain.io/do-not-disrupt": "1m"}])
        ),
    }
    return pod(name, **fields)


pod_lists = st.integers(0, 8).flatmap(
    lambda count: st.tuples(*(pods(f"pod-{number}") for number in range(count)))
)


@st.composite
def budget_lists(draw: st.DrawFn) -> list[BudgetFacts]:
    """Draw budgets: for single apps, sometimes two on one, rarely one for all pods."""
    guarded = draw(st.lists(st.sampled_from([*APPS, *APPS, "*"]), max_size=3))
    return [
        budget(
            f"budget-{number}",
            selector=Selector() if app == "*" else Selector((Requirement("app", "In", (app,)),)),
            always_allow_unhealthy=draw(st.booleans()),
        )
        for number, app in enumerate(guarded)
    ]


attempts = st.builds(
    Attempt,
    requested_at=st.none() | moments,
    accepted_at=st.sampled_from([None, None, None, T0]),
    refused=st.none() | st.sampled_from(REASONS).map(lambda reason: Verdict(reason, "no")),
    retry_at=st.just(0.0) | moments,
    force_at=st.just(0.0) | moments,
    asked_at=st.just(0.0) | moments,
    in_flight=st.sampled_from([False, False, False, True]),
    deleting=st.sampled_from([False, False, False, True]),
    shortened=st.booleans(),
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
)


def windows(policy: DrainPolicy, *, voluntary: bool) -> st.SearchStrategy[Window]:
    """Draw a window that a drain of this policy begins up to two minutes after the notice."""
    ends = st.sampled_from([None, T0 + 120.0]) if voluntary else st.just(T0 + 120.0)
    return st.builds(window, moments, ends, st.just(policy.reserve))


@st.composite
def situations(
    draw: st.DrawFn,
    *,
    voluntary: bool = False,
    policy: st.SearchStrategy[DrainPolicy] = policies,
    tried: bool = True,
) -> Situation:
    """Draw a node in the midst of its drain; without `tried` nothing has been asked yet."""
    rules = draw(policy)
    present = draw(pod_lists)
    known = {p.uid: draw(attempts) for p in present if tried and draw(st.booleans())}
    lanes = [f"shop/budget-{number}" for number in range(3)] if tried else []
    return Situation(
        pods=present,
        window=draw(windows(rules, voluntary=voluntary)),
        budgets=Budgets(draw(budget_lists())),
        policy=rules,
        voluntary=voluntary,
        attempts=known,
        blocked_lanes=frozenset(draw(st.sets(st.sampled_from(lanes))) if lanes else ()),
    )
