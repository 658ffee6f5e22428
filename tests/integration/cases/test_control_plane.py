"""Parts of the control plane that are away: a cluster of the module's own, whose parts it stops."""

from __future__ import annotations

import secrets
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import pytest

from tests.integration.cases import budgets
from tests.integration.cases.budgets import select
from tests.integration.controller_process import ControllerProcess
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from hack.cluster.process import Process


@pytest.fixture(scope="module")
def account(frail: LocalCluster) -> Iterator[ControllerProcess]:
    """Run a controller in it."""
    with ControllerProcess(frail, "--log-level", "debug") as running:
        running.wait_ready()
        yield running


@pytest.fixture
def doomed(frail: LocalCluster, account: ControllerProcess) -> Iterator[Stage]:
    """Give a node and a namespace."""
    name = f"test-{secrets.token_hex(4)}"
    frail.kubectl("create", "namespace", name)
    stage = Stage(frail, name, frail.queue_url)
    stage.add_node()
    yield stage
    stage.remove()


def controllers(cluster: LocalCluster) -> Process:
    """Give the kube-controller-manager: the disruption controller, and that of namespaces."""
    return next(p for p in cluster._followers if p.name == "kube-controller-manager")


def test_t04_a_budget_that_is_still_being_processed_is_asked_again_within_seconds(
    frail: LocalCluster, account: ControllerProcess, doomed: Stage
) -> None:
    """ObservedGeneration lags: 429 with Retry-After 10, of which a window of 120 s has too few.

    The budget is edited while nobody processes budgets; when somebody does, it has room.
    """
    doomed.add_pods(doomed.pod("stale", grace=5, labels={"by": "stale"}))
    budgets.make(doomed, "stale", minAvailable=1, selector=select(by="stale"))
    with controllers(frail).away():
        budgets.edit(doomed, "stale", minAvailable=0)
        doomed.send_spot()
        told = doomed.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
        seen = account.wait_for_words("evict ", "stale", "still being processed")
        for _ in range(3):
            since = account.lines.index(seen) + 1
            seen = account.wait_for_words("evict ", "still being processed", since=since)
    doomed.wait_phase("Drained")

    [waiting] = told["status"]["waiting"]
    assert (waiting["state"], waiting["reason"]) == ("Blocked", "DisruptionBudget")
    tries = doomed.evictions()
    assert tries[-1].code == 201
    # Mostly: a machine that stands still lengthens one gap or two.
    assert median(after.at - before.at for before, after in pairwise(tries)) < 5
    assert doomed.deletions() == []


def test_t15_in_a_namespace_that_is_being_deleted_pods_are_deleted_since_evictions_are_forbidden(
    frail: LocalCluster, account: ControllerProcess, doomed: Stage
) -> None:
    """403 with cause NamespaceTerminating: a DELETE, which works there, follows at once.

    With no controller for namespaces the pods stay as they are, as they do for a while in a large
    namespace.
    """
    doomed.add_pods(doomed.pod("late", grace=5))
    with controllers(frail).away():
        frail.kubectl("delete", "namespace", doomed.namespace, "--wait=false")
        doomed.send_spot()
        ended = doomed.wait_phase("Drained")

    assert [(r.verb, r.code) for r in doomed.requests()] == [("evict", 403), ("delete", 200)]
    assert ended["status"]["pods"]["killed"] == 0


def test_t06_an_api_server_that_restarts_in_the_middle_of_drains_loses_nobody(
    frail: LocalCluster, account: ControllerProcess, doomed: Stage
) -> None:
    """SIGKILL and a new start while two nodes wait for a budget; nothing is done twice.

    The calls about the pods stay few while nobody answers.
    """
    other = Stage(frail, doomed.namespace, frail.queue_url)
    other.add_node()
    names = [f"pod-{n}" for n in range(10)]
    for stage, half in ((doomed, names[:5]), (other, names[5:])):
        stage.add_pods(*(stage.pod(name, grace=5, labels={"by": "full"}) for name in half))
    budgets.make(doomed, "full", minAvailable=10, selector=select(by="full"))
    for stage in (doomed, other):
        stage.send_spot()
        stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 5)
    since = len(account.lines)
    with frail.apiserver.away():
        account.wait_for_words("evict ", "Connection refused", since=since)
        account.wait_for_words("cannot watch /api/v1/nodes", since=since)
    budgets.edit(doomed, "full", minAvailable=0)
    for stage in (doomed, other):
        ended = stage.wait_phase("Drained", "Finished")
        assert (ended["status"]["pods"]["killed"], ended["status"]["pods"]["forced"]) == (0, 0)

    accepted = [r.pod for r in doomed.requests() if r.code < 400]
    assert sorted(accepted) == names
    refused = [line for line in account.lines[since:] if "Connection refused" in line["message"]]
    assert len([line for line in refused if line["message"].startswith("evict ")]) <= 40
    other.remove()
