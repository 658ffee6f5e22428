"""Every kind of event beside Spot notices and recommendations, from SendMessage to its effect."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.times import format_rfc3339, parse_rfc3339
from tests.integration.test_reopening import is_open

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

STATE = "state-change"
CHANGE, CLOSED = "health-scheduled-change", "health-scheduled-change-closed"
WEEK, MINUTE = 7 * 86_400, 60


def condition(ni: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Look up a condition; empty while it is not there."""
    told = ni.get("status", {}).get("conditions", ())
    return next((c for c in told if c["type"] == kind), {})


def executed(stage: Stage) -> tuple[str, str]:
    """Wait until the status tells what became of the instance, and return that."""
    ni = stage.wait(lambda ni: bool(condition(ni, "Executed")))
    told = condition(ni, "Executed")
    return told["status"], told["reason"]


def starts(seconds: float, update: str) -> dict[str, Any]:
    """Describe when a scheduled change begins, from now on, in its `update`th communication."""
    return {"startTime": format_rfc3339(time.time() + seconds), "communicationId": update}


def counted(controller: ControllerProcess, kind: str, outcome: str) -> None:
    """Wait until such an outcome is counted in the pool of all these nodes."""
    pool = {"instance_type": "m5.xlarge", "zone": "us-east-1a"}
    name = "spotdrain_interruption_outcomes_total"
    controller.wait_metric(1, name, kind=kind, outcome=outcome, **pool)


def test_for_a_hibernation_nothing_is_waited_for(
    stage: Stage, controller: ControllerProcess
) -> None:
    """EC2 freezes the instance while it tells.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernate-spot-instances.html
    """
    stage.add_pods(stage.pod("web", grace=60))
    stage.add_budget("full", 1, {"app": "web"})
    sent = time.time()
    stage.send_golden("spot-interruption-hibernate")

    drained = stage.wait_phase("Drained", "Finished")["status"]

    deadline = parse_rfc3339(drained["deadline"])
    assert deadline is not None
    assert deadline - sent < 90
    # The budget is asked, and overridden within the seconds that a drain gets at least.
    assert [r.pod for r in stage.requests() if r.code < 400] == ["web"]
    assert drained["pods"]["forced"] == 1


@pytest.mark.parametrize("name", ["capacity-reservation", "capacity-reservation-other-spelling"])
def test_a_capacity_reservation_that_is_taken_back_is_drained_for_by_its_own_deadline(
    stage: Stage, controller: ControllerProcess, name: str
) -> None:
    stage.add_pods(stage.pod("web"))
    ends = format_rfc3339(time.time() + 90)
    said: dict[str, Any] = {"instance-termination-time": ends}
    stage.send_golden(name, **said)

    drained = stage.wait_phase("Drained")["status"]
    stage.remove()

    assert (drained["kind"], drained["deadline"]) == ("CapacityReservation", ends)
    assert [r.pod for r in stage.evictions()] == ["web"]
    assert executed(stage) == ("True", "AsAnnounced")
    counted(controller, "capacity_reservation", "as_announced")


def test_a_scheduled_change_waits_for_its_lead_time_and_is_undone_when_it_is_taken_back(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(stage.pod("web"))
    stage.send_golden(CHANGE, **starts(WEEK, "first"))
    waits = stage.wait(lambda ni: "is scheduled for" in ni.get("status", {}).get("message", ""))
    told = stage.node_event("ScheduledChange")
    stage.wait_node(is_open)
    assert stage.requests() == []

    stage.send_golden(CHANGE, **starts(20 * MINUTE, "second"))
    drained = stage.wait_phase("Drained")["status"]
    stage.wait_node(lambda node: node["spec"].get("unschedulable") is True)

    stage.send_golden(CLOSED, communicationId="third")
    over = stage.wait_phase("Cancelled")["status"]
    stage.wait_node(is_open)

    status = waits["status"]
    assert (status["phase"], status["kind"]) == ("Pending", "ScheduledChange")
    assert "reboot of the instance is scheduled for" in status["message"]
    assert "startedAt" not in status
    assert "AWS has scheduled a change of" in told["note"]
    begun, deadline = (parse_rfc3339(drained[key]) for key in ("startedAt", "deadline"))
    assert begun is not None
    assert deadline is not None
    assert deadline - begun < 30 * MINUTE
    assert (over["outcome"], over["observedNotices"]) == ("Withdrawn", 3)
    assert executed(stage) == ("False", "Withdrawn")
    counted(controller, "scheduled_change", "withdrawn")


def test_a_node_that_somebody_wants_open_is_drained_all_the_same_when_its_change_comes(
    stage: Stage, controller: ControllerProcess
) -> None:
    """That a recommendation was declined says nothing about a change days later."""
    taken_over = controller.metric("spotdrain_takeovers_total")
    stage.add_pods(stage.pod("web"))
    # In that minute the recommendation comes, and is declined.
    stage.send_golden(CHANGE, **starts(31 * MINUTE, "first"))
    stage.wait(lambda ni: "is scheduled for" in ni.get("status", {}).get("message", ""))
    stage.send_rebalance()
    stage.wait_node(lambda node: node["spec"].get("unschedulable") is True)

    stage.cluster.kubectl("uncordon", stage.node_name)
    over = stage.wait_phase("Cancelled")["status"]
    stage.wait_node(is_open)
    drained = stage.wait_phase("Drained")["status"]

    assert over["outcome"] == "Uncordoned"
    assert drained["kind"] == "ScheduledChange"
    assert [r.pod for r in stage.evictions()] == ["web"]
    assert controller.metric("spotdrain_takeovers_total") == taken_over


def test_a_withdrawal_that_comes_before_its_announcement_counts(
    stage: Stage, controller: ControllerProcess
) -> None:
    """SQS keeps no order, and what lay in the queue for a while is handled four at a time."""
    since = len(controller.lines)
    stage.send_golden(CLOSED, communicationId="second")
    controller.wait_for_words("comes again: what it takes back was never", since=since)
    stage.send_golden(CHANGE, age=5, **starts(WEEK, "first"))

    over = stage.wait_phase("Cancelled")["status"]

    assert (over["outcome"], over["observedNotices"]) == ("Withdrawn", 2)
    assert controller.metric("spotdrain_sqs_messages_total", result="early") >= 1


def test_what_takes_back_a_change_that_was_never_announced_here_is_nothing(
    stage: Stage, controller: ControllerProcess
) -> None:
    since = len(controller.lines)
    stage.send_golden(CLOSED)

    controller.wait_for_words("what it takes back was never announced here", since=since)
    stage.wait_node(is_open)
    assert stage.cluster.kubectl("get", "ni", stage.instance_id, "--ignore-not-found") == ""


def test_the_end_of_an_instance_that_nothing_announced_is_drained_at_once_and_counted(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(stage.pod("web"))
    stage.send_golden(STATE, state="shutting-down")
    # It is over after ten seconds, and then Finished.
    drained = stage.wait_phase("Drained", "Finished")["status"]
    stage.send_golden(STATE, state="terminated")
    stage.wait(lambda ni: "terminatedAt" in ni["status"])
    stage.remove()

    assert drained["kind"] == "StateChange"
    # A pod that is slow to go is told a second time, to be quicker.
    assert {r.pod for r in stage.requests()} == {"web"}
    assert executed(stage) == ("True", "Unannounced")
    counted(controller, "state_change", "unannounced")


def test_the_end_that_was_announced_is_no_second_interruption(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(stage.pod("web"))
    stage.send_spot(age=116)
    stage.wait_phase("Draining", "Drained", "Finished")
    since = len(controller.lines)
    stage.send_golden(STATE, state="shutting-down")
    controller.wait_for_words("it ends as announced", since=since)
    stage.remove()

    assert executed(stage) == ("True", "AsAnnounced")
    over = stage.wait_phase("Finished")
    assert [n["kind"] for n in over["spec"]["notices"]] == ["SpotInterruption"]


def test_an_instance_that_ends_long_before_its_deadline_is_drained_at_once(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(stage.pod("web", stop=3))
    stage.send_spot()
    stage.wait_phase("Draining", "Drained")
    stage.send_golden(STATE, state="stopping")
    ni = stage.wait(lambda ni: ni["status"].get("observedNotices") == 2)

    assert ni["status"]["kind"] == "SpotInterruption"
    deadline = parse_rfc3339(ni["status"]["deadline"])
    assert deadline is not None
    assert deadline < time.time() + 30


def test_what_an_autoscaler_takes_away_is_no_interruption(
    stage: Stage, controller: ControllerProcess
) -> None:
    since = len(controller.lines)
    taint = "ToBeDeletedByClusterAutoscaler=1700000000:NoSchedule"
    stage.cluster.kubectl("taint", "node", stage.node_name, taint)
    stage.wait_node(lambda node: bool(node["spec"].get("taints")))
    stage.send_golden(STATE, state="shutting-down")

    controller.wait_for_words("an autoscaler takes the node away", since=since)
    assert stage.cluster.kubectl("get", "ni", stage.instance_id, "--ignore-not-found") == ""


def test_states_of_instances_that_live_or_are_not_ours_are_nothing(
    stage: Stage, controller: ControllerProcess
) -> None:
    since = len(controller.lines)
    stage.send_golden(STATE, state="running")
    controller.wait_for_words("the instance is running", since=since)
    stage.instance_id, ours = "i-00000000000000000", stage.instance_id
    stage.send_golden(STATE, state="terminated")
    stage.send_golden(CLOSED)
    controller.wait_for_words("StateChange for i-0000", "no node of this cluster", since=since)
    controller.wait_for_words("ScheduledChange for i-0000", "no node of this cluster", since=since)
    stage.instance_id = ours


def test_a_recommendation_that_an_interruption_follows_is_counted_with_its_lead(
    stage: Stage, controller: ControllerProcess
) -> None:
    before = controller.metric("spotdrain_rebalance_lead_seconds_sum")
    stage.send_rebalance(age=60)
    stage.wait_phase("Fenced")
    stage.send_spot()
    stage.wait(lambda ni: ni["status"].get("kind") == "SpotInterruption")

    pool = {"instance_type": "m5.xlarge", "zone": "us-east-1a"}
    controller.wait_metric(1, "spotdrain_rebalance_conversions_total", **pool)
    controller.wait_metric(before + 59, "spotdrain_rebalance_lead_seconds_sum")
