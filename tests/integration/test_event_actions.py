"""What a policy says is to be done about each kind of event is what is done to its node."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from controller.domain.times import format_rfc3339
from controller.drain.fence import ANNOTATION
from hack.nodes import node_manifest
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess

LABEL = "example.com/action"


class Event(NamedTuple):
    """The field of `events` about a kind, the kind, and a golden file of it."""

    field: str
    kind: str
    golden: str


EVENTS = [
    Event("spotInterruption", "SpotInterruption", "spot-interruption"),
    Event("rebalance", "Rebalance", "rebalance"),
    Event("capacityReservation", "CapacityReservation", "capacity-reservation"),
    Event("stateChange", "StateChange", "state-change"),
    Event("lifecycleTermination", "LifecycleTermination", "auto-scaling-terminate"),
    Event("scheduledChange", "ScheduledChange", "health-scheduled-change"),
]


@pytest.fixture
def nodes(
    cluster: LocalCluster, namespace: str, queue_url: str, action: str
) -> Iterator[dict[Event, Stage]]:
    """Give a node for each kind, all under a policy that names one action for every kind."""
    policy: dict[str, Any] = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "SpotPolicy",
        "metadata": {"name": f"all-{action.lower()}"},
        "spec": {
            "weight": 100,
            "nodeSelector": {"matchLabels": {LABEL: action}},
            "events": {event.field: {"action": action} for event in EVENTS},
            # The pods of these tests have no controller.
            "drain": {"unmanagedPods": {"onVoluntary": "Evict"}},
        },
    }
    policy["spec"]["events"]["rebalance"] |= {"waitForCapacity": "0s", "budget": {"nodes": 100}}
    name = policy["metadata"]["name"]
    cluster.apply([policy])
    cluster.kubectl("wait", f"spotpolicy/{name}", "--for=condition=Accepted", "--timeout=60s")
    made = {event: Stage(cluster, namespace, queue_url) for event in EVENTS}
    labels = {LABEL: action}
    cluster.add_nodes(
        [
            node_manifest(
                stage.node_name, stage.instance_id, "us-east-1a", "m5.xlarge", labels=labels
            )
            for stage in made.values()
        ]
    )
    yield made
    for stage in made.values():
        stage.remove()
    cluster.kubectl("delete", "spotpolicy", name)


def send(event: Event, stage: Stage) -> None:
    """Send one of the kind that is to be acted on now."""
    soon: dict[str, Any] = {
        "CapacityReservation": {"instance-termination-time": format_rfc3339(time.time() + 90)},
        "ScheduledChange": {"startTime": format_rfc3339(time.time() + 1200)},
    }
    stage.send_golden(event.golden, **soon.get(event.kind, {}))


def told(event: Event) -> Any:
    return lambda ni: ni.get("status", {}).get("kind") == event.kind


def tainted(node: Mapping[str, Any]) -> bool:
    return any(t["key"] == "spotdrain.io/interruption" for t in node["spec"].get("taints", ()))


def closed(node: Mapping[str, Any]) -> bool:
    return bool(node["spec"].get("unschedulable"))


@pytest.mark.parametrize("action", ["Ignore"])
def test_ignore_does_not_even_record_it(
    nodes: dict[Event, Stage], controller: ControllerProcess
) -> None:
    for event, stage in nodes.items():
        send(event, stage)
        controller.wait_for_words(
            f"ignored {event.kind} for node {stage.node_name}: the policy says Ignore"
        )
    for stage in nodes.values():
        node = stage.wait_node(lambda _: True)
        assert not closed(node)
        assert not tainted(node)
        assert stage.cluster.kubectl("get", "ni", stage.instance_id, "--ignore-not-found") == ""


@pytest.mark.parametrize("action", ["Observe"])
def test_observe_records_it_and_leaves_the_node_alone(
    nodes: dict[Event, Stage], controller: ControllerProcess
) -> None:
    for event, stage in nodes.items():
        send(event, stage)
    for event, stage in nodes.items():
        stage.wait(told(event))
        node = stage.wait_node(lambda _: True)
        assert not closed(node)
        assert not tainted(node)


@pytest.mark.parametrize("action", ["Taint"])
def test_taint_sets_the_taint_alone(
    nodes: dict[Event, Stage], controller: ControllerProcess
) -> None:
    for event, stage in nodes.items():
        send(event, stage)
    for event, stage in nodes.items():
        stage.wait(told(event))
        assert not closed(stage.wait_node(tainted))


@pytest.mark.parametrize("action", ["Cordon"])
def test_cordon_closes_the_node_and_evicts_nobody(
    nodes: dict[Event, Stage], controller: ControllerProcess
) -> None:
    for event, stage in nodes.items():
        stage.add_pods(stage.pod(f"stays-{event.field.lower()}"))
        send(event, stage)
    for event, stage in nodes.items():
        stage.wait(told(event))
        # The end of an instance is due after ten seconds: it may have been told by now.
        stage.wait_phase("Fenced", "Finished")
        node = stage.wait_node(closed)
        assert tainted(node)
        assert ANNOTATION in node["metadata"]["annotations"]
    hint = next(stage for event, stage in nodes.items() if event.kind == "Rebalance")
    hint.wait(lambda ni: "opened again at " in ni["status"]["message"])
    assert stage.requests() == []


@pytest.mark.parametrize("action", ["Drain"])
def test_drain_empties_it(nodes: dict[Event, Stage], controller: ControllerProcess) -> None:
    pods = {event.field.lower() for event in EVENTS}
    for event, stage in nodes.items():
        stage.add_pods(stage.pod(event.field.lower()))
        send(event, stage)
    for stage in nodes.values():
        done = stage.wait_phase("Drained", "Finished")["status"]
        assert done["pods"]["evicted"] == 1
    assert {request.pod for request in stage.evictions()} == pods
