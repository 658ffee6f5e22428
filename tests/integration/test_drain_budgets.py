"""What becomes of pods behind PodDisruptionBudgets and do-not-disrupt annotations."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from controller.domain.times import format_rfc3339, parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}
PROTECTED = {"karpenter.sh/do-not-disrupt": "true"}


def blocked(ni: Mapping[str, Any]) -> bool:
    """Tell whether the status says that a budget blocks a pod."""
    return bool(ni.get("status", {}).get("pods", {}).get("blocked"))


@pytest.fixture
def draining_on_rebalance(cluster: LocalCluster, stage: Stage) -> Iterator[None]:
    """Have a rebalance recommendation drain this test's node, of pods without a controller too."""
    spec = {
        "weight": 100,
        "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": stage.node_name}},
        "events": {"rebalance": {"action": "Drain", "waitForCapacity": "0s"}},
        "drain": {"unmanagedPods": {"onVoluntary": "Evict"}},
    }
    name = stage.node_name
    cluster.apply(
        [
            {
                "apiVersion": "spotdrain.io/v1alpha1",
                "kind": "SpotPolicy",
                "metadata": {"name": name},
                "spec": spec,
            }
        ]
    )
    cluster.kubectl("wait", f"spotpolicy/{name}", "--for=condition=Accepted", "--timeout=60s")
    yield
    cluster.kubectl("delete", "spotpolicy", name)


def test_a_full_budget_is_asked_at_most_once_a_second_and_overridden_at_the_last_safe_moment(
    stage: Stage, controller: ControllerProcess
) -> None:
    """Five pods, one budget with nothing to spare, 80 s: the grace of 30 s fits until T-41 s."""
    stage.add_pods(*(stage.pod(f"guarded-{n}", labels=GUARD) for n in range(5)))
    stage.add_budget("full", 5, GUARD)

    stage.send_spot(age=40)
    waiting = stage.wait(blocked)["status"]["waiting"]
    done = stage.wait_phase("Drained", "Finished")

    assert {(w["state"], w["reason"], w["budget"]) for w in waiting} == {
        ("Blocked", "DisruptionBudget", f"{stage.namespace}/full")
    } | {(w["state"], w["reason"], w["budget"]) for w in waiting if w["state"] == "Waiting"}
    tries = stage.evictions()
    assert {request.code for request in tries} == {429}
    span = tries[-1].at - tries[0].at
    assert 3 <= len(tries) <= span + 2
    deletions = stage.deletions()
    assert sorted(r.pod for r in deletions) == [f"guarded-{n}" for n in range(5)]
    last_safe = parse_rfc3339(waiting[0]["lastSafe"])
    deadline = parse_rfc3339(done["status"]["deadline"])
    assert last_safe is not None
    assert deadline is not None
    # `lastSafe` is written in whole seconds, cut off.
    assert all(last_safe <= r.at < deadline - 30 for r in deletions)
    assert all(r.body["preconditions"]["uid"] for r in deletions)
    assert done["status"]["pods"]["forced"] == 5
    assert done["status"]["pods"]["killed"] == 0


def test_a_forced_pod_has_its_disruption_target_first(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(stage.pod("guarded", labels=GUARD, stop=25))
    stage.add_budget("full", 1, GUARD)

    stage.send_spot(age=55)
    stopping = stage.wait_pod("guarded", lambda pod: "deletionTimestamp" in pod["metadata"])

    target = [c for c in stopping["status"]["conditions"] if c["type"] == "DisruptionTarget"]
    assert [(c["status"], c["reason"]) for c in target] == [("True", "SpotInterruption")]
    assert stopping["metadata"]["deletionGracePeriodSeconds"] >= 1
    event = stage.wait_event("ForcedBeforeInterruption")
    assert event["regarding"]["name"] == "guarded"
    assert "disruption budget full needs 1 healthy pods" in event["note"]


def test_when_room_comes_the_pod_is_evicted_not_deleted(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(stage.pod("guarded", labels=GUARD))
    stage.add_budget("opens", 1, GUARD)

    stage.send_spot()
    stage.wait(blocked)
    stage.cluster.kubectl(
        "patch", "pdb", "opens", f"--namespace={stage.namespace}", "--type=merge",
        '--patch={"spec": {"minAvailable": 0}}',
    )  # fmt: skip
    done = stage.wait_phase("Drained", "Finished")

    assert [r.code for r in stage.evictions()][-1] == 201
    assert stage.deletions() == []
    assert done["status"]["pods"]["evicted"] == 1


def test_room_that_an_eviction_took_and_did_not_use_is_used(
    stage: Stage, controller: ControllerProcess
) -> None:
    """An eviction whose caller is cut off leaves its pod in `disruptedPods`, and the room with it."""
    stage.add_pods(*(stage.pod(f"guarded-{n}", labels=GUARD) for n in range(3)))
    stage.add_budget("spent", 2, GUARD)
    granted = {"guarded-1": format_rfc3339(time.time())}
    stage.cluster.kubectl(
        "patch", "pdb", "spent", f"--namespace={stage.namespace}", "--type=merge",
        "--subresource=status", f"--patch={json.dumps({'status': {'disruptedPods': granted, 'disruptionsAllowed': 0}})}",
    )  # fmt: skip

    stage.send_spot()
    waiting = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("gone") == 1)

    assert [request.pod for request in stage.deletions()] == ["guarded-1"]
    assert {request.code for request in stage.evictions()} <= {429}
    assert waiting["status"]["pods"]["left"] == 2


def test_a_rebalance_never_overrides_a_budget_nor_a_protected_pod(
    stage: Stage, controller: ControllerProcess, draining_on_rebalance: None
) -> None:
    stage.add_pods(
        stage.pod("free"),
        stage.pod("guarded", labels=GUARD),
        stage.pod("protected", annotations=PROTECTED),
    )
    stage.add_budget("full", 1, GUARD)

    stage.send_rebalance(age=110)
    status = stage.wait(lambda ni: blocked(ni) and ni["status"]["pods"]["gone"] == 1)["status"]
    _refusals(controller, f"{stage.namespace}/guarded", 3)

    assert {w["pod"].split("/")[1]: w["state"] for w in status["waiting"]} == {
        "guarded": "Blocked",
        "protected": "Kept",
    }
    assert {r.pod for r in stage.evictions()} == {"free", "guarded"}
    assert stage.deletions() == []


def test_an_interruption_upgrades_a_rebalance_in_place(
    stage: Stage, controller: ControllerProcess, draining_on_rebalance: None
) -> None:
    stage.add_pods(
        stage.pod("free"),
        stage.pod("guarded", labels=GUARD),
        stage.pod("protected", annotations=PROTECTED),
    )
    stage.add_budget("full", 1, GUARD)
    stage.send_rebalance()
    stage.wait(lambda ni: blocked(ni) and ni["status"]["pods"]["gone"] == 1)

    stage.send_spot(age=45)
    done = stage.wait_phase("Drained", "Finished")

    assert done["status"]["kind"] == "SpotInterruption"
    assert len(done["spec"]["notices"]) == 2
    accepted = [r.pod for r in stage.requests() if r.code < 400]
    assert sorted(accepted) == ["free", "guarded", "protected"]
    assert accepted[0] == "free"


def test_a_protected_pod_is_evicted_last_on_an_interruption(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(
        stage.pod("protected", annotations=PROTECTED, grace=10),
        stage.pod("plain"),
        stage.pod("critical", priority_class="system-cluster-critical", grace=20),
    )

    stage.send_spot(age=60)
    waiting = stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("gone") == 1)[
        "status"
    ]["waiting"]
    done = stage.wait_phase("Drained", "Finished")

    assert [r.pod for r in stage.evictions()] == ["plain", "critical", "protected"]
    protected = next(w for w in waiting if w["pod"].endswith("/protected"))
    assert (protected["state"], protected["reason"]) == ("Protected", "DoNotDisrupt")
    last_safe = parse_rfc3339(protected["lastSafe"])
    assert last_safe is not None
    assert stage.evictions()[-1].at >= last_safe
    assert done["status"]["pods"]["forced"] == 0


def _refusals(controller: ControllerProcess, pod: str, count: int) -> None:
    """Wait until the budget has refused so often: the controller had its chances to misbehave."""
    seen = 0
    for _ in range(count):
        words = ("evict", f"{pod} ", "disruption budget")
        line = controller.wait_for_words(*words, since=seen)
        seen = controller.lines.index(line, seen) + 1
