"""Rights, CRDs and an API server that are missing: said, waited out, and gone on from."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hack.cluster import HackError, install
from tests.integration.controller_process import PATIENCE, ControllerProcess

if TYPE_CHECKING:
    from pathlib import Path

    from hack.cluster import LocalCluster

STRANGER = {"kind": "ServiceAccount", "name": "stranger", "namespace": "spotdrain"}
POLICIES = "spotpolicies.spotdrain.io"
LEASES = (
    "not allowed to list, watch, create, patch, delete leases.coordination.k8s.io in namespace"
    " spotdrain: bind the Role of the chart to this ServiceAccount"
)
UNAVAILABLE = 503


@pytest.fixture(scope="module")
def account(frail: LocalCluster) -> Path:
    """Give the controller's kubeconfig: no token can be made while the API server is away."""
    return frail.kubeconfig_for_service_account("spotdrain", "spotdrain")


def grant_at_home(cluster: LocalCluster) -> None:
    """Bind the Role of the chart to the stranger."""
    group = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "stranger", "namespace": "spotdrain"},
        "roleRef": {"kind": "Role", "name": "spotdrain", "apiGroup": group},
        "subjects": [STRANGER],
    }
    cluster.apply([binding])


def grant(cluster: LocalCluster, rules: list[dict[str, Any]]) -> None:
    """Bind a ClusterRole of these rules to the stranger."""
    group = "rbac.authorization.k8s.io"
    role = {"kind": "ClusterRole", "name": "stranger", "apiGroup": group}
    meta, version = {"name": "stranger"}, f"{group}/v1"
    binding = {"roleRef": role, "subjects": [STRANGER]}
    cluster.apply(
        [
            {"apiVersion": version, "kind": "ClusterRole", "metadata": meta, "rules": rules},
            {"apiVersion": version, "kind": "ClusterRoleBinding", "metadata": meta, **binding},
        ]
    )


def accepted(cluster: LocalCluster, name: str) -> list[str]:
    """Wait for a SpotPolicy's condition: status, reason and message."""
    path = "{.status.conditions[0].status}"
    cluster.kubectl("wait", f"--for=jsonpath={path}", f"spp/{name}", "--timeout=60s")
    policy = json.loads(cluster.kubectl("get", "spp", name, "--output=json"))
    condition = policy["status"]["conditions"][0]
    return [condition[key] for key in ("type", "status", "reason", "message")]


def policy(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "SpotPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }


def wait_until_taken(cluster: LocalCluster, manifest: dict[str, Any]) -> None:
    """Wait until the API server goes by a schema that was loosened: nothing tells that it does."""
    text, deadline = json.dumps(manifest), time.monotonic() + PATIENCE
    while True:
        try:
            cluster.kubectl("create", "--dry-run=server", "--filename=-", input=text)
        except HackError:
            assert time.monotonic() < deadline, "the API server still goes by the schema of before"
        else:
            return


def test_missing_rights_are_named_until_they_are_granted(cluster: LocalCluster) -> None:
    cluster.kubectl("create", "serviceaccount", "stranger", "--namespace=spotdrain")
    kubeconfig = cluster.kubeconfig_for_service_account("spotdrain", "stranger")
    rules = yaml.safe_load(install.CONTROLLER_RULES.read_text())

    with ControllerProcess(cluster, kubeconfig=kubeconfig) as controller:
        controller.wait_for_words("not ready: not allowed to get, list, watch, patch nodes; ")
        grant(cluster, [rule for rule in rules if "pods/eviction" not in rule["resources"]])
        controller.wait_for_words("not ready: not allowed to create pods/eviction: bind the")
        refused = controller.get("/readyz")
        grant(cluster, rules)
        controller.wait_for_words("not ready: not allowed to list, watch, create, patch, delete")
        refused_at_home = controller.get("/readyz")
        grant_at_home(cluster)
        controller.wait_ready()
        assert controller.get("/readyz").text == "ok\n"

    assert refused.code == UNAVAILABLE
    assert refused.text == (
        "not allowed to create pods/eviction: bind the ClusterRole of the chart to this"
        f" ServiceAccount; {LEASES}\n"
    )
    assert refused_at_home.text == f"{LEASES}\n"
    assert controller.words == []


def test_a_token_that_the_api_server_does_not_know_is_told(
    cluster: LocalCluster, account: Path, tmp_path: Path
) -> None:
    """The token itself is a secret, so no line may hold it."""
    foreign = json.loads(account.read_text())
    token = foreign["users"][0]["user"]["token"]
    ours = json.loads(cluster.admin_kubeconfig.read_text())["clusters"]
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps({**foreign, "clusters": ours}))

    with ControllerProcess(cluster, "--log-level", "debug", kubeconfig=path) as controller:
        controller.wait_for_words("the API server does not know our credentials")
        assert controller.get("/readyz").code == UNAVAILABLE
        assert controller.get("/healthz").text == "ok\n"

    assert token not in controller.tail()


def test_missing_crds_are_named_until_they_are_installed(
    frail: LocalCluster, account: Path
) -> None:
    frail.kubectl("delete", "--filename", str(install.CRDS))

    with ControllerProcess(frail, kubeconfig=account) as controller:
        controller.wait_for_words("the CRD nodeinterruptions.spotdrain.io is not installed: run")
        assert controller.get("/readyz").text == (
            "the CRD nodeinterruptions.spotdrain.io is not installed:"
            " run `kubectl apply -f crds/`\n"
        )
        frail.apply(install.CRDS)
        controller.wait_ready()
        assert controller.get("/readyz").text == "ok\n"


def test_a_crd_that_goes_while_we_run_is_named_and_taken_up_again(
    frail: LocalCluster, account: Path
) -> None:
    """No stack trace for it, and a policy that comes after it is applied as any other."""
    with ControllerProcess(frail, kubeconfig=account) as controller:
        controller.wait_ready()
        frail.kubectl("delete", "crd", POLICIES)
        controller.wait_for_words(f"the CRD {POLICIES} is not installed")
        refused = controller.get("/readyz")
        frail.apply(install.CRDS)
        controller.wait_for_words("the loop operator works again")
        assert controller.get("/readyz").text == "ok\n"
        frail.kubectl("wait", "--for=condition=Established", f"crd/{POLICIES}", "--timeout=60s")
        frail.apply([policy("late")])
        assert accepted(frail, "late")[1] == "True"

    assert refused.code == UNAVAILABLE
    assert POLICIES in refused.text
    assert not [line for line in controller.lines if "exception" in line]


def test_a_policy_that_cannot_be_read_is_refused_in_its_status(
    frail: LocalCluster, account: Path
) -> None:
    """The CRD accepts no such policy; one may have been stored before the schema was tightened."""
    documents = install.custom_resources(install.CRDS)
    crd = next(item for item in documents if item["metadata"]["name"] == POLICIES)
    loose = json.loads(json.dumps(crd))
    loose["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    frail.apply([loose])
    odd = policy("odd", drain={"reserve": "soon"})
    wait_until_taken(frail, odd)
    frail.apply([odd, policy("even")])
    frail.apply([crd])

    with ControllerProcess(frail, kubeconfig=account) as controller:
        controller.wait_for_words("SpotPolicy odd is not applied")
        assert accepted(frail, "odd") == [
            "Accepted",
            "False",
            "Invalid",
            """spec.drain.reserve is 'soon': write a duration such as "90s" or "2m30s\"""",
        ]
        assert accepted(frail, "even")[1] == "True"
    frail.kubectl("delete", "spp", "odd", "even")
