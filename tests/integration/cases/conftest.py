"""A controller that reaches the real API server through a proxy, in which a test puts faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.controller_process import ControllerProcess
from tests.integration.proxy import FaultyProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster


@pytest.fixture(scope="module")
def proxy(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyProxy]:
    """Start a proxy before the cluster's API server; without faults it changes nothing."""
    with FaultyProxy(cluster, tmp_path_factory.mktemp("proxy")) as started:
        yield started


@pytest.fixture(scope="module")
def through(
    cluster: LocalCluster, queue_url: str, proxy: FaultyProxy
) -> Iterator[ControllerProcess]:
    """Run one controller behind the proxy for a module's tests."""
    with ControllerProcess(
        *(cluster, "--queue-url", queue_url, "--log-level", "debug"), kubeconfig=proxy.kubeconfig
    ) as running:
        running.wait_ready()
        yield running
