"""Each answer of the API server comes two seconds later, from the controller's start on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.kind.faults.paths import SlowPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from e2e.kind.faults.drains import Drains
    from e2e.kind.faults.replicas import Replica
    from e2e.kind.faults.tally import Tally

SECONDS = 2.0


def test_drains_are_in_time_when_the_api_server_is_slow(
    drains: Drains, mortals: Sequence[Replica], tally: Tally
) -> None:
    scene = drains.scene
    path = SlowPath(scene, SECONDS)
    since = scene.ground.pods.count
    for replica in mortals:
        path.lead(replica)
        # What is open already stays as it was: it begins anew, in the same network.
        assert replica.kill()
    for replica in mortals:
        replica.wait_restarted(scene.ground, since)

    drains.notice_all()
    account = drains.close()

    tally.add(f"{SECONDS:.0f} s latency to the API server", 1, account)
    assert {replica.address for replica in mortals} <= path.carried
    assert account.harm == []
