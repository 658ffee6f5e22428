"""Policies: which one applies, what it says, and what is wrong with one that cannot be read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.cluster import ClusterError
from controller.domain.message import QueueError
from controller.domain.node import Taint
from controller.domain.notice import Kind
from controller.domain.policy import (
    Action,
    Amount,
    Band,
    BudgetMode,
    DaemonSetMode,
    DrainPolicy,
    FencePolicy,
    Mode,
    Opening,
    OutOfService,
    Policy,
    ProtectedMode,
    RebalancePolicy,
    policy_for,
)
from controller.domain.policy_reading import policy_from
from controller.domain.provisioner import KarpenterNodes
from controller.domain.reading import InvalidPolicyError
from controller.domain.selector import Requirement, Selector
from tests.builders import node

BATCH = Selector((Requirement("team", "In", ("batch",)),))

WRITTEN: dict[str, Any] = {
    "metadata": {"name": "batch"},
    "spec": {
        "weight": 10,
        "mode": "DryRun",
        "karpenterNodes": "Handle",
        "nodeSelector": {"matchLabels": {"team": "batch"}},
        "events": {
            "spotInterruption": {"action": "Cordon"},
            "rebalance": {
                "action": "Drain",
                "expireAfter": "30m",
                "waitForCapacity": "1m",
                "budget": {
                    "nodes": 3,
                    "perZone": "25%",
                    "schedules": [
                        {"cron": "0 22 * * mon-fri", "duration": "8h", "timeZone": "Europe/Berlin"},
                        {"cron": "@daily", "duration": "1h"},
                    ],
                },
            },
        },
        "drain": {
            "order": "None",
            "bands": [
                {"minPriority": -10, "startAfter": "0s"},
                {"minPriority": 1000, "startAfter": "20s"},
            ],
            "bandStagger": "2s",
            "reserve": "10s",
            "gracePeriodCap": "45s",
            "podDisruptionBudgets": {"onInterruption": "Always", "onVoluntary": "Ignore"},
            "doNotDisrupt": {
                "annotations": ["example.com/keep=yes"],
                "onInterruption": "Never",
                "onVoluntary": "Ignore",
            },
            "skipPods": {"matchLabels": {"app": "agent"}},
            "daemonSets": "EvictLast",
            "unmanagedPods": {"onVoluntary": "Evict"},
            "localStorage": {"onVoluntary": "Keep"},
            "waitForVolumeDetach": False,
            "outOfServiceTaint": "AfterInstanceTerminated",
        },
        "fence": {
            "taint": {"key": "example.com/going", "effect": "PreferNoSchedule"},
            "excludeFromLoadBalancers": False,
            "settle": "0s",
            "labels": {"example.com/going": "yes"},
        },
    },
}


def test_every_field_of_a_policy_is_read() -> None:
    assert policy_from(WRITTEN) == Policy(
        name="batch",
        weight=10,
        node_selector=BATCH,
        actions={
            **Policy().actions,
            Kind.SPOT_INTERRUPTION: Action.CORDON,
            Kind.REBALANCE: Action.DRAIN,
        },
        mode=Mode.DRY_RUN,
        karpenter_nodes=KarpenterNodes.HANDLE,
        rebalance=RebalancePolicy(
            expiry=1800.0,
            nodes=Amount(3),
            per_zone=Amount(25, percent=True),
            schedules=(
                Opening("0 22 * * mon-fri", 28800.0, "Europe/Berlin"),
                Opening("@daily", 3600.0),
            ),
            wait_for_capacity=60.0,
        ),
        drain=DrainPolicy(
            ordered=False,
            bands=(Band(-10, 0.0), Band(1000, 20.0)),
            band_stagger=2.0,
            reserve=10.0,
            grace_cap=45.0,
            budgets_on_interruption=BudgetMode.ALWAYS,
            budgets_on_voluntary=BudgetMode.IGNORE,
            protected_on_interruption=ProtectedMode.NEVER,
            protected_on_voluntary=ProtectedMode.IGNORE,
            protected_annotations=("example.com/keep=yes",),
            skip_pods=Selector((Requirement("app", "In", ("agent",)),)),
            daemon_sets=DaemonSetMode.EVICT_LAST,
            evict_unmanaged_on_voluntary=True,
            evict_local_storage_on_voluntary=False,
            wait_for_volume_detach=False,
            out_of_service=OutOfService.AFTER_INSTANCE_TERMINATED,
        ),
        fence=FencePolicy(
            taint=Taint("example.com/going", "PreferNoSchedule"),
            exclude_from_load_balancers=False,
            settle=0.0,
            labels={"example.com/going": "yes"},
        ),
    )


@pytest.mark.parametrize(
    "spec",
    [
        {},
        None,
        {"nodeSelector": {}, "events": {}, "drain": {"skipPods": {}}, "fence": {"taint": {}}},
        {"events": {"rebalance": {}}, "drain": {"order": "PriorityAscending"}},
    ],
)
def test_an_empty_policy_is_the_built_in_one_by_another_name(spec: object) -> None:
    assert policy_from({"metadata": {"name": "p"}, "spec": spec}) == Policy(name="p")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            {"drain": {"reserve": "soon"}},
            'spec.drain.reserve is \'soon\': write a duration such as "90s" or "2m30s"',
        ),
        (
            {"events": {"rebalance": {"expireAfter": 7200}}},
            'spec.events.rebalance.expireAfter is 7200: write a duration such as "90s" or "2m30s"',
        ),
        (
            {"events": {"spotInterruption": {"action": "Explode"}}},
            "spec.events.spotInterruption.action is 'Explode': choose one of Drain, Cordon, Taint, Observe, Ignore",
        ),
        (
            {"drain": {"podDisruptionBudgets": {"onInterruption": "Maybe"}}},
            "spec.drain.podDisruptionBudgets.onInterruption is 'Maybe': choose one of Always, UntilLastSafe, Ignore",
        ),
        (
            {"drain": {"doNotDisrupt": {"onVoluntary": "Never"}}},
            "spec.drain.doNotDisrupt.onVoluntary is 'Never': choose one of Respect, Ignore",
        ),
        (
            {"events": {"rebalance": {"budget": {"nodes": "half"}}}},
            "spec.events.rebalance.budget.nodes is 'half': write a number of nodes or a percentage such as \"10%\"",
        ),
        (
            {
                "events": {
                    "rebalance": {
                        "budget": {"schedules": [{"cron": "0 25 * * *", "duration": "1h"}]}
                    }
                }
            },
            "spec.events.rebalance.budget.schedules: cron is '0 25 * * *': Bad hour; write five fields as in a CronJob, \"0 22 * * mon-fri\"",
        ),
        (
            {"drain": {"unmanagedPods": {"onVoluntary": "Delete"}}},
            "spec.drain.unmanagedPods.onVoluntary is 'Delete': choose one of Evict, Keep",
        ),
        (
            {"weight": "heavy"},
            "the policy does not have the expected shape: invalid literal for int() with base 10: 'heavy'",
        ),
        (
            {"events": ["rebalance"]},
            "the policy does not have the expected shape: 'list' object has no attribute 'get'",
        ),
    ],
)
def test_a_policy_that_cannot_be_read_says_what_to_change(
    spec: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        policy_from({"metadata": {"name": "p"}, "spec": spec})
    assert str(caught.value) == sentence


def test_a_policy_without_a_name_has_not_the_expected_shape() -> None:
    with pytest.raises(InvalidPolicyError, match="expected shape: 'metadata'"):
        policy_from({})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
FIELDS = [
    "spotInterruption",
    "rebalance",
    "lifecycleTermination",
    "scheduledChange",
    "timeout",
    "leadTime",
    "reserve",
    "podDisruptionBudgets",
    "doNotDisrupt",
    "skipPods",
    "taint",
    "matchLabels",
    "matchExpressions",
    "bandStagger",
    "bands",
    "budget",
    "schedules",
    "unmanagedPods",
    "labels",
]
SECTIONS = st.dictionaries(
    st.sampled_from(["weight", "nodeSelector", "events", "drain", "fence"]),
    JSON | st.dictionaries(st.sampled_from(FIELDS), JSON),
)


@given(SECTIONS)
def test_any_spec_is_read_or_refused_with_a_sentence(spec: dict[str, Any]) -> None:
    """No other exception may end the loop that reads policies."""
    with suppress(InvalidPolicyError):
        assert policy_from({"metadata": {"name": "p"}, "spec": spec}).name == "p"


def test_a_percentage_of_nodes_is_rounded_up() -> None:
    assert [Amount(10, percent=True).of(nodes) for nodes in (0, 1, 10, 11)] == [0, 1, 1, 2]
    assert Amount(3).of(1) == 3
    assert Amount(0, percent=True).of(50) == 0


def test_the_built_in_policy_drains_interruptions_and_cordons_recommendations() -> None:
    policy = Policy()
    assert policy.name == "(built-in)"
    assert policy.action_for(Kind.SPOT_INTERRUPTION) is Action.DRAIN
    assert policy.action_for(Kind.REBALANCE) is Action.CORDON
    assert set(policy.actions) == set(Kind)


def test_draining_cordoning_and_tainting_close_a_node() -> None:
    assert {action for action in Action if action.fences} == {
        Action.DRAIN,
        Action.CORDON,
        Action.TAINT,
    }


def test_a_policy_in_dry_run_closes_and_drains_nothing() -> None:
    acts, rehearses = Policy(), Policy(mode=Mode.DRY_RUN)
    assert (acts.closes(Kind.SPOT_INTERRUPTION), acts.drains(Kind.SPOT_INTERRUPTION)) == (
        True,
        True,
    )
    assert (acts.closes(Kind.REBALANCE), acts.drains(Kind.REBALANCE)) == (True, False)
    assert not any(rehearses.closes(kind) or rehearses.drains(kind) for kind in Kind)


def test_the_heaviest_policy_that_selects_the_node_applies() -> None:
    light = Policy("light", 1)
    heavy = Policy("heavy", 9, BATCH)
    assert policy_for(node(labels={"team": "batch"}), [light, heavy]) is heavy
    assert policy_for(node(labels={"team": "web"}), [light, heavy]) is light


def test_of_two_equally_heavy_policies_the_first_by_name_applies() -> None:
    assert policy_for(node(), [Policy("b", 1), Policy("a", 1)]).name == "a"


def test_a_node_that_no_policy_selects_has_the_built_in_one() -> None:
    assert policy_for(node(), [Policy("batch", 5, BATCH)]) == Policy()


def test_errors_of_cluster_and_queue_carry_a_sentence_and_a_code() -> None:
    error = ClusterError("the API server is away")
    assert (str(error), error.code) == ("the API server is away", 0)
    queue = QueueError("the queue is gone", "QueueDoesNotExist")
    assert (str(queue), queue.code) == ("the queue is gone", "QueueDoesNotExist")


@pytest.mark.parametrize(
    "key",
    ["node-role.kubernetes.io/a", "topology.kubernetes.io/zone", "kubernetes.io/hostname"],
)
def test_a_policy_takes_no_label_that_says_what_a_node_is_for_or_where_it_is(key: str) -> None:
    spec = {"fence": {"labels": {"team": "a", key: "b"}}}
    with pytest.raises(InvalidPolicyError, match=f"^spec.fence.labels has {key}: labels that say"):
        policy_from({"metadata": {"name": "a"}, "spec": spec})
