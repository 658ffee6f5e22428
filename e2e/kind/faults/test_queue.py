"""The queue cannot be reached for a minute: a drain goes on, and a notice is late, not lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from e2e.kind.faults.paths import HANGS, REFUSES, queue_away
from e2e.kind.faults.replicas import replicas_of
from e2e.kind.reading import name_of

if TYPE_CHECKING:
    from e2e.kind.faults.drains import Drains
    from e2e.kind.faults.tally import Tally

AWAY_SECONDS = 60.0


def test_drains_go_on_when_the_queue_was_away(drains: Drains, tally: Tally) -> None:
    ground, (first, second) = drains.scene.ground, drains.nodes
    replicas = replicas_of(ground.cluster)
    drains.notice(first)
    drains.wait_gone(first, 1)
    with queue_away(ground, replicas, HANGS):
        # To be away is the fault: nothing is waited for. First nothing answers ...
        time.sleep(AWAY_SECONDS / 2)
        # ... then somebody says that nobody is there.
        with queue_away(ground, replicas, REFUSES):
            drained = drains.scene.phase("Drained", node=first)
            drains.notice(second)
            time.sleep(AWAY_SECONDS / 2)
            seen = drains.scene.records()
    account = drains.close()

    tally.add(f"the queue away for {AWAY_SECONDS:.0f} s", 1, account)
    assert drained["status"]["pods"]["left"] == 0
    assert {name_of(record) for record in seen} == {first.instance_id}
    assert account.harm == []
