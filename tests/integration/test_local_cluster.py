"""The local cluster is a real one: RBAC, budgets, audit, CRDs, outages."""

from __future__ import annotations

import json
import ssl
import stat
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml

from hack.cluster import HackError, LocalCluster
from hack.nodes import node_manifest
from hack.pods import pod_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
EVICTION_RULES = [{"apiGroups": [""], "resources": ["pods/eviction"], "verbs": ["create"]}]
READY = "--for=condition=Ready"
GONE = "--for=delete"
TIMEOUT = "--timeout=60s"


@pytest.fixture(scope="module")
def other(
    cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalCluster]:
    """Start a second cluster beside the shared one; its controller may evict and nothing else."""
    folder = tmp_path_factory.mktemp("rules")
    rules = folder / "rules.yaml"
    rules.write_text(yaml.safe_dump(EVICTION_RULES))
    with LocalCluster(crds=folder / "none", controller_rules=rules) as started:
        started.add_nodes([node_manifest("node", "i-0123456789abcdef0", "us-east-1a", "m5.large")])
        yield started


@pytest.fixture(scope="module")
def controller(other: LocalCluster) -> str:
    """Return the kubectl option that makes one the controller's ServiceAccount."""
    path = other.kubeconfig_for_service_account("spotdrain", "spotdrain")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return f"--kubeconfig={path}"


def read(cluster: LocalCluster, kind: str, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(cluster.kubectl("get", kind, name, "--output=json"))
    return answer


def evict(cluster: LocalCluster, name: str, who: str) -> str:
    path = f"/api/v1/namespaces/default/pods/{name}/eviction"
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": "default"},
        "deleteOptions": {"gracePeriodSeconds": 7},
    }
    return cluster.kubectl(who, "create", "--raw", path, "--filename", "-", input=json.dumps(body))


def test_both_clusters_are_ready_at_once(cluster: LocalCluster, other: LocalCluster) -> None:
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"
    assert other.kubectl("get", "--raw", "/readyz") == "ok"
    assert cluster.api_url != other.api_url
    assert cluster.queue_url != other.queue_url


def test_nobody_but_the_owner_may_read_keys_and_kubeconfigs(cluster: LocalCluster) -> None:
    private = [*cluster.directory.glob("*.key"), *cluster.directory.glob("*.kubeconfig")]

    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert stat.S_IMODE(cluster.directory.stat().st_mode) == 0o700


def test_a_node_is_ready_and_looks_like_one_of_eks(other: LocalCluster) -> None:
    node = read(other, "node", "node")

    assert node["spec"]["providerID"] == "aws:///us-east-1a/i-0123456789abcdef0"
    assert node["status"]["allocatable"]["cpu"] == "16"
    assert "taints" not in node["spec"]
    lease = json.loads(
        other.kubectl("get", "lease", "node", "-n", "kube-node-lease", "--output=json")
    )
    assert lease["spec"]["holderIdentity"]


def test_the_crds_of_a_folder_are_installed(tmp_path: Path) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    names = {"kind": "Probe", "plural": "probes", "singular": "probe"}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "probes.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Cluster",
            "names": names,
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }
    (tmp_path / "probes.yaml").write_text(yaml.safe_dump(crd))

    with LocalCluster(crds=tmp_path) as fresh:
        assert "probes.example.org" in fresh.kubectl("get", "crds", "--output=name")


def test_the_controllers_account_has_its_own_rights_and_no_others(
    other: LocalCluster, controller: str
) -> None:
    """What RBAC does not grant is refused, so that a missing rule shows in the tests."""
    with pytest.raises(HackError, match="Forbidden"):
        other.kubectl(controller, "delete", "--raw", "/api/v1/nodes/node")
    with pytest.raises(HackError, match=r"Forbidden|cannot list"):
        other.kubectl(controller, "get", "pods")


def test_nobody_is_anonymous_beyond_health(other: LocalCluster) -> None:
    trust = ssl.create_default_context(cafile=str(other.directory / "ca.crt"))
    with urllib.request.urlopen(f"{other.api_url}/readyz", context=trust) as answer:  # noqa: S310
        assert answer.read() == b"ok"

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{other.api_url}/api/v1/pods", context=trust)  # noqa: S310
    refusal.value.close()
    assert refusal.value.code == 401


def test_an_eviction_meets_the_budget_and_is_audited_with_the_accounts_name(
    other: LocalCluster, controller: str
) -> None:
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "budget", "namespace": "default"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"group": "budget"}}},
    }
    first, second = (pod_manifest(name, labels={"group": "budget"}) for name in ("first", "second"))
    other.apply([budget, first])
    other.kubectl("wait", READY, "pod/first", TIMEOUT)
    other.kubectl("wait", "--for=jsonpath={.status.currentHealthy}=1", "pdb/budget", TIMEOUT)
    with pytest.raises(HackError, match="TooManyRequests"):
        evict(other, "first", controller)

    other.apply([second])
    other.kubectl("wait", "--for=jsonpath={.status.disruptionsAllowed}=1", "pdb/budget", TIMEOUT)
    assert json.loads(evict(other, "first", controller))["status"] == "Success"

    other.kubectl("wait", GONE, "pod/first", TIMEOUT)
    entries = [
        (entry["responseStatus"]["code"], entry["requestObject"]["deleteOptions"])
        for entry in other.audit()
        if entry["user"].get("username") == "system:serviceaccount:spotdrain:spotdrain"
        and entry["objectRef"].get("subresource") == "eviction"
    ]
    options = {"gracePeriodSeconds": 7}
    assert [code for code, _ in entries] == [429, 201]
    assert all(options.items() <= sent.items() for _, sent in entries)


def test_the_api_server_comes_back_with_everything_it_had(other: LocalCluster) -> None:
    other.apiserver.stop()
    with pytest.raises(HackError, match="refused"):
        other.kubectl("get", "nodes")

    other.apiserver.start()
    assert other.kubectl("get", "nodes", "--output=name").split() == ["node/node"]


def test_the_queue_has_the_same_url_after_an_outage(other: LocalCluster) -> None:
    url = other.queue_url
    other.moto.stop()
    other.moto.start()
    assert other.queue_url == url

    environment = other.aws_environment
    sqs: Any = boto3.client(
        "sqs",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    sqs.send_message(QueueUrl=url, MessageBody="notice")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    sqs.close()
    assert attributes["ApproximateNumberOfMessages"] == "1"
    assert attributes["VisibilityTimeout"] == "30"
    assert attributes["MessageRetentionPeriod"] == "300"
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"].endswith(":spotdrain-dlq")


def test_its_environment_leads_boto3_to_an_auto_scaling_that_knows_hooks(
    other: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And SQS to moto all the same: the one variable is for Auto Scaling alone."""
    for name, value in other.aws_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    waiting = other.scaling.actions.hold("i-0123456789abcdef0")
    scaling, sqs = boto3.client("autoscaling"), boto3.client("sqs")
    scaling.complete_lifecycle_action(
        AutoScalingGroupName=waiting.group,
        LifecycleHookName=waiting.hook,
        LifecycleActionToken=waiting.token,
        LifecycleActionResult="CONTINUE",
    )
    assert other.scaling.actions.read(waiting.token).state == "Terminating:Proceed"
    assert sqs.meta.endpoint_url == other.moto.endpoint
    scaling.close()
    sqs.close()


def test_a_server_that_ends_at_once_is_named_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "authentication.yaml"
    broken.write_text("kind: Nonsense")
    (tmp_path / "audit-policy.yaml").write_text("kind: Nonsense")
    monkeypatch.setattr("hack.cluster.servers.CONFIG", tmp_path)

    with pytest.raises(HackError, match=r"kube-apiserver ended with status 1[^$]*Nonsense"):
        LocalCluster().__enter__()
