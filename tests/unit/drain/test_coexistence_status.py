"""What the status and the Events tell of a node that is left to Karpenter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.interruption import Phase
from controller.domain.notice import Kind
from controller.domain.policy import Action, Policy
from controller.domain.verdict import Verdict
from controller.drain.coexistence import AWAITED, DRAINS, NOT_BEGUN, Stance
from controller.drain.life import LEFT, Facts, Stand, stand_of
from controller.drain.note import Scene, note_of
from controller.drain.progress import Progress
from controller.drain.report import counts_of, status_of
from controller.drain.tidings import events_of
from tests.builders import T0, interruption, spot_notice

if TYPE_CHECKING:
    from controller.domain.event import Event

SPOT = interruption(started_at=T0)
LEAVES = Stance(Policy(), True, Verdict(DRAINS, "left to Karpenter, which drains the node"))
AWAITS = Stance(Policy(), None, Verdict(AWAITED, "left to Karpenter, unless"), T0 + 10)
TAKES_OVER = Stance(Policy(), False, Verdict(NOT_BEGUN, "Karpenter has not begun"))
FENCED = Verdict("Fenced", "cordoned and tainted: no new pods")


@pytest.mark.parametrize(
    ("fields", "after", "stand"),
    [
        pytest.param({}, 1, Stand(Phase.PENDING), id="open"),
        pytest.param({"fenced": True}, 1, Stand(Phase.FENCED), id="closed-for-a-recommendation"),
        pytest.param({"pods_left": 0}, 60, Stand(Phase.PENDING), id="whatever-its-pods-do"),
        pytest.param({}, 122, Stand(Phase.FINISHED, LEFT), id="its-time-has-come"),
        pytest.param({"node_there": False}, 30, Stand(Phase.FINISHED, LEFT), id="node-gone"),
        pytest.param(
            {"node_there": False, "rehearsed": True},
            30,
            Stand(Phase.FINISHED, "DryRun"),
            id="dry-run",
        ),
        pytest.param(
            {"fenced": True, "rehearsed": True}, 30, Stand(Phase.PENDING), id="dry-run-says-nothing"
        ),
    ],
)
def test_a_node_that_is_left_to_karpenter_is_watched_to_its_end(
    fields: dict[str, Any], after: int, stand: Stand
) -> None:
    given: dict[str, Any] = {
        "record": SPOT,
        "action": Action.OBSERVE,
        "node_there": True,
        "fenced": False,
        "pods_left": None,
        "expiry": 7200.0,
        "left": True,
    }
    assert stand_of(Facts(**(given | fields)), T0 + after) == stand


def test_a_change_that_is_days_ahead_is_watched_until_its_node_is_gone() -> None:
    planned = spot_notice(T0, kind=Kind.SCHEDULED_CHANGE, deadline=T0 + 86_400)
    ahead = interruption(planned).seen(T0, lead=1800.0, expiry=7200.0)
    given = Facts(ahead, Action.OBSERVE, True, False, None, 7200.0, 1800.0, left=True)
    assert stand_of(given, T0 + 60) == Stand(Phase.PENDING)
    assert stand_of(replace(given, node_there=False), T0 + 90) == Stand(Phase.FINISHED, LEFT)


def test_the_sentence_says_who_drains_the_node() -> None:
    scene = Scene(SPOT, Stand(Phase.PENDING), Action.OBSERVE, 1800.0, 7200.0, rehearsed=False)
    assert note_of(scene) == "the policy says Observe: nothing is done"
    told = note_of(scene._replace(left=LEAVES.verdict))
    assert told == "left to Karpenter, which drains the node"


def progress(stance: Stance | None, **fields: Any) -> Progress:
    given: dict[str, Any] = {
        "record": SPOT,
        "phase": Phase.PENDING,
        "policy": "(built-in)",
        "pool": "m6i.large/eu-central-1a",
        "stance": stance,
        "note": stance.verdict.message if stance and stance.verdict and stance.left else "",
    }
    return Progress(**(given | fields))


@pytest.mark.parametrize(
    ("stance", "status"), [(LEAVES, "True"), (AWAITS, "Unknown"), (TAKES_OVER, "False")]
)
def test_a_condition_tells_whose_the_drain_is(stance: Stance, status: str) -> None:
    told = status_of(progress(stance), T0 + 1)
    (left,) = [c for c in told["conditions"] if c["type"] == "LeftToKarpenter"]
    assert (left["status"], (left["reason"], left["message"])) == (status, stance.verdict)
    if stance.left:
        assert told["message"] == left["message"]
        (drained,) = [c for c in told["conditions"] if c["type"] == "Drained"]
        assert (drained["status"], drained["message"]) == ("False", left["message"])


@pytest.mark.parametrize("stance", [None, Stance(Policy())])
def test_nodes_of_others_have_no_such_condition(stance: Stance | None) -> None:
    told = status_of(progress(stance), T0 + 1)
    assert "LeftToKarpenter" not in {c["type"] for c in told["conditions"]}


@pytest.mark.parametrize("outcome", [LEFT, "DryRun"])
def test_what_karpenter_took_before_its_date_was_not_executed(outcome: str) -> None:
    """It waits for no date: AWS has not carried out what it had announced."""
    planned = spot_notice(T0, kind=Kind.SCHEDULED_CHANGE, deadline=T0 + 86_400)
    ahead = interruption(planned).seen(T0, lead=1800.0, expiry=7200.0)
    for record, told in ((ahead, ("False", "NodeRemoved")), (SPOT, ("True", "AsAnnounced"))):
        fields = {"record": record, "phase": Phase.FINISHED, "outcome": outcome}
        status = status_of(progress(LEAVES, **fields, node_there=False), T0 + 90)
        (executed,) = [c for c in status["conditions"] if c["type"] == "Executed"]
        assert (executed["status"], executed["reason"]) == told


def events(stance: Stance | None, **fields: Any) -> list[Event]:
    given = progress(stance, **fields)
    return list(events_of(given, counts_of(given), {}))


def test_the_notice_is_told_once_it_is_known_whose_the_drain_is() -> None:
    assert events(AWAITS) == []
    assert events(AWAITS, fenced=FENCED) == []
    (event,) = events(LEAVES)
    assert event.verdict.reason == "SpotInterruption"
    assert event.verdict.message.endswith("; left to Karpenter, which drains the node")
    (event,) = events(TAKES_OVER, fenced=FENCED)
    assert event.verdict.message.endswith("; cordoned and tainted: no new pods")
    assert events(TAKES_OVER) == []


def test_the_end_of_a_node_that_was_left_to_karpenter_is_no_warning() -> None:
    told = events(LEAVES, phase=Phase.FINISHED, outcome=LEFT)[-1]
    assert (told.verdict.reason, told.warning) == (LEFT, False)
