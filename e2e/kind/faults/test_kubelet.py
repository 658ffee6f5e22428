"""The kubelets of the nodes stop while they drain, and start again before their end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from e2e.kind.faults.drains import Drains
    from e2e.kind.faults.tally import Tally

AWAY_SECONDS = 20.0


def test_drains_go_on_when_the_kubelets_were_away(drains: Drains, tally: Tally) -> None:
    docker = drains.scene.ground.cluster.docker
    drains.hold()
    drains.notice_all()
    for node in drains.nodes:
        drains.wait_gone(node, 2)
    try:
        for node in drains.nodes:
            docker("exec", node.name, "systemctl", "stop", "kubelet")
        # However many have gone while they stopped: these are asked now.
        drains.release()
        drains.wait_asked()
        # To be away is the fault: nothing is waited for.
        time.sleep(AWAY_SECONDS)
        told = [life.first("term") for life in drains.held_lives()]
    finally:
        for node in drains.nodes:
            docker("exec", node.name, "systemctl", "start", "kubelet")
    account = drains.close()

    tally.add(f"kubelet of the node stopped for {AWAY_SECONDS:.0f} s", len(drains.nodes), account)
    # Nobody was there to say it; the API server was asked all the same.
    assert told == [None] * len(drains.nodes)
    assert account.harm == []
