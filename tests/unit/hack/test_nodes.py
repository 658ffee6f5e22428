"""Nodes look like those that EKS registers for Spot instances."""

from __future__ import annotations

from typing import Any

import pytest

from hack.nodes import is_ready, node_manifest, region_of, spot_nodes


def test_a_node_names_its_instance_and_its_pool() -> None:
    node = node_manifest("a", "i-0abc", "eu-west-1b", "c7g.xlarge", labels={"team": "web"})

    labels = node["metadata"]["labels"]
    assert node["spec"]["providerID"] == "aws:///eu-west-1b/i-0abc"
    assert labels["topology.kubernetes.io/region"] == "eu-west-1"
    assert labels["topology.kubernetes.io/zone"] == "eu-west-1b"
    assert labels["node.kubernetes.io/instance-type"] == "c7g.xlarge"
    assert labels["eks.amazonaws.com/capacityType"] == "SPOT"
    assert labels["team"] == "web"


@pytest.mark.parametrize(
    ("zone", "region"), [("us-east-1a", "us-east-1"), ("ap-southeast-2c", "ap-southeast-2")]
)
def test_the_region_is_the_zone_without_its_letter(zone: str, region: str) -> None:
    assert region_of(zone) == region


def test_many_nodes_have_names_instances_and_addresses_of_their_own() -> None:
    nodes = spot_nodes(500)

    for path in (["metadata", "name"], ["spec", "providerID"], ["status", "addresses"]):
        values = {str(nested(node, path)) for node in nodes}
        assert len(values) == 500
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert zones == {"us-east-1a", "us-east-1b", "us-east-1c"}


def nested(value: Any, path: list[str]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("status", "taints", "expected"),
    [
        ("True", [], True),
        ("False", [], False),
        ("True", [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}], False),
        ("True", [{"key": "example.org/mine", "effect": "NoSchedule"}], True),
    ],
)
def test_ready_means_that_pods_can_be_scheduled(
    status: str, taints: list[dict[str, str]], *, expected: bool
) -> None:
    node = {
        "spec": {"taints": taints},
        "status": {"conditions": [{"type": "Ready", "status": status}]},
    }

    assert is_ready(node) is expected
    assert not is_ready({"metadata": {"name": "new"}})
