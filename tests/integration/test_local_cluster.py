"""The local cluster is a real one, plays kubelets as promised, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import ssl
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml

from hack.cluster import HackError, LocalCluster
from hack.nodes import node_manifest

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


def pod(name: str, annotations: dict[str, str] | None = None, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"app": name},
            "annotations": annotations or {},
        },
        "spec": {"containers": [{"name": "main", "image": "main"}], **spec},
    }


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
    first, second = pod("first"), pod("second")
    for item in (first, second):
        item["metadata"]["labels"] = {"group": "budget"}
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


def test_a_pod_that_stops_slowly_outlives_one_that_stops_at_once(other: LocalCluster) -> None:
    """The slow one was told first; a grace cut short then ends it long before its hour."""
    slow = pod(
        "slow", {"spotdrain.io/kwok-stop-seconds": "3600"}, terminationGracePeriodSeconds=3600
    )
    other.apply([slow, pod("quick")])
    other.kubectl("wait", READY, "pod/slow", "pod/quick", TIMEOUT)

    other.kubectl("delete", "pod", "slow", "--wait=false")
    other.kubectl("delete", "pod", "quick", "--wait=false")
    other.kubectl("wait", GONE, "pod/quick", TIMEOUT)
    assert read(other, "pod", "slow")["metadata"]["deletionGracePeriodSeconds"] == 3600

    other.kubectl("delete", "pod", "slow", "--grace-period=1", "--wait=false")
    other.kubectl("wait", GONE, "pod/slow", TIMEOUT)


def test_a_pod_that_starts_slowly_is_pending_meanwhile(other: LocalCluster) -> None:
    other.apply([pod("late", {"spotdrain.io/kwok-ready-seconds": "3600"})])
    other.apply([pod("soon", {"spotdrain.io/kwok-ready-seconds": "1"})])
    other.kubectl("wait", READY, "pod/soon", TIMEOUT)
    assert read(other, "pod", "late")["status"]["phase"] == "Pending"
    assert read(other, "pod", "late")["spec"]["nodeName"] == "node"

    other.kubectl("annotate", "pod", "late", "spotdrain.io/kwok-ready-seconds-")
    other.kubectl("wait", READY, "pod/late", TIMEOUT)
    other.kubectl("delete", "pod", "late", "soon", TIMEOUT)


def test_a_pod_can_run_without_being_ready(other: LocalCluster) -> None:
    unready = "spotdrain.io/kwok-unready"
    other.apply([pod("sick", {unready: "true"})])
    other.kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/sick", TIMEOUT)
    conditions = {
        condition["type"]: condition["status"]
        for condition in read(other, "pod", "sick")["status"]["conditions"]
    }
    assert conditions["Ready"] == "False"
    assert conditions["PodScheduled"] == "True"
    address = read(other, "pod", "sick")["status"]["podIP"]

    other.kubectl("annotate", "pod", "sick", f"{unready}-")
    other.kubectl("wait", READY, "pod/sick", TIMEOUT)
    assert read(other, "pod", "sick")["status"]["podIP"] == address
    other.kubectl("annotate", "pod", "sick", f"{unready}=true")
    other.kubectl("wait", f"{READY}=False", "pod/sick", TIMEOUT)
    other.kubectl("delete", "pod", "sick", TIMEOUT)


def test_a_foreign_finalizer_holds_a_stopped_pod(other: LocalCluster) -> None:
    """As with a kubelet, the pod is left with a grace of 0 till its finalizer goes."""
    held = pod("held")
    held["metadata"]["finalizers"] = ["example.org/hold"]
    other.apply([held])
    other.kubectl("wait", READY, "pod/held", TIMEOUT)

    other.kubectl("delete", "pod", "held", "--wait=false")
    stopped = "--for=jsonpath={.metadata.deletionGracePeriodSeconds}=0"
    other.kubectl("wait", stopped, "pod/held", TIMEOUT)
    assert read(other, "pod", "held")["metadata"]["finalizers"] == ["example.org/hold"]

    remove = '{"metadata": {"finalizers": null}}'
    other.kubectl("patch", "pod", "held", "--type=merge", f"--patch={remove}")
    other.kubectl("wait", GONE, "pod/held", TIMEOUT)


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


def command_line(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hack.cluster", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_up(up: subprocess.Popen[str]) -> str:
    """Return what `up` printed, once it has said that it waits for Ctrl-C."""
    assert up.stdout is not None
    printed = ""
    for line in up.stdout:
        printed += line
        if "Ctrl-C" in line:
            return printed
    raise AssertionError(up.communicate()[1])


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [found for child in map(int, children) for found in (child, *descendants(child))]


def wait_until_gone(handles: list[int]) -> None:
    """Wait till the processes behind these pidfds have ended (pidfd_open(2))."""
    for handle in handles:
        assert select.select([handle], [], [], 60)[0], "a process is still there"
        os.close(handle)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_command_line_ends(number: signal.Signals) -> None:
    """A signal, SIGKILL included, takes every process and the directory along."""
    with command_line("up", "--nodes", "2") as up:
        printed = wait_until_up(up)
        kubectl = re.search(r"^alias kubectl=(.*)$", printed, re.MULTILINE)
        kubeconfig = re.search(r"^export KUBECONFIG=(.*)$", printed, re.MULTILINE)
        assert kubectl
        assert kubeconfig
        nodes = subprocess.run(
            [kubectl[1], f"--kubeconfig={kubeconfig[1]}", "get", "nodes", "--output=name"],
            capture_output=True,
            check=True,
            text=True,
        )
        assert nodes.stdout.split() == ["node/spot-0", "node/spot-1"]
        pids = descendants(up.pid)
        assert len(pids) == 7  # The keeper, etcd, three of Kubernetes, KWOK and moto.
        handles = [os.pidfd_open(pid) for pid in pids]
        up.send_signal(number)
        up.communicate()

    wait_until_gone(handles)
    assert up.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert not Path(kubeconfig[1]).parent.exists()


def test_keep_leaves_the_logs() -> None:
    with command_line("up", "--keep") as up:
        printed = wait_until_up(up)
        up.send_signal(signal.SIGTERM)
        up.communicate()

    directory = re.search(r"^# logs.*: (.*)$", printed, re.MULTILINE)
    assert directory
    assert (Path(directory[1]) / "kube-apiserver.log").exists()
    shutil.rmtree(directory[1])


def test_a_server_that_ends_at_once_is_named_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "authentication.yaml"
    broken.write_text("kind: Nonsense")
    (tmp_path / "audit-policy.yaml").write_text("kind: Nonsense")
    monkeypatch.setattr("hack.cluster.servers.CONFIG", tmp_path)

    with pytest.raises(HackError, match=r"kube-apiserver ended with status 1[^$]*Nonsense"):
        LocalCluster().__enter__()


def test_missing_go_is_said_in_a_sentence(tmp_path: Path) -> None:
    with command_line("up", PATH=str(tmp_path)) as up:
        _, said = up.communicate()

    assert up.returncode == 1
    assert said.startswith("error: Go is not installed")
    assert "Traceback" not in said
