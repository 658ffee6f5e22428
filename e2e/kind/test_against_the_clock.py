"""One drain with little time left: what refuses, hangs on or takes long, and when it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from e2e.kind.reading import (
    KILLED,
    condition_of,
    deadline_of,
    ended_at,
    entry_of,
    exit_code,
    instant,
    name_of,
)
from e2e.kind.scene import open_scene
from e2e.kind.workloads import hook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from e2e.kind.ground import Ground
    from e2e.kind.scene import Scene
    from e2e.kind.sightings import Object

AGE = 30.0
"""Seconds: 90 of the 120 are left."""

RESERVE = "30s"
"""So kubelets may be late by half a minute before a pod is there beyond its deadline."""

STUBBORN_GRACE = 5
HOOK_SECONDS = 3.0
WHOLE_SECOND = 1.0
"""The status has whole seconds."""


class Drained(NamedTuple):
    """The scene after the drain, its last record, and the one that told what waits."""

    scene: Scene
    record: Object
    waiting: Object


@pytest.fixture(scope="module")
def drained(ground: Ground) -> Iterator[Drained]:
    """Drain a node with every kind of pod that does not simply go, once for all tests here."""
    with open_scene(ground) as scene:
        node, make = scene.node.name, scene.workloads
        stays = {"STOPS_AFTER": "never"}
        scene.policy(drain={"reserve": RESERVE})
        keep = {"karpenter.sh/do-not-disrupt": "true"}
        scene.run(
            make.pod("willing", node),
            make.pod("guarded", node, grace=5, environment={"STOPS_AFTER": "1"}),
            make.budget("guarded", minAvailable=1),
            make.pod("protected", node, grace=5, annotations=keep),
            make.pod("stubborn", node, grace=STUBBORN_GRACE, environment=stays),
            make.pod("endless", node, grace=300, environment=stays),
            make.pod("hooked", node, container=hook(HOOK_SECONDS)),
            pods=6,
        )
        # The budget counts its pod a moment later, and has no room then.
        scene.kubectl(
            "wait", "pdb/guarded", "--for=jsonpath={.status.currentHealthy}=1", "--timeout=120s"
        )
        scene.post.spot(scene.node.instance_id, age=AGE)
        waiting = scene.record(
            "tells of what is blocked and protected",
            lambda ni: all(
                entry_of(ni, pod, "waiting").get("lastSafe") for pod in ("guarded", "protected")
            ),
        )
        yield Drained(scene, scene.phase("Drained", "Finished"), waiting)


def is_asked(pod: Mapping[str, Any], name: str) -> bool:
    """Tell whether this is a pod of that name which is to stop."""
    return name_of(pod) == name and "deletionTimestamp" in pod["metadata"]


def last_safe(drained: Drained, pod: str) -> float:
    """Read the last moment at which a pod could still stop in peace."""
    return instant(entry_of(drained.waiting, pod, "waiting")["lastSafe"])


def test_a_budget_without_room_is_respected_until_the_last_safe_moment(drained: Drained) -> None:
    life = drained.scene.life("guarded")
    assert life.term >= last_safe(drained, "guarded") - WHOLE_SECOND
    assert life.term > drained.scene.life("willing").end
    # Then it is deleted with all of its grace, and ends by itself before the deadline.
    assert life.end < deadline_of(drained.record)
    told = entry_of(drained.record, "guarded")
    assert (told["forced"], told["grace"], told.get("graceTruncated", False)) == (True, 5, False)


def test_what_is_deleted_past_its_budget_is_marked_as_disrupted(drained: Drained) -> None:
    (pod,) = drained.scene.pods("guarded")
    assert condition_of(pod, "DisruptionTarget")["status"] == "True"


def test_a_protected_pod_runs_on_until_its_last_safe_moment(drained: Drained) -> None:
    life = drained.scene.life("protected")
    assert life.term >= last_safe(drained, "protected") - WHOLE_SECOND
    assert life.end < deadline_of(drained.record)
    assert entry_of(drained.record, "protected").get("forced", False) is False


def test_what_ignores_sigterm_is_killed_at_the_end_of_its_grace(drained: Drained) -> None:
    """By the kubelet's word: on a busy machine the witness itself may be late to write."""
    (ended,) = drained.scene.pods("stubborn")
    asked = drained.scene.wait_pod("is asked to stop", lambda pod: is_asked(pod, "stubborn"))
    assert drained.scene.life("stubborn").first("end") is None
    assert exit_code(ended) == KILLED
    assert asked["metadata"]["deletionGracePeriodSeconds"] == STUBBORN_GRACE
    over = instant(asked["metadata"]["deletionTimestamp"])
    assert ended_at(ended) >= over - WHOLE_SECOND


def test_a_grace_that_is_longer_than_the_window_is_cut_to_it(drained: Drained) -> None:
    life, told = drained.scene.life("endless"), entry_of(drained.record, "endless")
    assert life.first("end") is None
    assert exit_code(drained.scene.pods("endless")[0]) == KILLED
    assert told["graceTruncated"] is True
    asked = drained.scene.wait_pod("is asked to stop", lambda pod: is_asked(pod, "endless"))
    assert asked["metadata"]["deletionGracePeriodSeconds"] == told["grace"]
    over = instant(asked["metadata"]["deletionTimestamp"])
    assert ended_at(drained.scene.pods("endless")[0]) >= over - WHOLE_SECOND
    assert life.last < deadline_of(drained.record)


def test_a_prestop_hook_runs_before_sigterm(drained: Drained) -> None:
    life = drained.scene.life("hooked")
    begun = life.first("prestop")
    assert begun is not None
    assert life.term >= begun + HOOK_SECONDS
    assert life.times("end") == 1


def test_nothing_was_killed_without_having_been_asked(drained: Drained) -> None:
    pods = drained.record["status"]["pods"]
    assert (pods["total"], pods["gone"], pods.get("killed", 0)) == (6, 6, 0)
    assert pods["forced"] == 1
    for name in ("willing", "guarded", "protected", "stubborn", "endless", "hooked"):
        assert drained.scene.life(name).times("term") == 1
