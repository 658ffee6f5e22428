"""An API server in trouble while nodes are drained: shedding, failing, slow.

What is asserted comes from its audit log, which has every call that reached it, and from the
proxy's, which has every call that was sent.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from controller.domain.ownership import owner_of
from controller.domain.times import parse_rfc3339
from hack.cluster.install import NAMESPACE
from tests.integration.proxy import BROKEN, SHED
from tests.integration.stage import LOOK_SECONDS, PATIENCE, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.integration.controller_process import ControllerProcess
    from tests.integration.proxy import FaultyProxy, Seen
    from tests.integration.stage import Request

ALL = ".*"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
PODS_PER_NODE = 8
CLASSES = ("", "system-cluster-critical")
GRACE = 5
LATENCY = 2.0
OURS = "controller"
"""The identity of the controller under test; a file before may have left Leases of others."""


@pytest.fixture
def nodes(stage: Stage) -> Iterator[list[Stage]]:
    """Give three nodes with eight pods each, six of priority 0 and two system-critical."""
    made = [stage, *(Stage(stage.cluster, stage.namespace, stage.queue_url) for _ in range(2))]
    for number, one in enumerate(made):
        if one is not stage:
            one.add_node()
        one.add_pods(
            *(
                one.pod(f"n{number}-{n}", grace=GRACE, priority_class=CLASSES[n >= 6])
                for n in range(PODS_PER_NODE)
            )
        )
    yield made
    for one in made[1:]:
        one.remove()


@pytest.fixture
def killed(through: ControllerProcess, stage: Stage) -> Iterator[str]:
    """Leave the Lease of a replica that was killed a moment ago."""
    name, since = f"killed-{stage.namespace}", len(through.lines)
    lease_name = f"spotdrain-member-{name}"
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": lease_name,
            "namespace": NAMESPACE,
            "labels": {"spotdrain.io/member": "true"},
        },
        "spec": {"holderIdentity": name},
    }
    stage.cluster.apply([lease])
    through.wait_for_words("replicas: ", name, since=since)
    yield name
    # The controller deletes it by itself once it has been silent for a minute.
    command = ("delete", "lease", lease_name, f"--namespace={NAMESPACE}")
    stage.cluster.kubectl(*command, "--ignore-not-found")


def wait_ready_says(controller: ControllerProcess, words: str) -> None:
    """Wait until /readyz says something: its sentence changes with the next try, and nothing tells."""
    deadline = time.monotonic() + PATIENCE
    while words not in (said := controller.get("/readyz").text):
        assert time.monotonic() < deadline, said
        time.sleep(LOOK_SECONDS)


def wait_renewed(stage: Stage, replica: str) -> None:
    """Wait until a replica has begun to renew its Lease after this moment, and has done so."""
    now = time.time()
    for lease in stage.cluster.follow(LEASES):
        renewed = parse_rfc3339(lease["spec"].get("renewTime"))
        if lease["spec"].get("holderIdentity") == replica and renewed and renewed > now:
            return
    raise AssertionError(f"{replica} renewed its Lease no more")


def about_pods(seen: Iterable[Seen]) -> list[Seen]:
    """List the evictions and deletions that the controller sent, oldest first."""
    return sorted(
        s
        for s in seen
        if s.path.endswith("/eviction") or (s.method == "DELETE" and "/pods/" in s.path)
    )


def busiest_second(calls: Iterable[Seen]) -> int:
    """Count the calls of the second in which there were most."""
    return max(Counter(int(call.at) for call in calls).values(), default=0)


def accepted(requests: Iterable[Request]) -> Counter[str]:
    """Count by pod how often a deletion was accepted."""
    return Counter(r.pod for r in requests if r.code < 400)


def ordered(requests: Iterable[Request]) -> bool:
    """Tell whether no system-critical pod was asked before the last other one of its node."""
    by_node: defaultdict[str, list[Request]] = defaultdict(list)
    for request in requests:
        by_node[request.pod.split("-")[0]].append(request)
    for asked in by_node.values():
        numbers = [int(r.pod.split("-")[1]) >= 6 for r in asked if r.code < 400]
        if numbers != sorted(numbers):
            return False
    return True


def test_a_storm_of_shed_calls_is_ridden_out_and_everything_done_once(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage, nodes: list[Stage]
) -> None:
    """For ten seconds all is shed but fences, records and lists; three nodes are being drained.

    Those of the pods' calls count from the first of them: a drain begins with the other ones.
    """
    since = len(proxy.seen)
    pods = proxy.fault(ALL, "/pods/", said=SHED, seconds=10)
    with pods, proxy.fault(ALL, r"/status$|/leases|/events", said=SHED, seconds=10):
        for one in nodes:
            one.send_spot(age=60)
        statuses = [one.wait_phase("Drained")["status"] for one in nodes]

    storm = about_pods(proxy.seen[since:])
    shed = [s for s in storm if s.code == SHED.code]
    assert len(shed) > len(nodes)
    # The first waves come out of a calm; after them a few calls a second feel their way.
    after_first = [s for s in shed if s.at > shed[0].at + 2.5]
    assert busiest_second(after_first) <= 8
    assert accepted(stage.requests()) == Counter(_names())
    assert ordered(stage.requests())
    assert all(s["pods"]["killed"] == 0 for s in statuses)
    assert through.metric("spotdrain_api_limit") > 4


def test_a_notice_that_comes_in_the_midst_of_a_storm_is_handled_when_it_is_over(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage
) -> None:
    """Ten seconds without one call that gets through; then its node is closed and drained."""
    stage.add_pods(stage.pod("late", grace=GRACE))
    with proxy.fault(ALL, ALL, said=SHED, seconds=10) as storm:
        stage.send_spot(age=60)
        ended = stage.wait_phase("Drained")

    assert storm.met > 0
    assert accepted(stage.requests()) == {"late": 1}
    assert ended["status"]["pods"]["evicted"] == 1


def test_two_seconds_of_latency_on_every_call_cost_nobody_its_grace_nor_its_place(
    through: ControllerProcess,
    proxy: FaultyProxy,
    stage: Stage,
    nodes: list[Stage],
    killed: str,
) -> None:
    """Every call takes two seconds longer, with 70 s left: all are asked in order, and in time.

    Another replica was killed a moment before: what it had is taken over, slow as all is.
    """
    with proxy.fault(ALL, ALL, delay=LATENCY) as slow:
        for one in nodes:
            one.send_spot(age=50)
        statuses = [one.wait_phase("Drained", "Finished")["status"] for one in nodes]

    assert slow.met > len(_names())
    requests = stage.requests()
    assert accepted(requests) == Counter(_names())
    assert ordered(requests)
    for status in statuses:
        deadline = parse_rfc3339(status["deadline"])
        assert deadline is not None
        # Reserve 8 s, overhead 3 s, and the grace: the last safe moment of each of these pods.
        last_safe = deadline - 8 - 3 - GRACE
        assert all(r.at <= last_safe + LATENCY for r in requests)
        assert (status["pods"]["killed"], status["pods"]["forced"]) == (0, 0)


def test_a_replica_that_cannot_renew_goes_on_with_its_share_while_nobody_else_is_heard(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage, killed: str
) -> None:
    """No renewal is answered, and who died cannot be told from who is as badly off: ours goes on."""
    own = Stage(stage.cluster, stage.namespace, stage.queue_url)
    while owner_of(own.instance_id, {OURS, killed}) != OURS:
        own = Stage(stage.cluster, stage.namespace, stage.queue_url)
    own.add_node()
    own.add_pods(own.pod("ours", grace=GRACE))
    # Ours lapses 5 s after this renewal: more than 3 s after anything was heard of the other one.
    wait_renewed(own, OURS)
    since = len(through.lines)
    try:
        with proxy.fault("PATCH", "/leases/", delay=60):
            told = through.wait_for_words("cannot renew our Lease", since=since)
            own.send_spot(age=75)
            own.wait_phase("Drained")
            wait_ready_says(through, "no other replica is heard, drains go on here")
        through.wait_for_words("renewing our Lease again", since=since)
    finally:
        own.remove()

    assert accepted(own.requests()) == {"ours": 1}
    replicas = [line for line in through.lines[since:] if line["message"].startswith("replicas:")]
    # A process that was paused counts others as heard for three seconds (engine/attendance.py), and on
    # a busy machine that may fall together with the lapse: then its share is put down, and taken up.
    put_down, taken_up = (
        sum(OURS in line[change] for line in replicas) for change in ("gone", "joined")
    )
    assert put_down == taken_up <= 1
    assert told["level"] == "error"


def test_errors_on_a_third_of_all_calls_lose_nobody(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage, nodes: list[Stage]
) -> None:
    """500 on 30 % of what is asked about pods, nodes and our own records."""
    with proxy.fault("POST|PATCH|DELETE", ALL, said=BROKEN, share=0.3) as fault:
        for one in nodes:
            one.send_spot(age=60)
        statuses = [one.wait_phase("Drained")["status"] for one in nodes]

    assert fault.met > len(nodes)
    assert accepted(stage.requests()) == Counter(_names())
    assert all(s["pods"]["evicted"] == PODS_PER_NODE for s in statuses)
    assert through.metric("spotdrain_api_pushback_total", code="500") > 0


def test_pods_of_an_interrupted_node_go_before_those_of_a_voluntary_drain(
    through: ControllerProcess, proxy: FaultyProxy, stage: Stage, nodes: list[Stage]
) -> None:
    """Both wait while the API server sheds; when it has breath again the interruption is first."""
    calm, *doomed = nodes
    policy = {
        "apiVersion": "spotdrain.io/v1alpha1",
        "kind": "SpotPolicy",
        "metadata": {"name": calm.node_name},
        "spec": {
            "weight": 100,
            "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": calm.node_name}},
            "events": {"rebalance": {"action": "Drain", "waitForCapacity": "0s"}},
            "drain": {"unmanagedPods": {"onVoluntary": "Evict"}},
        },
    }
    stage.cluster.apply([policy])
    stage.cluster.kubectl(
        "wait", f"spotpolicy/{calm.node_name}", "--for=condition=Accepted", "--timeout=60s"
    )
    since = len(proxy.seen)
    with proxy.fault(ALL, r"/eviction$", said=SHED) as storm:
        calm.send_rebalance()
        calm.wait_phase("Draining")
        proxy.wait_met(storm)
        for one in doomed:
            one.send_spot(age=30)
        for one in doomed:
            one.wait_phase("Draining")
        proxy.wait_seen("/eviction", 8)
    for one in nodes:
        one.wait_phase("Drained")
    stage.cluster.kubectl("delete", "spotpolicy", calm.node_name)

    shed = [s for s in about_pods(proxy.seen[since:]) if s.code == SHED.code]
    assert shed
    first = [r.pod.split("-")[0] for r in stage.evictions() if r.code == 201]
    voluntary = [place for place, node in enumerate(first) if node == "n0"]
    # What is in flight in that moment cannot be called back: at most the narrowest limit of four.
    assert sum(place < len(first) // 3 for place in voluntary) <= 4
    assert accepted(stage.requests()) == Counter(_names())


def _names() -> dict[str, int]:
    return {f"n{node}-{n}": 1 for node in range(3) for n in range(PODS_PER_NODE)}
