"""In which order pods are asked to leave; the API server's audit log is the witness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.domain.times import parse_rfc3339
from controller.engine.reporting import TOLD_SECONDS
from tests.integration.priorities import priority_classes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

CRITICAL = "system-cluster-critical"


@pytest.fixture(scope="module", autouse=True)
def priority_classes(cluster: LocalCluster) -> Iterator[None]:
    """Create the classes that the pods of this module name."""
    with priority_classes_of(cluster, {"drain-low": -10, "drain-high": 1000}):
        yield


def test_the_status_tells_of_the_drain_before_the_first_pod_is_asked(
    stage: Stage, controller: ControllerProcess
) -> None:
    """Whoever takes over from a controller that was killed finds when the drain began."""
    stage.add_pods(stage.pod("one"), stage.pod("two"))

    stage.send_spot()
    stage.wait_phase("Drained", "Finished")

    told = next(
        entry
        for entry in stage.cluster.audit()
        if (entry.get("objectRef") or {}).get("name") == stage.instance_id
        and entry["objectRef"].get("subresource") == "status"
        and entry["responseStatus"]["code"] == 200
    )
    answered = parse_rfc3339(told["stageTimestamp"])
    begun = parse_rfc3339(told["requestReceivedTimestamp"])
    assert answered is not None
    assert begun is not None
    first = stage.evictions()[0].at
    # An answer that comes late is waited for, but not longer than that.
    assert answered <= first or first - begun >= 0.9 * TOLD_SECONDS


def test_evictions_arrive_in_ascending_order_of_priority(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(
        stage.pod("critical-a", priority_class=CRITICAL),
        stage.pod("high-a", priority_class="drain-high"),
        stage.pod("high-b", priority_class="drain-high"),
        stage.pod("plain-a"),
        stage.pod("plain-b"),
        stage.pod("low-a", priority_class="drain-low"),
        stage.pod("low-b", priority_class="drain-low"),
    )

    stage.send_spot()
    stage.wait_phase("Drained", "Finished")

    asked = [request.pod.split("-")[0] for request in stage.evictions()]
    assert asked == ["low", "low", "plain", "plain", "high", "high", "critical"]


def test_a_band_does_not_wait_for_the_lower_one_to_be_gone(
    stage: Stage, controller: ControllerProcess
) -> None:
    """Only system-critical pods wait for that; they serve the others while those stop."""
    stage.add_pods(
        stage.pod("low", priority_class="drain-low", stop=20),
        stage.pod("plain", stop=20),
        stage.pod("high", priority_class="drain-high", stop=20),
        stage.pod("critical", priority_class=CRITICAL),
    )

    stage.send_spot()
    done = stage.wait_phase("Drained", "Finished")

    gone = {e["pod"].split("/")[1]: e["goneAt"] for e in done["status"]["timeline"]}
    asked = {e["pod"].split("/")[1]: e["requestedAt"] for e in done["status"]["timeline"]}
    assert max(asked["low"], asked["plain"], asked["high"]) < min(gone["low"], gone["plain"])
    assert asked["critical"] > max(gone["low"], gone["plain"], gone["high"])


def test_critical_pods_are_asked_at_their_latest_start_although_others_still_stop(
    stage: Stage, controller: ControllerProcess
) -> None:
    """65 s before the deadline the latest start of a pod with 30 s grace is 41 s before it."""
    stage.add_pods(
        stage.pod("slow", grace=60, stop=55),
        stage.pod("critical", priority_class=CRITICAL, grace=30),
    )

    stage.send_spot(age=55)
    status = stage.wait(
        lambda ni: ni["status"]["pods"]["gone"] > 0 if "pods" in ni.get("status", {}) else False
    )["status"]

    passages = {e["pod"].split("/")[1]: e for e in status["timeline"]}
    assert "goneAt" in passages["critical"]
    assert "goneAt" not in passages["slow"]
    assert [r.pod for r in stage.evictions()] == ["slow", "critical"]


def test_a_band_with_a_blocked_budget_does_not_hold_the_higher_ones(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(
        stage.pod("stuck", priority_class="drain-low", labels={"guard": "full"}),
        stage.pod("high", priority_class="drain-high"),
    )
    stage.add_budget("full", 1, {"guard": "full"})

    stage.send_spot(age=45)
    done = stage.wait_phase("Drained", "Finished")

    first = {e["pod"].split("/")[1]: e["requestedAt"] for e in done["status"]["timeline"]}
    gone = {e["pod"].split("/")[1]: e["goneAt"] for e in done["status"]["timeline"]}
    assert first["stuck"] < first["high"]
    assert gone["high"] < gone["stuck"]
