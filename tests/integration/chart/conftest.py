"""Helm without a cluster, and a cluster of the module's own to install the chart in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hack.cluster import LocalCluster
from hack.nodes import node_manifest
from tests.integration.chart.helm import CHART, NAMESPACE, QUEUE, RELEASE, Helm

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONES = {"on-demand-a": "us-east-1a", "on-demand-b": "us-east-1b"}
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without any cluster, for what needs none."""
    return Helm(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def bare(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Start a cluster beside the shared one that has nodes, and nothing of spotdrain's.

    The release's namespace enforces the restricted Pod Security Standard.
    """
    with LocalCluster(crds=tmp_path_factory.mktemp("no-crds")) as started:
        nodes = [
            node_manifest(
                name, f"i-0000000000000000{number}", zone, "m5.large", capacity_type="ON_DEMAND"
            )
            for number, (name, zone) in enumerate(ZONES.items(), start=2)
        ]
        spot = node_manifest("spot", "i-00000000000000001", "us-east-1a", "m5.large")
        started.add_nodes([spot, *nodes])
        started.kubectl("create", "namespace", NAMESPACE)
        started.kubectl("label", "namespace", NAMESPACE, RESTRICTED)
        yield started


@pytest.fixture(scope="module")
def installer(bare: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm as the administrator of the cluster of the module's own."""
    return Helm(tmp_path_factory.mktemp("helm"), bare.admin_kubeconfig)


@pytest.fixture(scope="module")
def package(installer: Helm, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Pack the chart as it would be published."""
    folder = tmp_path_factory.mktemp("package")
    installer("package", str(CHART), f"--destination={folder}")
    (packed,) = folder.iterdir()
    return str(packed)


@pytest.fixture(scope="module")
def notes(installer: Helm, package: str) -> str:
    """Install the chart, wait till its pods are ready, and return what Helm then says."""
    return installer("install", RELEASE, package, QUEUE, "--wait")
