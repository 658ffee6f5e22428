"""What the API server itself answers, or fails to answer, to an eviction or a deletion.

The calls reach the real API server through a proxy, in which each test puts the fault that it is
about. What the API server saw is in its audit log; what the controller sent is in `proxy.seen`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from controller.domain.times import parse_rfc3339
from tests.integration.cases import budgets
from tests.integration.cases.budgets import select
from tests.integration.proxy import SHED, SHUTDOWN, Said
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.proxy import FaultyProxy, Seen

EVICTION = r"/pods/{}/eviction$"


@pytest.fixture
def elsewhere(stage: Stage) -> Iterator[Stage]:
    """Give another node for pods of the same namespace."""
    made = Stage(stage.cluster, stage.namespace, stage.queue_url)
    made.add_node()
    yield made
    made.remove()


def evictions(proxy: FaultyProxy, stage: Stage) -> list[Seen]:
    """List the evictions that the controller sent, whatever became of them, oldest first."""
    of_ours = f"/namespaces/{stage.namespace}/pods/"
    return sorted(s for s in proxy.seen if of_ours in s.path and s.path.endswith("/eviction"))


def given_up(controller: ControllerProcess, stage: Stage, pod: str) -> int:
    """Count the evictions of a pod that had no answer within the 5 s that the controller waits.

    That is so where this machine stood still while the proxy held one. It may then ask once more, and
    takes a pod that has gone meanwhile for evicted.
    """
    words = f"evict {stage.namespace}/{pod} ", "does not answer in time"
    return sum(all(w in line["message"] for w in words) for line in controller.lines)


def minute(said: Said) -> Said:
    """Have the server ask for a minute's pause: no slow machine is taken for obeying that."""
    return said._replace(headers={**said.headers, "Retry-After": "60"})


def gaps(calls: list[Seen]) -> list[float]:
    """List the seconds between calls."""
    return [after.at - before.at for before, after in pairwise(calls)]


def test_t05_load_that_is_shed_is_no_refusal_by_a_budget_and_is_tried_again_within_seconds(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """Priority and fairness answers 429 as plain text with Retry-After; the body is no Status."""
    shed = through.metric("spotdrain_api_pushback_total", code="429")
    blocked = through.metric("spotdrain_pdb_blocked_seconds_count")
    stage.add_pods(stage.pod("shed", grace=5))
    with proxy.fault("POST", EVICTION.format("shed"), said=minute(SHED), times=2):
        stage.send_spot()
        ended = stage.wait_phase("Drained")

    tries = evictions(proxy, stage)
    assert [s.code for s in tries] == [429, 429, 201]
    assert all(1 <= gap < 60 for gap in gaps(tries))
    assert through.metric("spotdrain_api_pushback_total", code="429") == shed + 2
    assert through.metric("spotdrain_pdb_blocked_seconds_count") == blocked
    assert ended["status"]["pods"]["evicted"] == 1


def test_t06_an_api_server_that_shuts_down_is_asked_again_over_a_new_connection(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """503 with Connection: close and Retry-After; three seconds are all that we give."""
    stage.add_pods(stage.pod("moved", grace=5))
    with proxy.fault("POST", EVICTION.format("moved"), said=minute(SHUTDOWN), times=1):
        stage.send_spot()
        stage.wait_phase("Drained")

    tries = evictions(proxy, stage)
    assert [s.code for s in tries] == [503, 201]
    assert all(gap < 60 for gap in gaps(tries))


def test_t10_a_pod_that_is_gone_when_its_eviction_arrives_is_done(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """404: nothing more is asked, and nothing is counted as evicted."""
    stage.add_pods(stage.pod("gone", grace=5))
    with proxy.fault("POST", EVICTION.format("gone"), delay=60) as held:
        stage.send_spot()
        proxy.wait_met(held)
        _kill(stage, "gone")
    ended = stage.wait_phase("Drained")

    unanswered = given_up(through, stage, "gone")
    assert {r.code for r in stage.evictions()} == {404}
    assert len(evictions(proxy, stage)) <= 1 + unanswered
    assert stage.deletions() == []
    assert ended["status"]["pods"]["evicted"] <= unanswered
    assert ended["status"]["pods"]["gone"] == 1


def test_t11_another_pod_by_the_same_name_is_not_touched(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage, elsewhere: Stage
) -> None:
    """409 "the UID in the precondition": done for our UID; the new pod runs on its own node."""
    stage.add_pods(stage.pod("again", grace=5))
    with proxy.fault("POST", EVICTION.format("again"), delay=60) as held:
        stage.send_spot()
        proxy.wait_met(held)
        _kill(stage, "again")
        elsewhere.add_pods(elsewhere.pod("again", grace=5))
    stage.wait_phase("Drained")

    assert {r.code for r in stage.evictions()} == {409}
    assert len(evictions(proxy, stage)) <= 1 + given_up(through, stage, "again")
    new = stage.wait_pod("again", lambda pod: pod["spec"]["nodeName"] == elsewhere.node_name)
    assert "deletionTimestamp" not in new["metadata"]


def test_t12_a_pod_recreated_elsewhere_unseen_costs_its_budget_nothing(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage, elsewhere: Stage
) -> None:
    """The pod watch of the node hangs, and the pod is made anew on another node during the wait.

    The API server takes from the budget before it looks at the UID. So a pod of which our watch
    cannot tell is looked up before its eviction.
    """
    watch = rf"/api/v1/pods\?.*{stage.node_name}.*watch=true"
    stage.add_pods(stage.pod("db-0", grace=5, labels={"by": "db"}))
    budgets.make(stage, "db", minAvailable=1, selector=select(by="db"))
    with proxy.fault("GET", watch, delay=120):
        stage.send_spot(age=60)
        stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
        _kill(stage, "db-0")
        elsewhere.add_pods(elsewhere.pod("db-0", grace=5, labels={"by": "db"}))
        asked = len(evictions(proxy, stage))
        budgets.edit(stage, "db", minAvailable=0)
        # Three looks at the pod, each of which would have been an eviction.
        proxy.wait_seen(f"/namespaces/{stage.namespace}/pods?", 3)
        late = evictions(proxy, stage)[asked:]
    stage.wait_phase("Drained")

    assert [s.code for s in late if s.code != 429] == []
    # The disruption controller may be behind; room that was used up would come back after 120 s.
    budget = stage.wait_object(
        budgets.path(stage), lambda found: found["status"].get("disruptionsAllowed") == 1
    )
    assert budget["status"].get("disruptedPods", {}) == {}
    new = stage.wait_pod("db-0", lambda pod: pod["spec"]["nodeName"] == elsewhere.node_name)
    assert "deletionTimestamp" not in new["metadata"]


def test_t14_an_eviction_that_was_done_without_an_answer_is_counted_once(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """The call times out after 5 s; the pod watch has shown long before that it worked."""
    stage.add_pods(stage.pod("silent", grace=30, stop=8))
    with proxy.fault("POST", EVICTION.format("silent"), forget=True, times=1):
        stage.send_spot()
        ended = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("evicted") == 1)
        ended = stage.wait_phase("Drained")

    assert [r.code for r in stage.requests()] == [201]
    pods = ended["status"]["pods"]
    assert (pods["evicted"], pods["forced"], pods["gone"]) == (1, 0, 1)


def test_t14_a_deletion_that_was_done_without_an_answer_is_told_once(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """One Event says that the pod was forced, one count, one deletion."""
    # Its grace is 20 s, so 31 s are left when it is forced: the answer is given up long before the end.
    stage.add_pods(stage.pod("forced", grace=20, stop=4, labels={"by": "full"}))
    budgets.make(stage, "full", minAvailable=1, selector=select(by="full"))
    overrides = through.metric("spotdrain_pdb_overrides_total")
    with proxy.fault("DELETE", r"/pods/forced$", forget=True, times=1):
        stage.send_spot(age=80)
        ended = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("forced") == 1)
    event = stage.wait_event("ForcedBeforeInterruption")

    assert [r.code for r in stage.deletions()] == [200]
    assert "deprecatedCount" not in event or event["deprecatedCount"] <= 1
    assert event.get("series") is None
    through.wait_metric(overrides + 1, "spotdrain_pdb_overrides_total")
    assert ended["status"]["pods"]["evicted"] == 0


def test_an_eviction_that_hangs_does_not_hold_up_the_deletion_at_the_last_safe_moment(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """Every eviction hangs for its 5 s. The deletion goes out beside it, and counts alone."""
    stage.add_pods(stage.pod("hung", grace=5, labels={"by": "full"}))
    budgets.make(stage, "full", minAvailable=1, selector=select(by="full"))
    with proxy.fault("POST", EVICTION.format("hung"), delay=60):
        stage.send_spot(age=100)
        [waiting] = stage.wait(lambda ni: ni.get("status", {}).get("waiting"))["status"]["waiting"]
        ended = stage.wait_phase("Drained", "Finished")

    [deletion] = stage.deletions()
    last_safe = _seconds(waiting["lastSafe"])
    # `lastSafe` is written in whole seconds, cut off; the others are for the machine. The eviction
    # that hangs at that moment would hold it up for some four.
    assert last_safe <= deletion.at <= last_safe + 3
    assert (ended["status"]["pods"]["forced"], ended["status"]["pods"]["evicted"]) == (1, 0)


def test_a_connection_that_breaks_is_made_anew(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    stage.add_pods(stage.pod("broken", grace=5))
    with proxy.fault("POST", EVICTION.format("broken"), reset=True, times=2):
        stage.send_spot()
        stage.wait_phase("Drained")

    assert [s.code for s in evictions(proxy, stage)] == [0, 0, 201]


def test_a_watch_that_ends_at_once_is_not_opened_again_and_again_without_a_pause(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """A load balancer between us and the API server may end every watch with a clean 200."""
    stage.add_pods(stage.pod("watched", grace=5, labels={"by": "full"}))
    budgets.make(stage, "full", minAvailable=1, selector=select(by="full"))
    watch = rf"/api/v1/pods\?.*{stage.node_name}.*watch=true"
    since = len(proxy.seen)
    with proxy.fault("GET", watch, said=Said(200)):
        stage.send_spot()
        stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
        proxy.wait_seen("/eviction", 5)
    budgets.edit(stage, "full", minAvailable=0)
    stage.wait_phase("Drained")

    opened = sorted(s for s in proxy.seen[since:] if re.search(watch, s.path))
    assert len(opened) >= 3
    # The pauses grow up to two seconds, a quarter less by chance.
    assert len(opened) <= 4 + (opened[-1].at - opened[0].at) / 1.5


def _kill(stage: Stage, pod: str) -> None:
    """Take a pod's object away at once, as a node that vanished does."""
    stage.cluster.kubectl(
        *("delete", "pod", pod, f"--namespace={stage.namespace}", "--grace-period=0", "--force")
    )


def _seconds(text: str) -> float:
    found = parse_rfc3339(text)
    assert found is not None
    return found
