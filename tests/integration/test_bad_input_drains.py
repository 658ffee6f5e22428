"""Clocks that run apart, budgets that overlap, and what must not be logged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from controller.domain.times import parse_rfc3339

if TYPE_CHECKING:
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}
NOTICE_SECONDS = 120
SECRETS = ("testing", "Bearer", "AWS_SECRET", "X-Amz-Security-Token")


def test_an_event_from_the_future_leaves_no_more_than_two_minutes(
    controller: ControllerProcess, stage: Stage
) -> None:
    sent = time.time()
    stage.send_spot(age=-30)
    record = stage.wait_phase("Drained")
    received = time.time()

    deadline = parse_rfc3339(record["status"]["deadline"])
    assert deadline is not None
    # Kubernetes' times have whole seconds.
    assert int(sent) + NOTICE_SECONDS <= deadline <= received + NOTICE_SECONDS


def test_a_late_notice_drains_at_once_what_can_still_be_drained(
    controller: ControllerProcess, stage: Stage
) -> None:
    """Fifty seconds are left: every band starts, and a long grace is cut to fit."""
    stage.add_pods(
        stage.pod("short", grace=5),
        stage.pod("long", grace=600, stop=2),
        stage.pod("important", priority_class="system-cluster-critical", grace=5),
    )

    stage.send_spot(age=70)
    record = stage.wait_phase("Drained", "Finished")

    assert record["status"]["pods"]["gone"] == 3
    assert record["status"]["pods"]["killed"] == 0
    [long] = [
        passage for passage in record["status"]["timeline"] if passage["pod"].endswith("/long")
    ]
    assert long["grace"] < 50


def test_a_pod_with_two_budgets_is_named_and_gone_before_the_deadline(
    controller: ControllerProcess, stage: Stage
) -> None:
    """The API server refuses every such eviction, whatever the budgets allow."""
    stage.add_pods(stage.pod("twice", grace=5, labels=GUARD))
    stage.add_budget("one", 0, GUARD)
    stage.add_budget("two", 0, GUARD)

    stage.send_spot(age=75)
    waiting = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
    done = stage.wait_phase("Drained", "Finished")

    budgets = f"({stage.namespace}/one, {stage.namespace}/two)"
    [pod] = waiting["status"]["waiting"]
    assert f"two or more PodDisruptionBudgets select it {budgets}; keep only one" in pod["message"]
    assert done["status"]["pods"]["forced"] == 1
    assert done["status"]["pods"]["killed"] == 0


def test_no_credential_is_logged(controller: ControllerProcess) -> None:
    """All that this module's controller said, at level debug, in the tests before."""
    text = controller.tail(len(controller.lines))

    assert "controller.engine" in text
    assert not [secret for secret in SECRETS if secret in text]
