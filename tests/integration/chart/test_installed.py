"""The chart installed by the real Helm on a real API server: what runs, what it may do, what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from hack.errors import HackError
from tests.integration.chart.helm import (
    NAME,
    NAMESPACE,
    QUEUE,
    RELEASE,
    only,
    rendered,
)

if TYPE_CHECKING:
    from hack.cluster import LocalCluster
    from tests.integration.chart.helm import Helm

SERVICE = "kubernetes.io/service-name"
SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
CRDS = ["nodeinterruptions.spotdrain.io", "spotpolicies.spotdrain.io"]
BUDGET = "{.status.expectedPods} {.status.currentHealthy} {.status.disruptionsAllowed}"


def test_the_pod_meets_the_restricted_pod_security_standard(
    cluster: LocalCluster, helm: Helm, namespace: str
) -> None:
    enforce = "pod-security.kubernetes.io/enforce"
    cluster.kubectl("label", "namespace", namespace, f"{enforce}=restricted")
    template = only(rendered(helm), "Deployment")["spec"]["template"]
    metadata = {**template["metadata"], "name": "trial", "namespace": namespace}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    cluster.kubectl("create", "serviceaccount", NAME, f"--namespace={namespace}")
    cluster.kubectl("create", "--dry-run=server", "--filename=-", input=yaml.safe_dump_all([pod]))
    del template["spec"]["containers"][0]["securityContext"]["capabilities"]
    with pytest.raises(HackError, match='violates PodSecurity "restricted:latest"'):
        cluster.kubectl(
            "create", "--dry-run=server", "--filename=-", input=yaml.safe_dump_all([pod])
        )


def test_helm_installs_it_and_says_what_comes_next(notes: str) -> None:
    assert f"kubectl rollout status deployment/{NAME} --namespace {NAMESPACE}" in notes
    assert "kubectl get nodeinterruptions --watch" in notes


def test_the_controller_stays_off_spot_nodes_and_spreads(bare: LocalCluster, notes: str) -> None:
    where = "--output=jsonpath={.items[*].spec.nodeName}"
    nodes = bare.kubectl("get", "pods", f"--namespace={NAMESPACE}", where).split()
    assert sorted(nodes) == ["on-demand-a", "on-demand-b"]


def test_one_pod_of_two_may_be_evicted_at_a_time(bare: LocalCluster, notes: str) -> None:
    budget = ("pdb", NAME, f"--namespace={NAMESPACE}")
    bare.kubectl("wait", *budget, "--for=jsonpath={.status.currentHealthy}=2", "--timeout=60s")
    assert bare.kubectl("get", *budget, f"--output=jsonpath={BUDGET}") == "2 2 1"


def test_metrics_are_served_by_the_pod(bare: LocalCluster, notes: str) -> None:
    """Both pods are: a slice is written anew for each that becomes ready."""
    served: list[tuple[str, bool, list[int]]] = []
    for found in bare.follow(SLICES):
        if found["metadata"]["labels"].get(SERVICE) == NAME:
            ports = [port["port"] for port in found["ports"] or ()]
            served = [
                (each["targetRef"]["kind"], each["conditions"]["ready"], ports)
                for each in found["endpoints"] or ()
            ]
        if served == [("Pod", True, [9090])] * 2:
            return
    raise AssertionError(f"both pods were never served: {served}")


def test_policies_outlive_the_chart(
    bare: LocalCluster, installer: Helm, package: str, notes: str
) -> None:
    """Uninstalling leaves CRDs and policies; installing anew takes them over as they are."""
    policy = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "SpotPolicy",
        "metadata": {"name": "a"},
    }
    bare.kubectl(
        "create", "--filename=-", input=yaml.safe_dump_all([{**policy, "spec": {"weight": 7}}])
    )
    # A Job would run as a hook, and no kubelet here runs it: test_life.py plays one.
    installer("uninstall", RELEASE, "--wait", "--no-hooks")
    names = "--output=jsonpath={.items[*].metadata.name}"
    assert bare.kubectl("get", "crds", names).split() == CRDS
    assert bare.kubectl("get", "deployments", f"--namespace={NAMESPACE}", names) == ""
    installer("install", RELEASE, package, QUEUE, "--wait")
    assert bare.kubectl("get", "spp", "a", "--output=jsonpath={.spec.weight}") == "7"
