"""Every choice of values is what a real API server takes, unknown fields refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from hack.binaries import module_folder
from tests.integration.chart.helm import rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from tests.integration.chart.helm import Helm

OPERATOR = "github.com/prometheus-operator/prometheus-operator"
MONITORING = ("servicemonitors", "podmonitors", "prometheusrules")

CHOICES = [
    [],
    ["crds.enabled=false"],
    ["rbac.create=false"],
    ["serviceAccount.create=false", "serviceAccount.name=default"],
    ["metricsService.enabled=false"],
    [
        "replicas=0",
        "logLevel=debug",
        "region=eu-west-1",
        f"image.digest=sha256:{'0' * 64}",
        "imagePullSecrets[0].name=registry",
        "fullnameOverride=other",
        r"serviceAccount.annotations.eks\.amazonaws\.com/role-arn=arn:aws:iam::1:role/r",
        r"metricsService.annotations.prometheus\.io/port=yes",
        "extraEnv[0].name=A,extraEnv[0].value=b",
        "podLabels.team=batch",
        "podAnnotations.note=hi",
        r"nodeSelector.kubernetes\.io/os=linux",
        "priorityClassName=",
        "podSecurityContext.runAsUser=null",
    ],
    [
        "serviceMonitor.enabled=true",
        "serviceMonitor.labels.release=mine",
        "serviceMonitor.interval=1m30s",
        "serviceMonitor.relabelings[0].action=labelmap",
        "serviceMonitor.metricRelabelings[0].action=drop",
        "prometheusRule.enabled=true",
        "prometheusRule.labels.release=mine",
        "dashboard.enabled=true",
        "dashboard.annotations.grafana_folder=spot",
        "networkPolicy.enabled=true",
        r"networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.a=b",
        "networkPolicy.extraEgress[0].ports[0].port=3128",
        "extraVolumes[0].name=ca,extraVolumes[0].configMap.name=ca",
        "extraVolumeMounts[0].name=ca,extraVolumeMounts[0].mountPath=/ca",
        "podDisruptionBudget.maxUnavailable=50%",
    ],
    [
        "podMonitor.enabled=true",
        "podMonitor.interval=30s",
        "podMonitor.relabelings[0].action=labelmap",
        "podMonitor.metricRelabelings[0].action=drop",
        f"fullnameOverride={'long-' * 13}",
        "dashboard.enabled=true",
        "podDisruptionBudget.enabled=false",
        "guard.allowAdministrators=false",
        'guard.allowedUsers={it\'s "me"}',
        "guard.allowedGroups=null",
        "guard.allowedServiceAccounts={ops/drills}",
        "topologySpreadConstraints=null",
    ],
]


@pytest.fixture(scope="module")
def monitored(cluster: LocalCluster) -> Iterator[LocalCluster]:
    """Have the Prometheus operator's CRDs in the shared cluster for these tests."""
    folder = module_folder("prometheus-operator", OPERATOR) / "example" / "prometheus-operator-crd"
    files = [f"--filename={folder}/monitoring.coreos.com_{name}.yaml" for name in MONITORING]
    cluster.kubectl("apply", "--server-side", *files)
    names = [f"crd/{name}.monitoring.coreos.com" for name in MONITORING]
    cluster.kubectl("wait", *names, "--for=condition=Established", "--timeout=60s")
    yield cluster
    cluster.kubectl("delete", *files)


@pytest.mark.parametrize("settings", CHOICES, ids=lambda settings: settings[0] if settings else "-")
def test_the_api_server_accepts_every_choice(
    monitored: LocalCluster, helm: Helm, settings: list[str]
) -> None:
    """Server-side apply refuses unknown fields, and the namespace has to be there."""
    documents = rendered(helm, *settings, "nameOverride=trial")
    for document in documents:
        if "namespace" in document["metadata"]:
            document["metadata"]["namespace"] = "default"
    answer = monitored.kubectl(
        "apply",
        "--server-side",
        "--dry-run=server",
        "--filename=-",
        input=yaml.safe_dump_all(documents),
    )
    assert len(answer.splitlines()) == len(documents)
