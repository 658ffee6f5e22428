"""The conditions of a NodeInterruption: what holds, since when, and why."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.interruption import Phase
from controller.domain.verdict import Verdict
from controller.drain.history import Passage
from controller.drain.progress import Progress
from controller.drain.report import status_of
from controller.drain.turns import Leave, Stand
from tests.builders import T0, interruption, rebalance_notice

NOW = T0 + 10


def seen(name: str, **fields: Any) -> dict[str, Passage]:
    return {f"uid-{name}": Passage(f"shop/{name}", f"uid-{name}", **fields)}


def conditions(**fields: Any) -> dict[str, dict[str, Any]]:
    given: dict[str, Any] = {
        "record": interruption(started_at=T0 + 1),
        "phase": Phase.DRAINING,
        "policy": "(built-in)",
        "pool": "m6i.large/eu-central-1a",
        "fenced": Verdict("Fenced", "closed to new pods"),
    }
    status = status_of(Progress(**(given | fields)), NOW)
    return {c["type"]: c for c in status["conditions"]}


@pytest.mark.parametrize(
    ("outcome", "status"), [("Drained", "True"), ("DeadlineMissed", "False"), ("NodeGone", "False")]
)
def test_the_deadline_is_met_unless_it_was_missed(outcome: str, status: str) -> None:
    found = conditions(phase=Phase.FINISHED, outcome=outcome)
    assert (found["DeadlineMet"]["status"], found["DeadlineMet"]["reason"]) == (status, outcome)


def test_the_condition_that_another_writer_tells_is_carried_over() -> None:
    told = {"type": "LifecycleCompleted", "status": "True", "reason": "LifecycleCompleted"}
    found = conditions(record=interruption(started_at=T0 + 1, lifecycle=told))
    assert found["LifecycleCompleted"] == told
    assert "LifecycleCompleted" not in conditions()


def test_nothing_is_said_about_the_deadline_before_the_end_or_without_one() -> None:
    assert "DeadlineMet" not in conditions()
    assert "DeadlineMet" not in conditions(phase=Phase.FINISHED)
    endless = interruption(rebalance_notice())
    ended = conditions(record=endless, phase=Phase.FINISHED, outcome="NodeGone")
    assert "DeadlineMet" not in ended


@pytest.mark.parametrize("outcome", ["", "NotDrained", "DryRun"])
def test_what_was_not_to_be_drained_has_met_no_deadline(outcome: str) -> None:
    assert "DeadlineMet" not in conditions(phase=Phase.FINISHED, outcome=outcome)


def test_a_node_is_drained_when_no_pod_is_left() -> None:
    gone = seen("web", gone_at=T0 + 5)
    drained = conditions(phase=Phase.DRAINED, passages=gone)["Drained"]
    assert (drained["status"], drained["reason"]) == ("True", "AllPodsGone")
    missed = conditions(phase=Phase.FINISHED, passages=seen("web"), outcome="DeadlineMissed")
    assert missed["Drained"]["status"] == "False"


def test_the_fence_is_told_once_it_is_known() -> None:
    assert "Fenced" not in conditions(fenced=None)
    failed = conditions(fenced=Verdict("FenceFailed", "the API server said 403"))["Fenced"]
    assert (failed["status"], failed["message"]) == ("False", "the API server said 403")


def test_a_condition_keeps_its_transition_time_while_its_status_stays() -> None:
    then = "1970-01-01T00:16:45Z"
    earlier = (
        {"type": "Fenced", "status": "True", "lastTransitionTime": then},
        {"type": "Drained", "status": "True", "lastTransitionTime": then},
    )
    found = conditions(record=interruption(conditions=earlier))
    assert found["Fenced"]["lastTransitionTime"] == then
    assert found["Drained"]["lastTransitionTime"] == "1970-01-01T00:16:50Z"


def test_a_notice_that_left_less_than_a_minute_is_told_as_late() -> None:
    assert "LateNotice" not in conditions(record=interruption(started_at=T0 + 60))
    assert "LateNotice" not in conditions(record=interruption(rebalance_notice(), started_at=T0))
    assert "LateNotice" not in conditions(record=interruption())
    late = conditions(record=interruption(started_at=T0 + 113))["LateNotice"]
    assert (late["status"], late["reason"]) == ("True", "LateNotice")
    assert late["message"] == "the notice left 7 s until the deadline at 00:18:40Z"
    past = conditions(record=interruption(started_at=T0 + 500))["LateNotice"]
    assert past["message"] == "the notice left 0 s until the deadline at 00:18:40Z"


def test_a_voluntary_drain_tells_whether_its_turn_has_come() -> None:
    assert "Admitted" not in conditions()
    waits = Leave(Stand.WAITS, Verdict("NodeBudget", "2 of 2 nodes are being drained"))
    found = conditions(admitted=waits)["Admitted"]
    assert (found["status"], found["reason"]) == ("False", "NodeBudget")
    found = conditions(admitted=Leave(Stand.HOLDS, Verdict("WaitingForCapacity", "looks")))
    assert found["Admitted"]["status"] == "Unknown"
    found = conditions(admitted=Leave(Stand.DRAINS, Verdict("Admitted", "its turn has come")))
    assert (found["Admitted"]["status"], found["Admitted"]["reason"]) == ("True", "Admitted")


def test_volumes_that_are_left_are_named() -> None:
    assert "VolumesDetached" not in conditions()
    none = conditions(volumes=())["VolumesDetached"]
    assert (none["status"], none["reason"]) == ("True", "AllDetached")
    two = conditions(volumes=("vol-1", "vol-2"))["VolumesDetached"]
    assert (two["status"], two["reason"]) == ("False", "VolumesLeft")
    assert two["message"] == "2 volumes are left on the node: vol-1, vol-2"
    many = conditions(volumes=tuple(f"vol-{n}" for n in range(5)))["VolumesDetached"]
    assert many["message"] == "5 volumes are left on the node: vol-0, vol-1, vol-2 and 2 more"


def test_t58_a_node_is_drained_although_nobody_tells_of_the_end_of_its_last_pod() -> None:
    passages = {
        "u1": Passage("shop/web", "u1", gone_at=T0 + 5),
        "u2": Passage("shop/db", "u2", accepted_at=T0),
    }
    drained = conditions(phase=Phase.DRAINED, passages=passages)["Drained"]
    assert (drained["status"], drained["reason"]) == ("True", "NothingToWaitFor")
    assert drained["message"] == (
        "1 of 2 pods are gone, nothing is waited for of the others; waiting for the instance to go"
    )


def test_t64_a_node_whose_volumes_are_left_is_not_drained_and_says_so() -> None:
    drained = conditions(phase=Phase.DRAINING, volumes=("vol-1", "vol-2"))["Drained"]
    assert (drained["status"], drained["reason"]) == ("False", "VolumesLeft")
    assert drained["message"] == "all 0 pods are gone; waiting for 2 volumes to be detached"


def test_twenty_volumes_are_listed_at_most() -> None:
    volumes = tuple(f"vol-{n}" for n in range(30))
    progress = Progress(interruption(), Phase.DRAINED, "(built-in)", "pool", volumes=volumes)
    assert status_of(progress, NOW)["volumes"] == list(volumes[:20])


def test_the_end_tells_whether_the_instance_went() -> None:
    over: dict[str, Any] = {"phase": Phase.FINISHED, "outcome": "Drained"}
    assert "Executed" not in conditions()
    assert "Executed" not in conditions(**over)
    gone = conditions(**over, node_there=False)["Executed"]
    assert (gone["status"], gone["reason"]) == ("True", "AsAnnounced")
    never = conditions(phase=Phase.EXPIRED, outcome="NotInterrupted")["Executed"]
    assert (never["status"], never["reason"]) == ("False", "NotInterrupted")
