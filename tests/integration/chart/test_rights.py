"""The chart's ServiceAccount may do what the controller needs, and nothing else at all."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from controller.kube.permissions import NEEDED, NEEDED_AT_HOME, Permission
from tests.integration.chart.account import VERBS, Account
from tests.integration.chart.helm import NAME, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hack.cluster import LocalCluster
    from tests.integration.chart.account import Kind

RBAC, CORE = "/apis/rbac.authorization.k8s.io/v1", "/api/v1"
ELSEWHERE = "kube-system"
PATCH = {"Content-Type": "application/merge-patch+json"}
LEASES = "/apis/coordination.k8s.io/v1/namespaces"
SPECIAL = [
    Permission(verb, group, resource)
    for verb, group, resource in (
        ("*", "*", "*"),
        ("bind", "rbac.authorization.k8s.io", "clusterroles"),
        ("bind", "rbac.authorization.k8s.io", "roles"),
        ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
        ("escalate", "rbac.authorization.k8s.io", "roles"),
        ("impersonate", "", "users"),
        ("impersonate", "", "groups"),
        ("impersonate", "", "serviceaccounts"),
        ("impersonate", "authentication.k8s.io", "uids"),
        ("impersonate", "authentication.k8s.io", "userextras/scopes"),
        ("approve", "certificates.k8s.io", "signers"),
        ("sign", "certificates.k8s.io", "signers"),
        ("attest", "certificates.k8s.io", "signers"),
    )
]
"""Verbs that are not of the resource's own interface."""


@pytest.fixture(scope="module")
def account(bare: LocalCluster, notes: str) -> Account:
    """Give who holds the token of the chart's ServiceAccount."""
    return Account(bare, NAMESPACE, NAME)


@pytest.fixture(scope="module")
def nobody(bare: LocalCluster, notes: str) -> Account:
    """Give who holds the token of an account that no role names."""
    bare.kubectl("create", "serviceaccount", "nobody", f"--namespace={NAMESPACE}")
    return Account(bare, NAMESPACE, "nobody")


@pytest.fixture(scope="module")
def kinds(account: Account) -> list[Kind]:
    return account.kinds()


def everything(kinds: Iterable[Kind], *, namespaced: bool = False) -> list[Permission]:
    """List every verb on every resource, or on those that lie in namespaces."""
    found = [
        Permission(verb, kind.group, kind.resource)
        for kind in kinds
        if kind.namespaced or not namespaced
        for verb in VERBS
    ]
    return [*found, *SPECIAL]


def test_in_the_whole_cluster_it_may_do_what_it_needs_and_nothing_else(
    account: Account, nobody: Account, kinds: list[Kind]
) -> None:
    """What every account may do, such as asking what it may do, does not count."""
    asked = everything(kinds)

    assert len(asked) > 800
    assert account.allowed(asked) - nobody.allowed(asked) == set(NEEDED)


@pytest.mark.parametrize(
    ("namespace", "more"), [(NAMESPACE, NEEDED_AT_HOME), (ELSEWHERE, ())], ids=["own", "other"]
)
def test_in_a_namespace_it_may_do_no_more_than_that(
    account: Account,
    nobody: Account,
    kinds: list[Kind],
    namespace: str,
    more: tuple[Permission, ...],
) -> None:
    asked = everything(kinds, namespaced=True)
    lie_there = {(kind.group, kind.resource) for kind in kinds if kind.namespaced}
    needed = {one for one in NEEDED if (one.group, one.resource) in lie_there}
    may = account.allowed(asked, namespace) - nobody.allowed(asked, namespace)

    assert may == needed | set(more)


def role_binding(name: str, role: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC.split("/")[2], "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
    }


POD = {"metadata": {"name": "own"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
REVIEW = {"spec": {"token": "abc"}}
EVERYTHING = {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{CORE}/secrets", None),
        ("GET", f"{CORE}/namespaces/{NAMESPACE}/secrets", None),
        ("GET", f"{CORE}/configmaps", None),
        ("GET", f"{CORE}/namespaces", None),
        ("GET", f"{CORE}/serviceaccounts", None),
        ("POST", f"{CORE}/namespaces/{NAMESPACE}/pods", POD),
        ("PATCH", f"{CORE}/namespaces/{NAMESPACE}/pods/own", {"metadata": {"labels": {"a": "b"}}}),
        ("DELETE", f"{CORE}/namespaces/{NAMESPACE}/pods", None),
        ("GET", f"{CORE}/namespaces/{NAMESPACE}/pods/own/log", None),
        ("POST", f"{CORE}/namespaces/{NAMESPACE}/pods/own/exec?command=id", None),
        ("POST", f"{CORE}/namespaces/{NAMESPACE}/pods/own/portforward", None),
        ("PATCH", f"{CORE}/namespaces/{NAMESPACE}/pods/own/ephemeralcontainers", {}),
        ("POST", f"{CORE}/namespaces/{NAMESPACE}/pods/own/binding", {}),
        ("POST", f"{CORE}/namespaces/{NAMESPACE}/serviceaccounts/{NAME}/token", {}),
        ("DELETE", f"{CORE}/nodes/spot", None),
        ("PUT", f"{CORE}/nodes/spot", {}),
        ("PATCH", f"{CORE}/nodes/spot/status", {}),
        ("GET", f"{CORE}/nodes/spot/proxy/pods", None),
        ("GET", f"{LEASES}/{ELSEWHERE}/leases", None),
        ("DELETE", f"{LEASES}/{ELSEWHERE}/leases/kube-scheduler", None),
        ("POST", f"{RBAC}/clusterrolebindings", role_binding("grab", "cluster-admin")),
        ("POST", f"{RBAC}/namespaces/{NAMESPACE}/rolebindings", role_binding("grab", "edit")),
        ("PATCH", f"{RBAC}/clusterroles/{NAME}", EVERYTHING),
        ("POST", "/apis/authentication.k8s.io/v1/tokenreviews", REVIEW),
        ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": {"user": "a"}}),
        ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", {}),
        ("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", None),
        ("DELETE", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{NAME}", None),
        ("DELETE", f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets/{NAME}", None),
        ("POST", "/apis/spotdrain.io/v1alpha1/spotpolicies", {"metadata": {"name": "own"}}),
        ("DELETE", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/x", None),
        ("GET", "/metrics", None),
        ("GET", "/logs/", None),
    ],
)
def test_a_call_that_it_has_no_right_to_is_refused(
    account: Account, method: str, path: str, body: object
) -> None:
    """Not only the rules say so: the API server does, before it looks at anything else."""
    answer = account.call(method, path, body, headers=PATCH if method == "PATCH" else None)
    assert answer.status == HTTPStatus.FORBIDDEN


def test_it_may_not_act_as_somebody_else(account: Account) -> None:
    admin = {"Impersonate-User": "system:admin", "Impersonate-Group": "system:masters"}
    answer = account.call("GET", f"{CORE}/nodes", headers=admin)
    assert answer.status == HTTPStatus.FORBIDDEN
    assert "cannot impersonate" in answer.body["message"]


def test_a_call_that_it_needs_is_carried_out(account: Account) -> None:
    """So a refusal above is about the right, and not about the token."""
    for path in (f"{CORE}/nodes", f"{CORE}/pods", f"{LEASES}/{NAMESPACE}/leases"):
        assert account.call("GET", path).status == HTTPStatus.OK
