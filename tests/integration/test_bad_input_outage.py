"""An API server that is away: waited for at the start, waited out in the middle of a drain."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.integration.controller_process import ControllerProcess, messages
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hack.cluster import LocalCluster


UNAVAILABLE = 503
GUARD = {"guard": "on"}


@pytest.fixture(scope="module")
def account(frail: LocalCluster) -> Path:
    """Give the controller's kubeconfig: no token can be made while the API server is away."""
    return frail.kubeconfig_for_service_account("spotdrain", "spotdrain")


@pytest.fixture
def doomed(frail: LocalCluster) -> Iterator[Stage]:
    """Give a node with one pod whose budget has no room, so that its drain waits."""
    stage = Stage(frail, "default", frail.queue_url)
    stage.add_node()
    name = f"guarded-{stage.instance_id}"
    stage.add_pods(stage.pod(name, grace=5, labels=GUARD))
    stage.add_budget(name, 1, GUARD)
    yield stage
    stage.remove()


def test_a_drain_goes_on_after_the_api_server_was_away(
    frail: LocalCluster, account: Path, doomed: Stage
) -> None:
    """A notice that came meanwhile is recorded afterwards; the outage is told a few times only."""
    late = Stage(frail, "default", frail.queue_url)
    late.add_node()
    with ControllerProcess(frail, "--log-level", "debug", kubeconfig=account) as controller:
        controller.wait_ready()
        # The whole two minutes: an API server may take many seconds to come back.
        doomed.send_spot()
        doomed.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
        with frail.apiserver.away():
            controller.wait_for_words("cannot watch /api/v1/nodes")
            late.send_spot()
            assert controller.get("/readyz").code == UNAVAILABLE
            assert controller.get("/healthz").text == "ok\n"
            for _ in range(3):
                since = len(controller.lines)
                controller.wait_for_words("evict ", "Connection refused", since=since)
            outage = [line for line in controller.lines if line["level"] != "debug"]
        controller.wait_for_words("watching /api/v1/nodes again")
        frail.kubectl("delete", "pdb", "--all")
        # Read only then: a young API server refuses some lists.
        controller.wait_for_words(f"node {doomed.node_name} is Drained")
        controller.wait_for_words(f"node {late.node_name} is Drained")
        doomed.wait(lambda ni: ni["status"]["pods"]["evicted"] == 1)
        assert controller.terminate() == 0

    told = messages(outage)
    assert max(told.count(message) for message in told) == 1
    # At level debug a loop that the outage has ended says with what it ended.
    unexpected = [line for line in controller.lines if "exception" in line]
    assert {line["level"] for line in unexpected} <= {"debug"}
    assert controller.words == []
    late.remove()


def test_an_api_server_that_is_away_at_the_start_is_waited_for(
    frail: LocalCluster, account: Path
) -> None:
    with ExitStack() as stack:
        with frail.apiserver.away():
            controller = stack.enter_context(ControllerProcess(frail, kubeconfig=account))
            controller.wait_for_words("not ready: the API server at", "Connection refused")
            assert controller.get("/readyz").text == (
                f"the API server at {frail.api_url} cannot be reached: Connection refused\n"
            )
            assert controller.get("/healthz").text == "ok\n"
        controller.wait_ready()
        assert controller.get("/readyz").text == "ok\n"
