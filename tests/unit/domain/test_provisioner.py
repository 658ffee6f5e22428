"""Who made a node, by its labels, and whether Karpenter drains it."""

from __future__ import annotations

import pytest

from controller.domain.node import Taint, node_from
from controller.domain.provisioner import Provisioner, karpenter_drains, provisioner_of
from tests.builders import node

KARPENTER = {"karpenter.sh/nodepool": "default"}
DISRUPTED = Taint("karpenter.sh/disrupted", "NoSchedule")


@pytest.mark.parametrize(
    ("labels", "provisioner"),
    [
        (KARPENTER, Provisioner.KARPENTER),
        (KARPENTER | {"eks.amazonaws.com/compute-type": "auto"}, Provisioner.AUTO_MODE),
        ({"eks.amazonaws.com/compute-type": "auto"}, Provisioner.AUTO_MODE),
        ({"eks.amazonaws.com/compute-type": "ec2"}, Provisioner.SELF_MANAGED),
        ({"eks.amazonaws.com/nodegroup": "spot"}, Provisioner.MANAGED_NODE_GROUP),
        ({"node.kubernetes.io/lifecycle": "spot"}, Provisioner.SELF_MANAGED),
        ({}, Provisioner.SELF_MANAGED),
    ],
)
def test_labels_tell_who_made_a_node(labels: dict[str, str], provisioner: Provisioner) -> None:
    assert provisioner_of(node(labels=labels)) is provisioner


def test_auto_mode_is_karpenter_run_by_aws() -> None:
    assert {p for p in Provisioner if p.is_karpenter} == {
        Provisioner.KARPENTER,
        Provisioner.AUTO_MODE,
    }


@pytest.mark.parametrize(
    ("deleting", "taints", "drains"),
    [
        pytest.param(True, (DISRUPTED,), True, id="deleted-and-tainted"),
        pytest.param(
            True, (Taint("karpenter.sh/disruption", "NoSchedule", "disrupting"),), True, id="v0.37"
        ),
        pytest.param(False, (DISRUPTED,), False, id="may-be-replaced-later"),
        pytest.param(True, (), False, id="nobody-acts-on-the-deletion"),
        pytest.param(True, (Taint("spot", "NoSchedule"),), False, id="another-taint"),
    ],
)
def test_karpenter_drains_what_is_deleted_and_tainted(
    deleting: bool, taints: tuple[Taint, ...], drains: bool
) -> None:
    assert karpenter_drains(node(deleting=deleting, taints=taints)) is drains


def test_a_node_with_a_deletion_timestamp_is_being_deleted() -> None:
    assert node_from({"metadata": {"deletionTimestamp": "2026-01-02T03:04:05Z"}}).deleting
    assert not node_from({"metadata": {}}).deleting
