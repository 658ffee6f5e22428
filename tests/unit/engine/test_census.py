"""Nodes by who made them, as the metric has them."""

from __future__ import annotations

from controller import metrics
from controller.domain.provisioner import Provisioner
from controller.engine.census import Census
from tests.builders import node

KARPENTER = node(labels={"karpenter.sh/nodepool": "default"})


def counted() -> dict[str, float]:
    (family,) = metrics.nodes.collect()
    return {s.labels["provisioner"]: s.value for s in family.samples if s.value}


def test_nodes_are_counted_as_they_come_change_and_go() -> None:
    census = Census()
    census.node_changed(None, KARPENTER)
    census.node_changed(None, node())
    assert counted() == {Provisioner.KARPENTER: 1, Provisioner.SELF_MANAGED: 1}
    group = node(labels={"eks.amazonaws.com/nodegroup": "spot"})
    census.node_changed(node(), group)
    census.node_changed(KARPENTER, None)
    assert counted() == {Provisioner.MANAGED_NODE_GROUP: 1}
