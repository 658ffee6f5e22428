"""KWOK plays the kubelets of the local cluster as `hack/pods.py` promises."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hack.nodes import node_manifest
from hack.pods import READY_SECONDS, STOP_SECONDS, UNREADY, pod_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hack.cluster import LocalCluster

NODE = "kwok-stages"
READY = "--for=condition=Ready"
GONE = "--for=delete"
TIMEOUT = "--timeout=60s"


@pytest.fixture(scope="module")
def node(cluster: LocalCluster) -> Iterator[str]:
    """Add a node of this module's own to the shared cluster, and take it away."""
    cluster.add_nodes([node_manifest(NODE, "i-0123456789abcdef0", "us-east-1a", "m5.large")])
    yield NODE
    cluster.kubectl("delete", "node", NODE)


@pytest.fixture
def pod(node: str, namespace: str) -> Callable[..., dict[str, Any]]:
    """Return a maker of pods for that node, in a namespace of the test's own."""

    def make(name: str, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
        selector = {"kubernetes.io/hostname": node}
        return pod_manifest(name, namespace, annotations=annotations, nodeSelector=selector, **spec)

    return make


@pytest.fixture
def kubectl(cluster: LocalCluster, namespace: str) -> Callable[..., str]:
    """Return kubectl for that namespace."""

    def run(*arguments: str) -> str:
        return cluster.kubectl(f"--namespace={namespace}", *arguments)

    return run


def read(kubectl: Callable[..., str], name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(kubectl("get", "pod", name, "--output=json"))
    return answer


def test_a_pod_that_stops_slowly_outlives_one_that_stops_at_once(
    cluster: LocalCluster, pod: Callable[..., dict[str, Any]], kubectl: Callable[..., str]
) -> None:
    """The slow one was told first; a grace cut short then ends it long before its hour."""
    slow = pod("slow", {STOP_SECONDS: "3600"}, terminationGracePeriodSeconds=3600)
    cluster.apply([slow, pod("quick")])
    kubectl("wait", READY, "pod/slow", "pod/quick", TIMEOUT)

    kubectl("delete", "pod", "slow", "--wait=false")
    kubectl("delete", "pod", "quick", "--wait=false")
    kubectl("wait", GONE, "pod/quick", TIMEOUT)
    assert read(kubectl, "slow")["metadata"]["deletionGracePeriodSeconds"] == 3600

    kubectl("delete", "pod", "slow", "--grace-period=1", "--wait=false")
    kubectl("wait", GONE, "pod/slow", TIMEOUT)


def test_a_pod_that_starts_slowly_is_pending_meanwhile(
    cluster: LocalCluster, pod: Callable[..., dict[str, Any]], kubectl: Callable[..., str]
) -> None:
    cluster.apply([pod("late", {READY_SECONDS: "3600"})])
    cluster.apply([pod("soon", {READY_SECONDS: "1"})])
    kubectl("wait", READY, "pod/soon", TIMEOUT)
    assert read(kubectl, "late")["status"]["phase"] == "Pending"
    assert read(kubectl, "late")["spec"]["nodeName"] == NODE

    kubectl("annotate", "pod", "late", f"{READY_SECONDS}-")
    kubectl("wait", READY, "pod/late", TIMEOUT)


def test_a_pod_can_run_without_being_ready(
    cluster: LocalCluster, pod: Callable[..., dict[str, Any]], kubectl: Callable[..., str]
) -> None:
    cluster.apply([pod("sick", {UNREADY: "true"})])
    kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/sick", TIMEOUT)
    conditions = {
        condition["type"]: condition["status"]
        for condition in read(kubectl, "sick")["status"]["conditions"]
    }
    assert conditions["Ready"] == "False"
    assert conditions["PodScheduled"] == "True"
    address = read(kubectl, "sick")["status"]["podIP"]

    kubectl("annotate", "pod", "sick", f"{UNREADY}-")
    kubectl("wait", READY, "pod/sick", TIMEOUT)
    assert read(kubectl, "sick")["status"]["podIP"] == address
    kubectl("annotate", "pod", "sick", f"{UNREADY}=true")
    kubectl("wait", f"{READY}=False", "pod/sick", TIMEOUT)


def test_a_foreign_finalizer_holds_a_stopped_pod(
    cluster: LocalCluster, pod: Callable[..., dict[str, Any]], kubectl: Callable[..., str]
) -> None:
    """As with a kubelet, the pod is left with a grace of 0 till its finalizer goes."""
    held = pod("held")
    held["metadata"]["finalizers"] = ["example.org/hold"]
    cluster.apply([held])
    kubectl("wait", READY, "pod/held", TIMEOUT)

    kubectl("delete", "pod", "held", "--wait=false")
    stopped = "--for=jsonpath={.metadata.deletionGracePeriodSeconds}=0"
    kubectl("wait", stopped, "pod/held", TIMEOUT)
    assert read(kubectl, "held")["metadata"]["finalizers"] == ["example.org/hold"]

    remove = '{"metadata": {"finalizers": null}}'
    kubectl("patch", "pod", "held", "--type=merge", f"--patch={remove}")
    kubectl("wait", GONE, "pod/held", TIMEOUT)
