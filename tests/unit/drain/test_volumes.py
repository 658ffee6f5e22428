"""Which volumes a drain waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.domain.policy import DrainPolicy
from controller.drain.planner import plan
from controller.drain.volumes import volumes_left
from tests.builders import T0, pod, situation

if TYPE_CHECKING:
    from controller.domain.pod import PodFacts

HELD = ("pvc-1", "pvc-2")


def left(*pods: PodFacts, policy: DrainPolicy | None = None) -> tuple[str, ...] | None:
    return volumes_left(HELD, plan(situation(*pods), T0), policy or DrainPolicy())


def test_t64_all_that_the_instance_holds_is_waited_for() -> None:
    assert left() == HELD
    assert left(pod("db", has_volume_claims=True)) == HELD
    assert volumes_left((), plan(situation(), T0), DrainPolicy()) == ()


@pytest.mark.parametrize("owner", ["DaemonSet", "Node"])
def test_t64_the_volumes_of_a_pod_that_stays_are_not_waited_for(owner: str) -> None:
    """Which of them are its own cannot be told, so none is."""
    fields = {"owner_kind": owner} if owner == "DaemonSet" else {"mirror": True}
    assert left(pod("agent", has_volume_claims=True, **fields)) is None
    assert left(pod("agent", **fields)) == HELD


def test_t64_the_volumes_of_a_finished_pod_are_detached_too() -> None:
    assert left(pod("job", phase="Succeeded", has_volume_claims=True)) == HELD


def test_nothing_is_waited_for_against_the_policy_or_in_ignorance() -> None:
    assert left(policy=DrainPolicy(wait_for_volume_detach=False)) is None
    assert volumes_left(None, plan(situation(), T0), DrainPolicy()) is None
    assert volumes_left(HELD, None, DrainPolicy()) is None
