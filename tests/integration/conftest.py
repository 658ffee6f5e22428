"""One local cluster for all integration tests."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from hack.binaries import build_all
from hack.cluster import LocalCluster

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


@pytest.fixture
def namespace(cluster: LocalCluster) -> Iterator[str]:
    """Make a namespace of the test's own, and begin to delete it afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
