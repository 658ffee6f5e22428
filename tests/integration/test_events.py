"""Kubernetes Events: what people read of a drain, and how few calls that takes."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from controller.domain.event import Event, node_reference, pod_reference
from controller.domain.verdict import Verdict
from controller.kube.api import Api
from controller.kube.connect import configuration
from controller.kube.recorder import Recorder
from controller.kube.series import WRITE_SECONDS
from tests.integration.stage import regarded

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import ControllerProcess
    from tests.integration.stage import Stage

GUARD = {"guard": "on"}
BLOCKED = Verdict("BlocksDrain", "holds back pods of node node-1")


def events_of(stage: Stage, namespace: str, *about: str) -> dict[str, dict[str, Any]]:
    """List the Events about objects of these names, by reason."""
    text = stage.cluster.kubectl("get", "events.v1.events.k8s.io", "-n", namespace, "-o", "json")
    return {
        event["reason"]: event
        for event in json.loads(text)["items"]
        if regarded(event)[1] in about
        and event.get("reportingController") == "spotdrain.io/spotdrain"
    }


@asynccontextmanager
async def recording(
    cluster: LocalCluster, clock: Callable[[], float]
) -> AsyncGenerator[Recorder, None]:
    """Run a recorder under the controller's rights."""
    path = cluster.kubeconfig_for_service_account("spotdrain", "spotdrain")
    async with Api(await configuration(path)) as api:
        recorder = Recorder(api, "test", clock)
        loop = asyncio.create_task(recorder.run())
        try:
            yield recorder
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def stored(
    cluster: LocalCluster, namespace: str, wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Wait until an Event of the namespace is as wanted."""
    path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"

    def find() -> dict[str, Any]:
        return next(event for event in cluster.follow(path) if wanted(event))

    return await asyncio.to_thread(find)


async def test_the_same_event_again_becomes_a_series(cluster: LocalCluster, namespace: str) -> None:
    now = 1_800_000_000.0
    event = Event(pod_reference(f"{namespace}/web", secrets.token_hex(8)), BLOCKED, warning=True)
    async with recording(cluster, lambda: now) as recorder:
        recorder.tell(event)
        first = await stored(cluster, namespace, lambda e: e["reason"] == "BlocksDrain")
        for _ in range(41):
            now += 1.0
            recorder.tell(event)
        found = await stored(
            cluster, namespace, lambda e: "series" in e and e["series"] is not None
        )

    assert first.get("series") is None
    assert found["metadata"]["uid"] == first["metadata"]["uid"]
    assert found["series"]["count"] > WRITE_SECONDS
    assert found["eventTime"] == first["eventTime"] < found["series"]["lastObservedTime"]


async def test_after_a_restart_the_same_event_is_not_told_twice(
    cluster: LocalCluster, namespace: str
) -> None:
    event = Event(pod_reference(f"{namespace}/web", secrets.token_hex(8)), BLOCKED)
    other = Event(event.regarding, Verdict("Other", "came after it"))
    async with recording(cluster, lambda: 1_800_000_000.0) as recorder:
        recorder.tell(event)
        await stored(cluster, namespace, lambda e: e["reason"] == "BlocksDrain")
    async with recording(cluster, lambda: 1_800_000_100.0) as recorder:
        recorder.tell(event)
        recorder.tell(other)
        await stored(cluster, namespace, lambda e: e["reason"] == "Other")

    text = cluster.kubectl("get", "events.v1.events.k8s.io", "-n", namespace, "-o", "json")
    assert sorted(e["reason"] for e in json.loads(text)["items"]) == ["BlocksDrain", "Other"]


async def test_events_that_the_server_refuses_are_lost_and_the_next_one_is_sent(
    cluster: LocalCluster, namespace: str
) -> None:
    about = pod_reference(f"{namespace}/web", secrets.token_hex(8))
    async with recording(cluster, lambda: 1_800_000_000.0) as recorder:
        recorder.tell(Event(about, Verdict("R" * 200, "a reason has 128 characters at most")))
        recorder.tell(Event(about, Verdict("Fine", "the next one")))
        found = await stored(cluster, namespace, lambda e: e["reason"] == "Fine")
    assert found["note"] == "the next one"


def test_an_ordinary_drain_has_two_events_both_on_the_node(
    stage: Stage, controller: ControllerProcess
) -> None:
    owner = json.loads(
        stage.cluster.kubectl("create", "configmap", "owner", "-n", stage.namespace, "-o", "json")
    )
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    pods = [stage.pod(name) for name in ("a", "b", "c")]
    for pod in pods:
        pod["metadata"]["ownerReferences"] = [reference]
    stage.add_pods(*pods)

    stage.send_spot()
    stage.wait_phase("Drained")
    stage.remove()
    stage.wait_phase("Finished")
    controller.wait_for_words(f"node {stage.node_name} is over")
    # Events are sent in their order, a moment after they were told.
    stage.node_event("Drained")

    told = events_of(stage, "default", stage.node_name)
    assert sorted(told) == ["Drained", "SpotInterruption"]
    names = ", ".join(f"{stage.namespace}/{name}" for name in "abc")
    assert told["SpotInterruption"]["note"].endswith(f"3 pods have to go: {names}")
    assert told["Drained"]["note"].startswith("all 3 pods are gone ")
    assert events_of(stage, stage.namespace, "a", "b", "c") == {}


def test_one_budget_that_holds_back_many_pods_has_one_event_of_each_kind(
    stage: Stage, controller: ControllerProcess
) -> None:
    stage.add_pods(*(stage.pod(f"guarded-{n}", grace=5, labels=GUARD) for n in range(12)))
    stage.add_budget("full", 12, GUARD)

    stage.send_spot(age=72)
    stage.wait_phase("Drained", "Finished")
    # The drain's last words are sent in their order: what came before is there by then.
    path = "/apis/events.k8s.io/v1/namespaces/default/events"
    node = ("Node", stage.node_name)
    stage.wait_object(path, lambda e: regarded(e) == node and e["reason"] == "Drained")

    about = events_of(stage, stage.namespace, "full")
    assert sorted(about) == ["BlocksDrain", "OverriddenByInterruption"]
    assert f"holds back pods of node {stage.node_name} until " in about["BlocksDrain"]["note"]
    assert about["BlocksDrain"]["related"]["kind"] == "Pod"
    text = stage.cluster.kubectl(
        "get", "events.v1.events.k8s.io", "-n", stage.namespace, "-o", "json"
    )
    reasons = [e["reason"] for e in json.loads(text)["items"]]
    assert reasons.count("BlocksDrain") == reasons.count("OverriddenByInterruption") == 1
    assert reasons.count("ForcedBeforeInterruption") == 10


async def test_a_node_is_told_in_the_default_namespace(
    cluster: LocalCluster, namespace: str
) -> None:
    name = f"node-{secrets.token_hex(4)}"
    async with recording(cluster, lambda: 1_800_000_000.0) as recorder:
        recorder.tell(Event(node_reference(name, "uid"), Verdict("Drained", "empty")))
        found = await stored(cluster, "default", lambda e: regarded(e)[1] == name)
    assert (found["type"], found["action"]) == ("Normal", "Drain")
