"""From a message in the queue to a fenced node: once, and never lost."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from controller.domain.times import format_rfc3339, parse_rfc3339
from controller.drain.fence import ANNOTATION, EXCLUDE_LABEL
from tests.integration.controller_process import ControllerProcess
from tests.integration.stage import Stage, received, sqs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hack.cluster import LocalCluster

OK = 200


def taints_of(node: Mapping[str, Any]) -> set[str]:
    """List the keys of a node's taints."""
    return {taint["key"] for taint in node["spec"].get("taints", ())}


def test_a_notice_is_recorded_fences_the_node_and_leaves_the_queue(
    stage: Stage, controller: ControllerProcess
) -> None:
    handled = controller.metric("spotdrain_sqs_messages_total", result="deleted")

    event_id = stage.send_spot(age=30)
    record = stage.wait_phase("Drained", "Draining", "Fenced")
    node = stage.wait_node(lambda n: ANNOTATION in n["metadata"]["annotations"])

    assert [n["id"] for n in record["spec"]["notices"]] == [event_id]
    notice = record["spec"]["notices"][0]
    assert notice["source"] == "simulated"
    at, deadline = parse_rfc3339(notice["time"]), parse_rfc3339(notice["deadline"])
    assert at is not None
    assert deadline == at + 120
    assert record["spec"]["nodeUID"] == node["metadata"]["uid"]
    assert node["spec"]["unschedulable"] is True
    taints = [t for t in node["spec"]["taints"] if t["key"] == "spotdrain.io/interruption"]
    assert taints == [
        {"key": "spotdrain.io/interruption", "value": stage.instance_id, "effect": "NoSchedule"}
    ]
    assert node["metadata"]["labels"][EXCLUDE_LABEL] == "true"
    assert json.loads(node["metadata"]["annotations"][ANNOTATION])["interruption"]
    controller.wait_metric(handled + 1, "spotdrain_sqs_messages_total", result="deleted")


def test_the_fence_is_one_patch_and_the_record_comes_with_it(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.send_spot()
    stage.wait_phase("Drained", "Draining", "Fenced")

    patches = [
        entry
        for entry in stage.cluster.audit()
        if entry["verb"] == "patch"
        and (entry.get("objectRef") or {}).get("name") == stage.node_name
        and entry["user"].get("username", "").endswith(":spotdrain")
        # Kubernetes writes a young node too: one that meets such a write changes nothing.
        and entry["responseStatus"]["code"] == OK
    ]
    assert len(patches) == 1


def test_the_same_message_three_times_is_one_drain(
    stage: Stage, controller: ControllerProcess
) -> None:
    """Three receivers poll at once, so the copies meet."""
    stage.add_pods(*(stage.pod(f"pod-{n}") for n in range(4)))
    event_id = f"drill-{secrets.token_hex(8)}"

    for _ in range(3):
        stage.send_spot(event_id=event_id)
    done = stage.wait_phase("Drained", "Finished")
    controller.wait_metric(2, "spotdrain_events_ignored_total", reason="duplicate")

    assert [n["id"] for n in done["spec"]["notices"]] == [event_id]
    assert Counter(r.pod for r in stage.requests()) == {f"pod-{n}": 1 for n in range(4)}


def test_two_controllers_on_one_queue_evict_no_pod_twice(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(*(stage.pod(f"pod-{n}") for n in range(4)))
    with ControllerProcess(
        stage.cluster, "--queue-url", stage.queue_url, "--identity", "another"
    ) as second:
        second.wait_ready()
        for _ in range(3):
            stage.send_spot()
        stage.wait_phase("Drained", "Finished")

    uids = Counter(r.body["deleteOptions"]["preconditions"]["uid"] for r in stage.evictions())
    assert len(uids) == 4
    assert all(r.code in {201, 404} for r in stage.evictions())


def test_a_notice_that_comes_before_its_node_has_joined_is_not_lost(
    cluster: LocalCluster, namespace: str, queue_url: str, controller: ControllerProcess
) -> None:
    early = Stage(cluster, namespace, queue_url)
    hidden = controller.metric("spotdrain_sqs_messages_total", result="hidden")

    early.send_spot()
    controller.wait_for_words("no node yet", early.instance_id)
    assert controller.metric("spotdrain_sqs_messages_total", result="hidden") > hidden
    early.add_node()
    try:
        node = early.wait_node(lambda n: ANNOTATION in n["metadata"]["annotations"])
    finally:
        early.remove()

    assert node["spec"]["unschedulable"] is True


def test_what_a_replica_keeps_hidden_is_given_back_when_it_stops(
    cluster: LocalCluster, namespace: str
) -> None:
    """Else the next one would get it up to 80 seconds later, out of the 120 of a notice.

    Each receive that the stopped one had open may take it once more, for 10 seconds.
    """
    url = sqs(cluster).create_queue(QueueName=f"back-{secrets.token_hex(4)}")["QueueUrl"]
    early = Stage(cluster, namespace, url)
    with ControllerProcess(cluster, "--queue-url", url, "--receivers", "1") as running:
        running.wait_ready()
        early.send_spot(age=10)
        running.wait_for_words("no node yet, kept in the queue", early.instance_id)
        assert running.terminate() == 0
        running.wait_for_words("gave messages back to the queue: 1")

    assert early.instance_id in received(sqs(cluster), url)["Body"]


def test_a_notice_about_a_foreign_instance_does_not_stay_for_ever(
    cluster: LocalCluster, namespace: str, queue_url: str, controller: ControllerProcess
) -> None:
    foreign = Stage(cluster, namespace, queue_url)

    foreign.send_spot(age=117)
    controller.wait_for_words("no node of this cluster", foreign.instance_id)

    foreign.wait_waiting(0, hidden=0)


def test_a_node_cordoned_by_hand_keeps_its_cordon_when_the_notice_expires(
    stage: Stage, controller: ControllerProcess
) -> None:
    """A recommendation that nothing follows is undone, exactly: the other cordon is not ours."""
    stage.cluster.kubectl("cordon", stage.node_name)
    # The node lifecycle controller answers a cordon with a taint of its own.
    before = stage.wait_node(lambda n: "node.kubernetes.io/unschedulable" in taints_of(n))
    policy = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "SpotPolicy",
        "metadata": {"name": stage.node_name},
        "spec": {
            "weight": 100,
            "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": stage.node_name}},
            "events": {"rebalance": {"expireAfter": "1m"}},
        },
    }
    stage.cluster.apply([policy])
    wait = (f"spotpolicy/{stage.node_name}", "--for=condition=Accepted", "--timeout=60s")
    stage.cluster.kubectl("wait", *wait)

    stage.send_rebalance(age=20)
    stage.wait_node(lambda n: ANNOTATION in n["metadata"]["annotations"])
    expired = stage.wait_phase("Expired")
    stage.wait_restored(before)

    assert expired["status"]["outcome"] == "NotInterrupted"
    stage.cluster.kubectl("delete", "spotpolicy", stage.node_name)


def test_deleting_the_record_ends_the_drain_and_opens_the_node(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.send_rebalance()
    stage.wait_phase("Fenced")
    stage.wait_node(lambda n: ANNOTATION in n["metadata"]["annotations"])

    stage.cluster.kubectl("delete", "ni", stage.instance_id)
    node = stage.wait_node(lambda n: ANNOTATION not in n["metadata"].get("annotations", {}))

    assert not node["spec"].get("unschedulable")
    assert EXCLUDE_LABEL not in node["metadata"]["labels"]


def test_a_record_made_by_hand_drains_its_node(stage: Stage, controller: ControllerProcess) -> None:
    stage.add_pods(stage.pod("pod"))
    notice = {"id": "by-hand", "kind": "SpotInterruption", "time": format_rfc3339(time.time())}
    record = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "NodeInterruption",
        "metadata": {"name": stage.instance_id},
        "spec": {
            "instanceID": stage.instance_id,
            "nodeName": stage.node_name,
            "notices": [notice],
        },
    }

    stage.cluster.apply([record])
    stage.wait_phase("Drained", "Finished")

    assert [r.code for r in stage.evictions()] == [201]
    node = stage.wait_node(lambda n: ANNOTATION in n["metadata"].get("annotations", {}))
    assert node["spec"]["unschedulable"] is True
