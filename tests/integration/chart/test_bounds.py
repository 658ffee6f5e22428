"""What the controller's own account may change of a pod's status and of a node, by the chart's policy."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.chart.account import Account
from tests.integration.chart.helm import NAME, NAMESPACE

if TYPE_CHECKING:
    from hack.cluster import LocalCluster

PATIENCE = 60.0
MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
NODE = "/api/v1/nodes/spot"
POD = "/api/v1/namespaces/default/pods/served"
SERVED = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "served", "namespace": "default"},
    "spec": {
        "nodeName": "spot",
        "tolerations": [{"operator": "Exists"}],
        "containers": [{"name": "a", "image": "a"}],
    },
}
MARK = {"type": "DisruptionTarget", "status": "True", "reason": "SpotInterruption", "message": "a"}
PODS_WORDS = "sets the condition DisruptionTarget of a pod and nothing else of its status"
NODES_WORDS = "changes no label that says which workloads a node is for, or where it is"


@pytest.fixture(scope="module")
def account(bare: LocalCluster, notes: str) -> Account:
    """Give who holds the account's token, once a pod runs and the API server knows the policy."""
    bare.apply([SERVED])
    bare.kubectl("wait", "--for=condition=Ready", "pod/served", "--timeout=60s")
    holder = Account(bare, NAMESPACE, NAME)
    deadline = time.monotonic() + PATIENCE
    # It tells nobody when it does.
    while (
        holder.call(
            "PATCH", f"{NODE}?dryRun=All", label("node-role.kubernetes.io/a"), headers=MERGE
        ).status
        == HTTPStatus.OK
    ):
        assert time.monotonic() < deadline, "the policy was never in force"
        time.sleep(0.1)
    return holder


def label(key: str, value: str | None = "yes") -> dict[str, Any]:
    return {"metadata": {"labels": {key: value}}}


@pytest.mark.parametrize(
    "patch",
    [
        {"spec": {"unschedulable": True, "taints": [{"key": "a", "effect": "NoSchedule"}]}},
        {"metadata": {"annotations": {"spotdrain.io/fence": "{}"}}},
        label("node.kubernetes.io/exclude-from-external-load-balancers"),
        label("team"),
        label("team", None),
        {"spec": {"unschedulable": None, "taints": None}},
    ],
)
def test_a_node_may_be_closed_and_opened(account: Account, patch: dict[str, Any]) -> None:
    answer = account.call("PATCH", NODE, patch, headers=MERGE)
    assert answer.status == HTTPStatus.OK, answer.body


@pytest.mark.parametrize(
    "patch",
    [
        label("node-role.kubernetes.io/control-plane", ""),
        label("node-restriction.kubernetes.io/team"),
        label("topology.kubernetes.io/zone"),
        label("topology.kubernetes.io/zone", None),
        label("kubernetes.io/hostname"),
    ],
)
def test_a_node_may_not_be_taken_for_another(account: Account, patch: dict[str, Any]) -> None:
    answer = account.call("PATCH", NODE, patch, headers=MERGE)
    assert answer.status == HTTPStatus.FORBIDDEN, answer.body
    assert NODES_WORDS in answer.body["message"]


def test_a_pod_may_be_marked_as_disrupted(account: Account) -> None:
    marked = {"status": {"conditions": [MARK]}}
    answer = account.call("PATCH", f"{POD}/status", marked, headers=STRATEGIC)
    assert answer.status == HTTPStatus.OK, answer.body
    conditions = {found["type"]: found["status"] for found in answer.body["status"]["conditions"]}
    assert conditions["DisruptionTarget"] == conditions["Ready"] == "True"


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": [{"type": "Ready", "status": "False"}]},
        {"podIP": "10.9.9.9", "podIPs": [{"ip": "10.9.9.9"}]},
        {"hostIP": "10.9.9.9", "hostIPs": [{"ip": "10.9.9.9"}]},
        {"phase": "Failed"},
        {"containerStatuses": None},
    ],
    ids=lambda status: next(iter(status)),
)
def test_a_pod_may_not_be_given_another_state_or_address(
    account: Account, status: dict[str, Any]
) -> None:
    answer = account.call("PATCH", f"{POD}/status", {"status": status}, headers=MERGE)
    assert answer.status == HTTPStatus.FORBIDDEN, answer.body
    assert PODS_WORDS in answer.body["message"]


def test_others_are_not_bound(bare: LocalCluster, account: Account) -> None:
    """Kubelets write statuses, and administrators label nodes."""
    bare.kubectl("label", "node", "spot", "node-role.kubernetes.io/worker=")
    bare.kubectl("label", "node", "spot", "node-role.kubernetes.io/worker-")
    patch = '{"status":{"conditions":[{"type":"Ready","status":"False"}]}}'
    bare.kubectl("patch", "pod", "served", "--subresource=status", f"--patch={patch}")


def test_an_eviction_is_none_of_that(account: Account) -> None:
    """The API server sets the condition itself, by whoever's right the pod goes."""
    eviction = {"metadata": {"name": "served", "namespace": "default"}}
    answer = account.call("POST", f"{POD}/eviction", eviction)
    assert answer.status == HTTPStatus.CREATED, answer.body
