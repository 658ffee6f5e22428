"""T43: a band that cannot leave holds nobody up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.domain.times import parse_rfc3339
from tests.integration.priorities import priority_classes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

GUARD = {"guard": "full"}


@pytest.fixture(scope="module", autouse=True)
def priority_classes(cluster: LocalCluster) -> Iterator[None]:
    """Create the classes that the pods of this module name."""
    with priority_classes_of(cluster, {"t43-low": -43, "t43-high": 4300}):
        yield


def test_t43_higher_bands_start_although_a_budget_of_the_lowest_never_has_room(
    stage: Stage, controller: ControllerProcess
) -> None:
    """45 s are left, 29 s of them until the last safe moment of pods that need 5 s to stop."""
    stage.add_pods(
        *(stage.pod(f"stuck-{n}", priority_class="t43-low", labels=GUARD, grace=5) for n in "ab"),
        stage.pod("plain", grace=5),
        stage.pod("high", priority_class="t43-high", grace=5),
        stage.pod("critical", priority_class="system-cluster-critical", grace=5),
    )
    stage.add_budget("full", 2, GUARD)

    stage.send_spot(age=75)
    held = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("gone") == 2)["status"]
    done = stage.wait_phase("Drained", "Finished")

    # What is gone while the budget still blocks did not wait for it.
    assert held["pods"]["blocked"] >= 1
    passages = {entry["pod"].split("/")[1]: entry for entry in done["status"]["timeline"]}
    asked = {name: entry["requestedAt"] for name, entry in passages.items()}
    assert min(asked["stuck-a"], asked["stuck-b"]) < asked["plain"] < asked["high"]
    deleted = {request.pod: request.at for request in stage.deletions()}
    assert deleted.keys() == {"stuck-a", "stuck-b"}
    first_deleted = min(deleted.values())
    accepted = {r.pod: r.at for r in stage.evictions() if r.code == 201}
    assert accepted["plain"] < first_deleted
    assert accepted["high"] < first_deleted
    # The critical band serves the stuck pods for as long as its own grace allows.
    critical = next(w for w in held["waiting"] if w["pod"].endswith("/critical"))
    last_safe = parse_rfc3339(critical["lastSafe"])
    assert last_safe is not None
    assert accepted["critical"] >= last_safe
    assert done["status"]["pods"]["killed"] == 0
