"""Everything that a queue may bring beside what is asked for: twice, late, foreign, poisoned, by SNS."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from controller.cli.simulated import SPOT, event
from e2e.kind.reading import KILLED, condition_of, deadline_of, exit_code, name_of
from e2e.kind.scene import open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.kind.ground import Ground
    from e2e.kind.scene import Scene
    from e2e.kind.sightings import Object

FOREIGN = "i-0f0f0f0f0f0f0f0f0"
"""No node of this cluster."""

POISON = '{"detail-type": "EC2 Spot'
NEARLY_OVER, LATE, STALE = 119.0, 65.0, 120.0 + 301.0
"""Seconds: ages of a warning that leave 1, 55 and, for five minutes, none."""

RESERVE, LONGER_THAN_LEFT = "25s", 300
"""So the late pod's grace is cut, and its kubelet may be late without passing the deadline."""

DEAD_LETTER_PATIENCE = 120.0
"""Seconds: five receives, each hidden for ten."""


class Sent(NamedTuple):
    """The scene when both drains are over, their records, and the event that came three times."""

    scene: Scene
    usual: Object
    late: Object
    event_id: str
    dead_letter: str


@pytest.fixture(scope="module")
def sent(ground: Ground) -> Iterator[Sent]:
    """Send it all at once, and wait until the queue is empty."""
    with open_scene(ground) as scene:
        post, make = scene.post, scene.workloads
        stays = {"STOPS_AFTER": "never"}
        scene.policy(drain={"reserve": RESERVE})
        scene.run(
            make.pod("usual", scene.node.name, environment={"STOPS_AFTER": "2"}),
            make.pod("late", scene.other.name, grace=LONGER_THAN_LEFT, environment=stays),
            pods=2,
        )
        post.body(POISON)
        post.spot(FOREIGN, age=NEARLY_OVER)
        post.spot(ground.home.instance_id, age=STALE)
        warning = event(scene.node.instance_id, SPOT, time.time())
        post.by_sns(warning)
        post.send(warning)
        post.send(warning)
        post.spot(scene.other.instance_id, age=LATE)
        late = scene.phase("Finished", node=scene.other)
        usual = scene.phase("Drained")
        dead_letter = post.dead_letter(DEAD_LETTER_PATIENCE)
        post.wait_empty()
        yield Sent(scene, usual, late, warning["id"], dead_letter)


def test_a_warning_in_an_envelope_of_sns_drains_the_node(sent: Sent) -> None:
    assert sent.usual["status"]["kind"] == "SpotInterruption"
    assert sent.scene.life("usual").times("end") == 1


def test_a_warning_that_comes_three_times_is_one(sent: Sent) -> None:
    last = [r for r in sent.scene.records() if name_of(r) == sent.scene.node.instance_id][-1]
    assert [notice["id"] for notice in last["spec"]["notices"]] == [sent.event_id]
    assert sent.scene.life("usual").times("term") == 1


def test_a_late_warning_has_its_pods_asked_at_once_with_what_is_left(sent: Sent) -> None:
    life = sent.scene.life("late", sent.scene.other)
    assert condition_of(sent.late, "LateNotice")["status"] == "True"
    assert life.times("term") == 1
    # It never stops by itself: its grace was cut to what was left before the deadline.
    assert exit_code(sent.scene.pods("late")[0]) == KILLED
    assert life.last < deadline_of(sent.late)


def test_neither_a_foreign_instance_nor_a_warning_of_long_ago_is_recorded(sent: Sent) -> None:
    known = {name_of(record) for record in sent.scene.records()}
    assert known == {sent.scene.node.instance_id, sent.scene.other.instance_id}


def test_what_cannot_be_read_ends_in_the_dead_letter_queue(sent: Sent) -> None:
    assert sent.dead_letter == POISON
    with pytest.raises(json.JSONDecodeError):
        json.loads(sent.dead_letter)
