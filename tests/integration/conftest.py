"""One local cluster for all integration tests."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from hack.binaries import build_all
from hack.cluster import LocalCluster
from tests.integration.controller_process import ControllerProcess
from tests.integration.stage import Stage, sqs

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the cluster's parts before the first test: that may take minutes, so it is shown."""
    names = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if "cluster" in names and not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            build_all()


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    """Start a cluster that all tests share; what a test creates it also takes away."""
    with LocalCluster() as started:
        yield started


@pytest.fixture(scope="module")
def frail() -> Iterator[LocalCluster]:
    """Start a cluster of the module's own, whose parts its tests take away and bring back."""
    with LocalCluster() as started:
        yield started


@pytest.fixture
def namespace(cluster: LocalCluster) -> Iterator[str]:
    """Make a namespace of the test's own, and begin to delete it afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    # Pods are refused until the controller manager has given it this account.
    accounts = cluster.follow(f"/api/v1/namespaces/{name}/serviceaccounts")
    assert any(account["metadata"]["name"] == "default" for account in accounts)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def queue_url(cluster: LocalCluster) -> Iterator[str]:
    """Make a queue of the module's own: a poll of a killed controller still takes from the last one."""
    client = sqs(cluster)
    url = client.create_queue(QueueName=f"test-{secrets.token_hex(4)}")["QueueUrl"]
    yield url
    client.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def controller(cluster: LocalCluster, queue_url: str) -> Iterator[ControllerProcess]:
    """Run one controller for a module's tests; ready, talkative, and stopped afterwards."""
    with ControllerProcess(cluster, "--queue-url", queue_url, "--log-level", "debug") as running:
        running.wait_ready()
        yield running


@pytest.fixture
def stage(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[Stage]:
    """Give a test its own node and namespace; the node goes with the test."""
    made = Stage(cluster, namespace, queue_url)
    made.add_node()
    yield made
    made.remove()
