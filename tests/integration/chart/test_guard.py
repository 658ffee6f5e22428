"""The guard on NodeInterruptions on a real API server: who is refused although RBAC lets them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from hack.errors import HackError
from tests.integration.chart.helm import NAME, NAMESPACE, QUEUE, RELEASE

if TYPE_CHECKING:
    from hack.cluster import LocalCluster
    from tests.integration.chart.helm import Helm

PATIENCE = 60.0
INSTANCE = "i-000000000000000aa"
RESOURCE = "nodeinterruptions.spotdrain.io"
POLICY = f"{NAME}-guard"
GUARD = "a NodeInterruption empties its node"
SENTENCE = GUARD + ", and alice is not among those who may {} one"
STATUS = json.dumps({"status": {"message": "a"}})
SPEC = json.dumps({"spec": {"ttlSecondsAfterFinished": 7}})
ALLOWED = [
    "--set=guard.allowedUsers={bob}",
    "--set=guard.allowedGroups={spot-operators}",
    "--set=guard.allowedServiceAccounts={drains/drills}",
]
ALICE = ("--as=alice", "--as-group=developers")


def interruption(name: str = INSTANCE, **metadata: Any) -> str:
    notice = {"id": "by-hand", "kind": "Rebalance", "time": "2026-01-02T03:04:05Z"}
    manifest = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "NodeInterruption",
        "metadata": {"name": name, **metadata},
        "spec": {"instanceID": name, "notices": [notice]},
    }
    return json.dumps(manifest)


def grant(bare: LocalCluster, *subject: str, role: str = "interrupts") -> None:
    name = subject[0].partition("=")[2].replace(":", "-")
    bare.kubectl("create", "clusterrolebinding", name, f"--clusterrole={role}", *subject)


def wait_refused(bare: LocalCluster, *who: str, words: str = GUARD) -> None:
    """Wait until the API server refuses in these words: it tells nobody when it knows what is new.

    Before it knows a role, or the CRD, it refuses in others.
    """
    deadline, last = time.monotonic() + PATIENCE, ""
    while words not in last:
        assert time.monotonic() < deadline, f"{who} was never refused for this: {last}"
        time.sleep(0.1)
        last = refusal(bare, *who)


def refusal(bare: LocalCluster, *who: str) -> str:
    """Tell why somebody may not create one; empty if they may."""
    try:
        create(bare, *who, "--dry-run=server")
    except HackError as error:
        return str(error)
    return ""


def create(bare: LocalCluster, *options: str) -> str:
    return bare.kubectl("create", "--filename=-", *options, input=interruption())


@pytest.fixture(scope="module")
def guarded(bare: LocalCluster, installer: Helm, package: str) -> LocalCluster:
    """Install the chart with some who are let through; everybody here has all rights by RBAC."""
    installer("install", RELEASE, package, QUEUE, *ALLOWED, "--set=replicas=0", "--wait")
    status = f"--resource={RESOURCE}/status"
    bare.kubectl(
        "create", "clusterrole", "interrupts", "--verb=*", f"--resource={RESOURCE}", status
    )
    # Before it patches a status, kubectl reads it; spotdrain itself does not.
    bare.kubectl("create", "clusterrole", "reads", "--verb=get", status)
    grant(bare, f"--serviceaccount={NAMESPACE}:{NAME}", role="reads")
    grant(bare, "--user=alice")
    grant(bare, "--user=bob")
    grant(bare, "--group=spot-operators")
    grant(bare, f"--serviceaccount={NAMESPACE}:drills")
    grant(bare, "--user=carol", role="cluster-admin")
    wait_refused(bare, *ALICE)
    return bare


@pytest.fixture
def existing(guarded: LocalCluster) -> str:
    """Have a NodeInterruption, made by an administrator."""
    guarded.kubectl("apply", "--filename=-", input=interruption())
    return f"ni/{INSTANCE}"


def test_a_role_is_not_enough_to_create_one(guarded: LocalCluster) -> None:
    with pytest.raises(HackError) as refused:
        create(guarded, *ALICE)
    assert f"{SENTENCE.format('create')} ({INSTANCE})" in str(refused.value)
    assert "add the user or one of its groups to guard.allowedUsers" in str(refused.value)


@pytest.mark.parametrize(
    ("deed", "verb"),
    [
        (["patch", "--type=merge", f"--patch={SPEC}"], "update"),
        (["patch", "--type=merge", f"--patch={STATUS}", "--subresource=status"], "update"),
        (["delete"], "delete"),
    ],
    ids=["spec", "status", "delete"],
)
def test_a_role_is_not_enough_to_change_one(
    guarded: LocalCluster, existing: str, deed: list[str], verb: str
) -> None:
    with pytest.raises(HackError) as refused:
        guarded.kubectl(deed[0], existing, *deed[1:], *ALICE)
    assert SENTENCE.format(verb) in str(refused.value)


def test_a_role_is_not_enough_to_delete_all(guarded: LocalCluster, existing: str) -> None:
    with pytest.raises(HackError) as refused:
        guarded.kubectl("delete", "ni", "--all", *ALICE)
    assert SENTENCE.format("delete") in str(refused.value)
    assert INSTANCE in guarded.kubectl("get", "ni")


def test_looking_is_not_guarded(guarded: LocalCluster, existing: str) -> None:
    assert INSTANCE in guarded.kubectl("get", "ni", *ALICE)


@pytest.mark.parametrize(
    "who",
    [
        ["--as=bob"],
        ["--as=dave", "--as-group=spot-operators"],
        [f"--as=system:serviceaccount:{NAMESPACE}:drills"],
        [f"--as=system:serviceaccount:{NAMESPACE}:{NAME}"],
        ["--as=carol"],
    ],
    ids=["user", "group", "account", "spotdrain", "administrator"],
)
def test_who_is_named_and_who_could_take_the_guard_away_may_do_all(
    guarded: LocalCluster, who: list[str]
) -> None:
    guarded.kubectl("delete", "ni", INSTANCE, "--ignore-not-found")
    create(guarded, *who)
    patch = ("patch", f"ni/{INSTANCE}", "--type=merge", *who)
    guarded.kubectl(*patch, f"--patch={SPEC}")
    guarded.kubectl(*patch, f"--patch={STATUS}", "--subresource=status")
    guarded.kubectl("delete", "ni", INSTANCE, *who)
    assert guarded.kubectl("get", "ni", "--output=name") == ""


def test_who_is_named_still_needs_a_role(guarded: LocalCluster) -> None:
    with pytest.raises(HackError, match="cannot create resource"):
        create(guarded, "--as=erin", "--as-group=nobody")
    guarded.kubectl("delete", "clusterrolebinding", "bob")
    wait_refused(guarded, "--as=bob", words='User "bob" cannot create resource')


def test_kubernetes_cleans_up_what_has_lost_its_owner(guarded: LocalCluster) -> None:
    guarded.kubectl("create", "clusterrole", "owner", "--verb=get", "--resource=nodes")
    uid = guarded.kubectl("get", "clusterrole", "owner", "--output=jsonpath={.metadata.uid}")
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    owned = interruption(ownerReferences=[{**kind, "name": "owner", "uid": uid}])
    guarded.kubectl("create", "--filename=-", input=owned)
    guarded.kubectl("delete", "clusterrole", "owner", "--cascade=foreground", "--timeout=60s")
    guarded.kubectl("wait", f"ni/{INSTANCE}", "--for=delete", "--timeout=60s")


def test_the_api_server_finds_nothing_wrong_with_its_expressions(guarded: LocalCluster) -> None:
    policy = ("validatingadmissionpolicy", POLICY)
    checked = ("--for=jsonpath={.status.observedGeneration}=1", "--timeout=60s")
    guarded.kubectl("wait", *policy, *checked)
    found = json.loads(guarded.kubectl("get", *policy, "--output=json"))
    assert found["status"].get("typeChecking", {}) == {}


def test_administrators_can_be_held_to_it_as_well(
    guarded: LocalCluster, installer: Helm, package: str
) -> None:
    strict = ("--reuse-values", "--set=guard.allowAdministrators=false")
    installer("upgrade", RELEASE, package, *strict)
    wait_refused(guarded, "--as=carol")
    create(guarded, "--as=dave", "--as-group=spot-operators", "--dry-run=server")


def test_removing_the_crd_removes_all_of_them(guarded: LocalCluster) -> None:
    """The API server does that by itself, and asks no admission."""
    as_operator = ("--as=dave", "--as-group=spot-operators")
    guarded.kubectl("apply", "--filename=-", *as_operator, input=interruption())
    guarded.kubectl("delete", "crd", RESOURCE, "--timeout=60s")
