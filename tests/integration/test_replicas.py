"""Several replicas on one queue: they share the work, and go on with each other's."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from controller.domain.ownership import owner_of
from tests.integration.controller_process import ControllerProcess, messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}
NAMES = ("one", "two")

Pair = dict[str, ControllerProcess]


@pytest.fixture
def pair(cluster: LocalCluster, queue_url: str) -> Iterator[Pair]:
    """Run two replicas that know of each other."""
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(
                ControllerProcess(cluster, "--queue-url", queue_url, "--identity", name)
            )
            for name in NAMES
        }
        for replica in found.values():
            replica.wait_for(lambda line: line["message"].startswith("replicas: one, two"))
            replica.wait_ready()
        yield found


def owner_and_other(pair: Pair, stage: Stage) -> tuple[ControllerProcess, ControllerProcess]:
    """Tell which of the two drains the stage's node."""
    owner = owner_of(stage.instance_id, NAMES)
    return pair[owner], next(replica for name, replica in pair.items() if name != owner)


def test_sigterm_hands_a_drain_over_at_once(pair: Pair, stage: Stage) -> None:
    stage.add_pods(stage.pod("guarded", grace=5, labels=GUARD))
    stage.add_budget("full", 1, GUARD)
    owner, other = owner_and_other(pair, stage)

    stage.send_spot(age=30)
    owner.wait_for_words(f"node {stage.node_name} is Draining")
    assert owner.terminate() == 0
    released = owner.wait_for_words("released our Lease")
    taken = other.wait_for_words(f"node {stage.node_name} is Draining")
    stage.cluster.kubectl("delete", "pdb", "full", f"--namespace={stage.namespace}")
    # The pod may be gone a moment before the answer to its eviction is there.
    stage.wait(lambda ni: ni["status"]["pods"]["evicted"] == 1)
    stage.wait_phase("Drained")
    assert other.terminate() == 0

    # It has not waited for the Lease to lapse, and was not needed before.
    assert taken["time"] > released["time"]
    assert not [line for line in other.lines if "lapse" in line["message"]]
    for ended in pair.values():
        assert messages(ended.lines)[-1].startswith("stopped; ")
        assert ended.words == []
        assert not [line for line in ended.lines if "exception" in line]
