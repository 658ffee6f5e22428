"""kill -9 of either replica at random moments of drains."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from e2e.kind.faults.drains import Drains
    from e2e.kind.faults.replicas import Replica
    from e2e.kind.faults.tally import Tally

SPAN = 18.0
"""Seconds from the notices in which the kills fall: less than a drain without a fault takes."""

KILLS, LOOK_SECONDS, PATIENCE = 4, 0.2, 60.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Share the kills that were asked for among rounds; none is one round without a fault."""
    asked = metafunc.config.option.kills
    rounds = [min(KILLS, asked - done) for done in range(0, asked, KILLS)] or [0]
    metafunc.parametrize(("seed", "kills"), list(enumerate(rounds)))


def test_drains_go_on_when_replicas_are_killed(
    drains: Drains, mortals: Sequence[Replica], tally: Tally, seed: int, kills: int
) -> None:
    dice = Random(seed)  # noqa: S311 - dice, no secret
    moments = sorted(dice.uniform(0.5, SPAN) for _ in range(kills))

    drains.hold()
    began = time.monotonic()
    drains.notice_all()
    killed: list[float] = []
    for moment in moments:
        # The moment is the fault: nothing is waited for.
        time.sleep(max(0.0, began + moment - time.monotonic()))
        killed.append(kill_either(mortals, dice))
    # A kill may have waited for a kubelet longer than the pods of the service have taken to go.
    drains.release()
    account = drains.close()

    ended = max(life.term for node in drains.nodes for life in drains.lives(node).values())
    tally.add("`kill -9` of either replica" if kills else "none", kills, account)
    assert all(at < ended for at in killed)
    assert account.harm == []


def kill_either(replicas: Sequence[Replica], dice: Random) -> float:
    """Kill one of those that run, at once or as soon as the kubelet has restarted one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for replica in dice.sample(replicas, len(replicas)):
            if replica.kill():
                return time.time()
        # The kubelet tells nobody that it waits before it restarts them.
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"no replica runs any more: {replicas}")
