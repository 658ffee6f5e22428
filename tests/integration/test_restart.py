"""A controller that is killed in mid-drain, and the next one."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from controller.domain.times import format_rfc3339, parse_rfc3339
from hack.nodes import node_manifest
from tests.integration.controller_process import ControllerProcess
from tests.integration.stage import make_queue

if TYPE_CHECKING:
    from hack.cluster import LocalCluster
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}
ANSWER = {"requestedAt", "acceptedAt", "grace"}
OURS = "spotdrain.io/spotdrain"


@pytest.fixture
def queue_url(cluster: LocalCluster) -> str:
    """Give each test a queue: the polls of what the last test killed still take from theirs."""
    return make_queue(cluster)


def running(stage: Stage) -> ControllerProcess:
    """Describe a controller on the queue of this module."""
    return ControllerProcess(stage.cluster, "--queue-url", stage.queue_url)


def test_t54_after_kill_9_the_next_controller_goes_on_with_the_same_deadline(
    stage: Stage,
) -> None:
    """No pod is evicted twice, what was done stays told, what was left is finished, once.

    The kill came before the answer for the slow pod was written: the pod itself tells of it.
    """
    stage.add_pods(
        stage.pod("quick", grace=5),
        stage.pod("slow", grace=45, stop=40),
        stage.pod("guarded", grace=5, labels=GUARD),
    )
    stage.add_budget("full", 1, GUARD)

    with running(stage) as first:
        first.wait_ready()
        stage.send_spot(age=40)
        before = stage.wait(
            lambda ni: (
                ni.get("status", {}).get("pods", {}).get("gone") == 1
                and ni["status"]["pods"]["blocked"] == 1
            )
        )
        first.kill()
    forget(stage, "slow")
    with running(stage) as second:
        second.wait_ready()
        done = stage.wait_phase("Finished")

    assert done["status"]["deadline"] == before["status"]["deadline"]
    assert done["status"]["startedAt"] == before["status"]["startedAt"]
    assert max(told(stage).values()) == 1
    accepted = Counter(r.pod for r in stage.requests() if r.code < 400)
    assert accepted == {"quick": 1, "slow": 1, "guarded": 1}
    assert done["status"]["pods"] == {
        "total": 3,
        "evicted": 2,
        "forced": 1,
        "gone": 3,
        "left": 0,
        "blocked": 0,
        "protected": 0,
        "killed": 0,
        "truncated": 0,
    }


def forget(stage: Stage, pod: str) -> None:
    """Take back what the status says of a pod having been asked."""
    found = json.loads(stage.cluster.kubectl("get", "ni", stage.instance_id, "--output=json"))
    timeline = [
        {k: v for k, v in entry.items() if k not in ANSWER or not entry["pod"].endswith(pod)}
        for entry in found["status"]["timeline"]
    ]
    stage.cluster.kubectl(
        *("patch", "ni", stage.instance_id, "--type=merge", "--subresource=status"),
        *("--patch", json.dumps({"status": {"timeline": timeline}})),
    )


def told(stage: Stage) -> Counter[tuple[str, str, str]]:
    """Count our Events about the stage's node and pods: whom about, reason, sentence."""
    listed = stage.cluster.kubectl("get", "events.v1.events.k8s.io", "-A", "--output=json")
    ours = [e for e in json.loads(listed)["items"] if e.get("reportingController") == OURS]
    events = [(e["regarding"], e["reason"], e.get("note", "")) for e in ours]
    return Counter(
        (about.get("name", ""), reason, note)
        for about, reason, note in events
        if about.get("name") == stage.node_name or about.get("namespace") == stage.namespace
    )


def test_t55_restarted_after_the_deadline_it_tells_the_end_and_touches_no_pod(
    stage: Stage,
) -> None:
    """EC2 took the instance meanwhile, and another one has the node's name by now."""
    stage.add_pods(stage.pod("guarded", labels=GUARD))
    stage.add_budget("full", 1, GUARD)
    with running(stage) as first:
        first.wait_ready()
        stage.send_spot()
        stage.wait(lambda ni: ni.get("status", {}).get("pods", {}).get("blocked") == 1)
        first.kill()
    stage.cluster.kubectl("delete", "node", stage.node_name)
    other = f"i-{secrets.token_hex(8)}"
    stage.cluster.add_nodes([node_manifest(stage.node_name, other, "us-east-1a", "m5.large")])
    stage.add_pods(stage.pod("newcomer"))
    put_back(stage, 300)
    # Not before: what the killed one had sent may have arrived after its end.
    asked = len(stage.requests())

    with running(stage) as second:
        second.wait_ready()
        done = stage.wait_phase("Finished")
        node = stage.wait_node(lambda n: True)

    assert done["status"]["outcome"] == "NodeGone"
    assert done["status"]["pods"]["killed"] == 1
    assert len(stage.requests()) == asked
    assert "spotdrain.io/fence" not in node["metadata"].get("annotations", {})
    assert not node["spec"].get("unschedulable")


def put_back(stage: Stage, seconds: int) -> None:
    """Have an interruption be so much older than it is."""
    found = json.loads(stage.cluster.kubectl("get", "ni", stage.instance_id, "--output=json"))
    notices = [
        {
            **notice,
            "time": earlier(notice["time"], seconds),
            "deadline": earlier(notice["deadline"], seconds),
        }
        for notice in found["spec"]["notices"]
    ]
    patch = ("patch", "ni", stage.instance_id, "--type=merge")
    stage.cluster.kubectl(*patch, "--patch", json.dumps({"spec": {"notices": notices}}))
    status = {"startedAt": earlier(found["status"]["startedAt"], seconds)}
    stage.cluster.kubectl(*patch, "--subresource=status", "--patch", json.dumps({"status": status}))


def earlier(text: str, seconds: int) -> str:
    instant = parse_rfc3339(text)
    assert instant is not None
    return format_rfc3339(instant - seconds)


def test_a_notice_whose_fence_was_cut_off_is_fenced_by_the_next_controller(stage: Stage) -> None:
    """The record is there, the fence is not: as after a crash between the two."""
    stage.add_pods(stage.pod("pod"))
    with running(stage) as first:
        first.wait_ready()
        stage.send_spot()
        stage.wait_phase("Drained", "Draining")
        first.kill()
    stage.cluster.kubectl("annotate", "node", stage.node_name, "spotdrain.io/fence-")
    stage.cluster.kubectl("uncordon", stage.node_name)

    with running(stage) as second:
        second.wait_ready()
        node = stage.wait_node(
            lambda n: "spotdrain.io/fence" in n["metadata"].get("annotations", {})
        )

    assert node["spec"]["unschedulable"] is True
    assert json.loads(node["metadata"]["annotations"]["spotdrain.io/fence"])["unschedulable"]


def test_a_new_node_by_the_old_name_is_left_alone(stage: Stage) -> None:
    """Addresses are used again, and nodes are named after them."""
    stage.add_pods(stage.pod("pod"))
    with running(stage) as first:
        first.wait_ready()
        stage.send_spot()
        stage.wait_phase("Drained")
        first.kill()
    stage.cluster.kubectl("delete", "node", stage.node_name)
    stage.add_node()
    stage.add_pods(stage.pod("newcomer"))

    with running(stage) as second:
        second.wait_ready()
        done = stage.wait_phase("Finished")
        node = stage.wait_node(lambda n: True)

    assert done["status"]["outcome"] == "Drained"
    assert "spotdrain.io/fence" not in node["metadata"].get("annotations", {})
    assert [r.pod for r in stage.requests()] == ["pod"]
