"""T64: a node is drained when the volumes of its pods are detached, and says which are left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.cases.disk import Disk, volumes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage


@pytest.fixture
def disk(stage: Stage) -> Iterator[Disk]:
    """Have a disk that a pod `db` of the stage's node has mounted."""
    made = Disk(stage, "data")
    made.create()
    stage.add_pods(made.mounted_by(stage.pod("db", grace=5)))
    made.attach()
    yield made
    made.forget()


def conditions(ni: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Give status and reason of each condition."""
    found = ni.get("status", {}).get("conditions", [])
    return {c["type"]: (c["status"], c["reason"]) for c in found}


def waits_for_volumes(ni: Mapping[str, Any]) -> bool:
    return conditions(ni).get("Drained") == ("False", "VolumesLeft")


def test_t64_a_node_is_drained_once_its_volumes_are_detached(
    stage: Stage, controller: ControllerProcess, disk: Disk
) -> None:
    stage.send_spot()
    waiting = stage.wait(waits_for_volumes)
    # Kubernetes takes it out of the node's status before it is detached.
    stage.wait_node(lambda node: not volumes_of(node))
    disk.detach()
    done = stage.wait_phase("Drained")

    assert waiting["status"]["phase"] == "Draining"
    assert waiting["status"]["progress"] == "1/1 gone"
    assert waiting["status"]["volumes"] == [disk.name]
    assert conditions(waiting)["VolumesDetached"] == ("False", "VolumesLeft")
    assert done["status"]["volumes"] == []
    assert conditions(done)["VolumesDetached"] == ("True", "AllDetached")


def test_t64_a_volume_that_is_never_detached_is_named_and_does_not_hold_the_end_up(
    stage: Stage, controller: ControllerProcess, disk: Disk
) -> None:
    """Its pod is gone in time, so nothing was missed."""
    stage.send_spot(age=90)
    done = stage.wait_phase("Finished")

    assert done["status"]["outcome"] == "Drained"
    assert done["status"]["volumes"] == [disk.name]
    assert conditions(done)["VolumesDetached"] == ("False", "VolumesLeft")
    assert conditions(done)["DeadlineMet"] == ("True", "Drained")
    disk.detach()
