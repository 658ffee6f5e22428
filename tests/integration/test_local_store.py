"""Objects may be put into the local cluster's etcd, past the API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bench.ground import NAMESPACE, Target
from bench.planting import plant
from bench.standing import conditions
from hack.cluster import HackError, LocalCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDING = Target("standing", "i-0fedcba9876543210")
BEAT = "2026-02-03T04:05:06Z"


@pytest.fixture(scope="module")
def quiet() -> Iterator[LocalCluster]:
    """Start a cluster of its own: the node lifecycle controller would taint such a node."""
    with LocalCluster() as started:
        started.quiet()
        plant(started, [STANDING], 2)
        yield started


def test_the_api_server_shows_what_was_put_there(quiet: LocalCluster) -> None:
    shown = json.loads(quiet.kubectl("get", "pods", "-n", NAMESPACE, "--output=json"))

    assert {pod["spec"]["nodeName"] for pod in shown["items"]} == {"standing"}
    assert {pod["metadata"]["name"] for pod in shown["items"]} == {"standing-0", "standing-1"}
    # What it would have filled in itself is there when it is read.
    assert {pod["spec"]["terminationGracePeriodSeconds"] for pod in shown["items"]} == {30}


def test_the_api_server_changes_what_was_put_there(quiet: LocalCluster) -> None:
    quiet.patch_each(
        [("/api/v1/nodes/standing/status", {"status": {"conditions": conditions(BEAT)}})]
    )

    node = json.loads(quiet.kubectl("get", "node", "standing", "--output=json"))
    assert {c["lastHeartbeatTime"] for c in node["status"]["conditions"]} == {BEAT}


def test_a_patch_that_is_refused_is_told(quiet: LocalCluster) -> None:
    with pytest.raises(HackError, match='nodes "nobody" not found'):
        quiet.patch_each([("/api/v1/nodes/nobody/status", {})])


def test_etcd_says_what_it_refuses(quiet: LocalCluster) -> None:
    with pytest.raises(HackError, match="etcd refused"):
        quiet.store.put_all([("", "{}")])
