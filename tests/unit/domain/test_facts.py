"""From the API server's objects to the few facts that a drain needs."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.budget import budget_from
from controller.domain.member import MemberLease, member_from
from controller.domain.node import Taint, instance_id_of, node_from
from controller.domain.pod import PodFacts, pod_from
from controller.domain.resources import Resources
from controller.domain.toleration import Toleration, toleration_from
from tests.builders import CRITICAL, T0, budget, node, pod

POD: dict[str, Any] = {
    "metadata": {
        "namespace": "shop",
        "name": "db-0",
        "uid": "u1",
        "labels": {"app": "db"},
        "annotations": {"note": "keep"},
        "deletionTimestamp": "1970-01-01T00:18:40Z",
        "ownerReferences": [
            {"kind": "ConfigMap", "name": "seed"},
            {"kind": "StatefulSet", "name": "db", "uid": "u0", "controller": True},
        ],
    },
    "spec": {
        "nodeName": "node-1",
        "priority": 1000,
        "terminationGracePeriodSeconds": 90,
        "volumes": [{"emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "data-db-0"}}],
        "tolerations": [{"key": "example.com/batch", "operator": "Exists"}],
    },
    "status": {
        "phase": "Running",
        "startTime": "1970-01-01T00:00:10Z",
        "conditions": [
            {"type": "PodScheduled", "status": "True"},
            {"type": "Ready", "status": "True"},
        ],
    },
}


def test_a_pod_is_reduced_to_its_facts() -> None:
    assert pod_from(POD) == PodFacts(
        namespace="shop",
        name="db-0",
        uid="u1",
        node_name="node-1",
        priority=1000,
        grace=90,
        phase="Running",
        ready=True,
        owner_kind="StatefulSet",
        owner_name="db",
        owner_uid="u0",
        mirror=False,
        has_volume_claims=True,
        local_storage=True,
        held_by_finalizer=False,
        start_time=10.0,
        deletion_time=1120.0,
        labels={"app": "db"},
        annotations={"note": "keep"},
        tolerations=(Toleration("example.com/batch", "Exists"),),
        requests=Resources(pods=1),
    )


def test_a_pod_without_anything_has_the_defaults_of_kubernetes() -> None:
    facts = pod_from({})
    assert (facts.priority, facts.grace, facts.ready, facts.phase) == (0, 30, False, "")
    assert (facts.owner_kind, facts.mirror, facts.has_volume_claims) == ("", False, False)
    assert (facts.start_time, facts.deletion_time, facts.terminating) == (None, None, False)


def test_a_grace_of_zero_is_not_the_default() -> None:
    assert pod_from({"spec": {"terminationGracePeriodSeconds": 0}}).grace == 0


def test_a_null_priority_is_zero() -> None:
    assert pod_from({"spec": {"priority": None}}).priority == 0


def test_a_pod_that_is_not_ready_says_so() -> None:
    status = {"conditions": [{"type": "Ready", "status": "False"}]}
    assert pod_from({"status": status}).ready is False


def test_a_static_pod_is_known_by_its_annotation() -> None:
    annotations = {"kubernetes.io/config.mirror": "3f0c"}
    assert pod_from({"metadata": {"annotations": annotations}}).mirror is True


ENDED: dict[str, Any] = {"state": {"terminated": {"exitCode": 0}}}
RUNS: dict[str, Any] = {"state": {"running": {}}}
DELETED = {"deletionTimestamp": "1970-01-01T00:18:40Z"}
HELD = DELETED | {"finalizers": ["example.com/backup"]}


@pytest.mark.parametrize(
    ("metadata", "status", "held"),
    [
        (HELD, {"containerStatuses": [ENDED, ENDED]}, True),
        (HELD, {"phase": "Failed"}, True),
        (HELD | {"deletionGracePeriodSeconds": 0}, {"containerStatuses": [RUNS]}, True),
        (HELD | {"deletionGracePeriodSeconds": 30}, {"containerStatuses": [RUNS]}, False),
        (HELD, {"containerStatuses": [ENDED, RUNS]}, False),
        (HELD, {"phase": "Running"}, False),
        (HELD, {"containerStatuses": [{}]}, False),
        (DELETED, {"containerStatuses": [ENDED]}, False),
        ({"finalizers": ["example.com/backup"]}, {"containerStatuses": [ENDED]}, False),
    ],
)
def test_a_finalizer_holds_a_deleted_pod_whose_containers_have_all_ended(
    metadata: dict[str, Any], status: dict[str, Any], held: bool
) -> None:
    assert pod_from({"metadata": metadata, "status": status}).held_by_finalizer is held


TAINT = Taint("spotdrain.io/interruption", "NoSchedule", "i-1")


@pytest.mark.parametrize(
    ("entry", "covers"),
    [
        ({"operator": "Exists"}, True),
        ({"key": TAINT.key, "operator": "Exists"}, True),
        ({"key": TAINT.key, "operator": "Exists", "effect": "NoSchedule"}, True),
        ({"key": TAINT.key, "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}, False),
        ({"key": TAINT.key, "value": "i-1"}, True),
        ({"key": TAINT.key, "operator": "Equal", "value": "i-2"}, False),
        ({"key": TAINT.key}, False),
    ],
)
def test_a_toleration_covers_a_taint_as_kubernetes_reads_it(
    entry: dict[str, Any], covers: bool
) -> None:
    assert toleration_from(entry).covers(TAINT) is covers


@pytest.mark.parametrize(
    ("phase", "finished"),
    [("Pending", False), ("Running", False), ("Succeeded", True), ("Failed", True), ("", False)],
)
def test_a_pod_is_finished_when_its_containers_are(phase: str, finished: bool) -> None:
    assert pod(phase=phase).finished is finished


def test_system_critical_begins_at_two_thousand_million() -> None:
    assert not pod(priority=CRITICAL - 1).system_critical
    assert pod(priority=CRITICAL).system_critical
    assert pod(priority=CRITICAL + 1000).system_critical


def test_objects_are_called_by_namespace_and_name() -> None:
    assert pod("cart-0").key == "shop/cart-0"
    assert budget("cart").key == "shop/cart"


def test_a_budget_is_reduced_to_its_facts() -> None:
    facts = budget_from(
        {
            "metadata": {"namespace": "shop", "name": "web", "uid": "u2", "generation": 2},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
            },
            "status": {
                "observedGeneration": 2,
                "disruptionsAllowed": 1,
                "currentHealthy": 4,
                "desiredHealthy": 3,
                "expectedPods": 5,
                "disruptedPods": {"web-1": "1970-01-01T00:16:40Z", "web-2": "soon"},
            },
        }
    )
    assert facts == budget(
        uid="u2",
        allowed=1,
        healthy=4,
        desired=3,
        expected=5,
        always_allow_unhealthy=True,
        disrupted={"web-1": T0},
    )


def test_a_budget_whose_newest_spec_is_not_processed_is_not_fresh() -> None:
    facts = budget_from({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}})
    assert not facts.fresh
    assert facts.allowed == 0
    assert facts.selector is None


def test_a_budget_covers_what_it_selects_in_its_namespace() -> None:
    assert budget("web").covers(pod("web"))
    assert not budget("web").covers(pod("api"))
    assert not budget("web").covers(pod("web", namespace="test"))
    assert not budget("web", selector=None).covers(pod("web"))


def test_a_node_is_reduced_to_its_facts() -> None:
    taint = {"key": "dedicated", "value": "gpu", "effect": "NoExecute", "timeAdded": "2026-01-01"}
    facts = node_from(
        {
            "metadata": {
                "name": "node-1",
                "uid": "u3",
                "resourceVersion": "42",
                "labels": {"team": "batch"},
                "annotations": {"spotdrain.io/fence": "{}", "example.com/other": "x"},
                "creationTimestamp": "1970-01-01T00:01:00Z",
            },
            "spec": {
                "providerID": "aws:///eu-central-1a/i-0123456789abcdef0",
                "unschedulable": True,
                "taints": [taint],
            },
            "status": {
                "conditions": [
                    {"type": "MemoryPressure", "status": "False"},
                    {
                        "type": "Ready",
                        "status": "True",
                        "lastTransitionTime": "1970-01-01T00:02:00Z",
                    },
                ],
            },
        }
    )
    assert facts == node(
        uid="u3",
        resource_version="42",
        ready_since=120.0,
        unschedulable=True,
        taints=(Taint("dedicated", "NoExecute", "gpu"),),
        raw_taints=(taint,),
        labels={"team": "batch"},
        annotations={"spotdrain.io/fence": "{}"},
        created_at=60.0,
    )


def test_an_empty_node_has_neither_instance_nor_taints() -> None:
    facts = node_from({})
    assert (facts.instance_id, facts.taints, facts.unschedulable) == ("", (), False)
    assert not facts.ready


@pytest.mark.parametrize("status", ["False", "Unknown"])
def test_t58_a_node_whose_kubelet_does_not_say_ready_is_not_ready(status: str) -> None:
    """Unknown is written by the node lifecycle controller when the kubelet is silent."""
    ready = {"type": "Ready", "status": status}
    assert not node_from({"status": {"conditions": [ready]}}).ready


@pytest.mark.parametrize(
    ("provider_id", "instance_id"),
    [
        ("aws:///eu-central-1a/i-0123456789abcdef0", "i-0123456789abcdef0"),
        ("aws:///eu-central-1a/i-01234567", "i-01234567"),
        ("aws:////i-0123456789abcdef0", "i-0123456789abcdef0"),
        ("aws:///eu-central-1a/9f8e/fargate-ip-10-0-0-1", ""),
        ("aws:///eu-central-1a/i-0123", ""),
        ("gce://project/zone/i-0123456789abcdef0", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_instance_comes_out_of_the_provider_id(provider_id: object, instance_id: str) -> None:
    assert instance_id_of(provider_id) == instance_id


def test_the_capacity_pool_is_instance_type_and_zone() -> None:
    labels = {
        "node.kubernetes.io/instance-type": "m6i.large",
        "topology.kubernetes.io/zone": "eu-central-1b",
    }
    assert node(labels=labels).pool == "m6i.large/eu-central-1b"
    assert node().pool == "unknown/unknown"


@pytest.mark.parametrize(
    ("labels", "spot"),
    [
        ({"eks.amazonaws.com/capacityType": "SPOT"}, True),
        ({"karpenter.sh/capacity-type": "spot"}, True),
        ({"node.kubernetes.io/lifecycle": "spot"}, True),
        ({"spotdrain.io/capacity-type": "spot"}, True),
        ({"karpenter.sh/capacity-type": "on-demand"}, False),
        ({}, False),
    ],
)
def test_well_known_labels_call_a_node_spot(labels: dict[str, str], spot: bool) -> None:
    assert node(labels=labels).is_spot is spot


def test_a_lease_tells_whose_it_is_and_its_version_but_no_time() -> None:
    lease = {
        "metadata": {"name": "spotdrain-member-a", "uid": "u1", "resourceVersion": "7"},
        "spec": {"holderIdentity": "a", "renewTime": "1970-01-01T00:18:40.000000Z"},
    }

    assert member_from(lease) == MemberLease("spotdrain-member-a", "u1", "a", "7")
    assert member_from({}) == MemberLease("", "", "", "")


def test_a_stopping_pod_says_by_whose_call_and_how_long_it_has() -> None:
    conditions = [
        {"type": "Ready", "status": "True"},
        {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"},
    ]
    facts = pod_from(
        {"metadata": {"deletionGracePeriodSeconds": 20}, "status": {"conditions": conditions}}
    )
    assert (facts.deletion_grace, facts.disruption) == (20, "EvictionByEvictionAPI")
    conditions[1]["status"] = "False"
    assert pod_from({"status": {"conditions": conditions}}).disruption == ""
    conditions[1] = {"type": "DisruptionTarget", "status": "True"}
    assert pod_from({"status": {"conditions": conditions}}).disruption == ""
