"""The API server, the controller manager and the scheduler are killed while nodes drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.faults.containers import kill_running

if TYPE_CHECKING:
    from e2e.kind.faults.drains import Drains
    from e2e.kind.faults.tally import Tally

PARTS = ("kube-controller-manager", "kube-scheduler", "kube-apiserver")


def test_drains_go_on_when_the_control_plane_is_killed(drains: Drains, tally: Tally) -> None:
    cluster = drains.scene.ground.cluster
    drains.notice_all()
    for node in drains.nodes:
        drains.wait_gone(node, 2)
    for part in PARTS:
        kill_running(cluster, cluster.control_plane, part)
    account = drains.close()

    tally.add("the API server, the controller manager and the scheduler killed", 1, account)
    assert account.harm == []
