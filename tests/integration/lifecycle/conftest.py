"""An Auto Scaling of the module's own, and a controller that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hack.scaling import ScalingServer
from tests.integration.controller_process import ControllerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster


@pytest.fixture(scope="module")
def server() -> Iterator[ScalingServer]:
    with ScalingServer() as started:
        yield started


@pytest.fixture(scope="module")
def controller(
    cluster: LocalCluster, queue_url: str, server: ScalingServer
) -> Iterator[ControllerProcess]:
    """Run one controller for a module's tests; ready, talkative, and stopped afterwards."""
    with ControllerProcess(
        *(cluster, "--queue-url", queue_url, "--log-level", "debug"),
        environment=server.environment,
    ) as running:
        running.wait_ready()
        yield running
