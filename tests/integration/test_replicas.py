"""Several replicas on one queue: they share the work, and go on with each other's."""

from __future__ import annotations

import secrets
from collections import Counter
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING

import pytest
import yaml

from controller.domain.ownership import owner_of
from hack.cluster.install import CONTROLLER, HOME_RULES, NAMESPACE
from tests.integration.controller_process import ControllerProcess, messages
from tests.integration.stage import Stage, make_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.cluster import LocalCluster
    from tests.integration.controller_process import Line

GUARD = {"guard": "on"}
NAMES = ("one", "two")
WAVE = 8
OVER = " is over: "
REPLICAS = "replicas: "

Pair = dict[str, ControllerProcess]


@pytest.fixture
def queue_url(cluster: LocalCluster) -> str:
    """Give each test a queue: the polls of what the last test killed still take from theirs."""
    return make_queue(cluster)


def other_name(stage: Stage) -> str:
    """Name the replica that does not drain the stage's node while both are there."""
    return next(name for name in NAMES if name != owner_of(stage.instance_id, NAMES))


@pytest.fixture
def pair(cluster: LocalCluster, queue_url: str) -> Iterator[Pair]:
    """Run two replicas that know of each other."""
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(
                ControllerProcess(cluster, "--queue-url", queue_url, "--identity", name)
            )
            for name in NAMES
        }
        for replica in found.values():
            replica.wait_for(lambda line: line["message"].startswith("replicas: one, two"))
            replica.wait_ready()
        yield found


def owner_and_other(pair: Pair, stage: Stage) -> tuple[ControllerProcess, ControllerProcess]:
    """Tell which of the two drains the stage's node."""
    owner = owner_of(stage.instance_id, NAMES)
    return pair[owner], next(replica for name, replica in pair.items() if name != owner)


def owned_by(name: str) -> str:
    """Make up an instance whose node this replica drains."""
    made = (f"i-{secrets.token_hex(8)}" for _ in count())
    return next(instance for instance in made if owner_of(instance, NAMES) == name)


def only_its_own(name: str, replica: ControllerProcess, stage: Stage) -> bool:
    """Tell whether a replica told of a node's drain only while the drain was its own.

    One that is held up for longer than its Lease lasts is stood in for until it is back.
    """
    members: list[str] = []
    for message in messages(list(replica.lines)):
        if message.startswith(REPLICAS):
            members = message.removeprefix(REPLICAS).split(", ")
        owned = owner_of(stage.instance_id, members) == name
        if f"node {stage.node_name} is Dr" in message and not owned:
            return False
    return True


@pytest.fixture
def wave(cluster: LocalCluster, namespace: str, queue_url: str) -> Iterator[list[Stage]]:
    """Give several nodes with three pods each, half of them for each replica to drain."""
    owners = (NAMES[number % len(NAMES)] for number in range(WAVE))
    stages = [Stage(cluster, namespace, queue_url, instance_id=owned_by(n)) for n in owners]
    for number, stage in enumerate(stages):
        stage.add_node()
        stage.add_pods(*(stage.pod(f"pod-{number}-{n}") for n in range(3)))
    yield stages
    for stage in stages:
        stage.remove()


def test_two_replicas_share_a_wave_and_evict_no_pod_twice(pair: Pair, wave: list[Stage]) -> None:
    """Whoever receives a notice closes the node; the owner alone drains it and tells so."""
    for stage in wave:
        stage.send_spot()
    for stage in wave:
        stage.wait_phase("Drained")

    uids = Counter(r.body["deleteOptions"]["preconditions"]["uid"] for r in wave[0].evictions())
    assert sorted(uids.values()) == [1] * (3 * WAVE)
    for stage in wave:
        owner, _ = owner_and_other(pair, stage)
        owner.wait_for_words(f"node {stage.node_name} is Drained")
        assert all(only_its_own(name, replica, stage) for name, replica in pair.items())


def test_after_kill_9_of_one_replica_the_other_goes_on_in_time(pair: Pair, stage: Stage) -> None:
    """The budget gets room soon after the Lease has lapsed: the pod is evicted, not forced."""
    stage.add_pods(stage.pod("free"), stage.pod("guarded", grace=5, labels=GUARD))
    stage.add_budget("full", 1, GUARD)
    owner, other = owner_and_other(pair, stage)
    # What the replicas of other tests left open was taken over as well, at the start.
    takeovers = other.metric("spotdrain_takeovers_total")

    stage.send_spot()
    before = stage.wait(
        lambda ni: (
            ni.get("status", {}).get("pods", {}).get("gone") == 1
            and ni["status"]["pods"]["blocked"] == 1
        )
    )
    owner.kill()
    other.wait_for_words(f"node {stage.node_name} is Draining")
    stage.cluster.kubectl("delete", "pdb", "full", f"--namespace={stage.namespace}")
    done = stage.wait_phase("Drained")

    assert done["status"]["startedAt"] == before["status"]["startedAt"]
    assert done["status"]["deadline"] == before["status"]["deadline"]
    assert (done["status"]["pods"]["evicted"], done["status"]["pods"]["forced"]) == (2, 0)
    assert Counter(r.pod for r in stage.evictions() if r.code < 400) == {"free": 1, "guarded": 1}
    assert other.metric("spotdrain_takeovers_total") == takeovers + 1
    assert other.metric("spotdrain_members") == 1


def test_a_replica_that_comes_back_takes_its_part_again(pair: Pair, stage: Stage) -> None:
    """The one that went on lets go, and writes nothing any more."""
    stage.add_pods(stage.pod("guarded", grace=5, labels=GUARD))
    stage.add_budget("full", 1, GUARD)
    owner, other = owner_and_other(pair, stage)
    name = owner_of(stage.instance_id, NAMES)

    stage.send_spot()
    owner.wait_for_words(f"node {stage.node_name} is Draining")
    assert owner.terminate() == 0
    other.wait_for_words(f"node {stage.node_name} is Draining")
    with ControllerProcess(
        stage.cluster, "--queue-url", stage.queue_url, "--identity", name
    ) as again:
        again.wait_for_words(f"node {stage.node_name} is Draining")
        other.wait_for_words(f"{stage.instance_id} goes to another replica")
        since = len(other.lines)
        stage.cluster.kubectl("delete", "pdb", "full", f"--namespace={stage.namespace}")
        again.wait_for_words(f"node {stage.node_name} is Drained")

    assert not [m for m in messages(other.lines[since:]) if stage.node_name in m]
    assert other.metric("spotdrain_drains_active") == 0


def test_two_that_do_not_know_of_each_other_do_no_harm(stage: Stage) -> None:
    """Their Leases are in two namespaces, so both drain the node, as for a moment others may.

    What each of them tells stays told, and the end is told once.
    """
    let_lease(stage)
    stage.add_pods(*(stage.pod(f"pod-{n}", grace=5) for n in range(4)))
    stage.add_pods(stage.pod("guarded", grace=5, labels=GUARD))
    stage.add_budget("full", 1, GUARD)
    queue = ("--queue-url", stage.queue_url)
    apart = ("--identity", "apart", "--namespace", stage.namespace)

    with (
        ControllerProcess(stage.cluster, *queue) as here,
        ControllerProcess(stage.cluster, *queue, *apart) as there,
    ):
        for replica in (here, there):
            replica.wait_for_words("ready: watching")
        stage.send_spot(age=70)
        for replica in (here, there):
            replica.wait_for_words(f"node {stage.node_name} is Draining")
        done = stage.wait_phase("Finished")
        ends = [
            replica.wait_for(lambda line: OVER in line["message"] and about(stage, line))
            for replica in (here, there)
        ]
        conflicts = [
            replica.metric("spotdrain_status_writes_total", result="conflict")
            for replica in (here, there)
        ]

    assert sum(conflicts) > 0
    assert sorted("another replica has told" in line["message"] for line in ends) == [False, True]
    assert done["status"]["pods"]["gone"] == 5
    assert (done["status"]["pods"]["evicted"], done["status"]["pods"]["forced"]) == (4, 1)
    assert all("acceptedAt" in entry for entry in done["status"]["timeline"])


def about(stage: Stage, line: Line) -> bool:
    """Tell whether a line of the log is about the stage's node or instance."""
    return stage.node_name in line["message"] or stage.instance_id in line["message"]


def let_lease(stage: Stage) -> None:
    """Let the controller keep Leases in the stage's namespace too."""
    meta = {"name": "leases", "namespace": stage.namespace}
    group = "rbac.authorization.k8s.io"
    role = {"kind": "Role", "name": "leases", "apiGroup": group}
    account = {"kind": "ServiceAccount", "name": CONTROLLER, "namespace": NAMESPACE}
    rules = yaml.safe_load(HOME_RULES.read_text())
    version = f"{group}/v1"
    stage.cluster.apply(
        [
            {"apiVersion": version, "kind": "Role", "metadata": meta, "rules": rules},
            {
                "apiVersion": version,
                "kind": "RoleBinding",
                "metadata": meta,
                "roleRef": role,
                "subjects": [account],
            },
        ]
    )


def test_sigterm_hands_a_drain_over_at_once(pair: Pair, stage: Stage) -> None:
    stage.add_pods(stage.pod("guarded", grace=5, labels=GUARD))
    stage.add_budget("full", 1, GUARD)
    owner, other = owner_and_other(pair, stage)

    stage.send_spot()
    owner.wait_for_words(f"node {stage.node_name} is Draining")
    since = len(other.lines)
    assert owner.terminate() == 0
    owner.wait_for_words("released our Lease")
    # The other may be heard before the owner has heard that its Lease is gone.
    other.wait_for_words(f"node {stage.node_name} is Draining", since=since)
    stage.cluster.kubectl("delete", "pdb", "full", f"--namespace={stage.namespace}")
    # The pod may be gone a moment before the answer to its eviction is there.
    stage.wait(lambda ni: ni["status"]["pods"]["evicted"] == 1)
    stage.wait_phase("Drained")
    assert other.terminate() == 0

    # It has not waited for the Lease to lapse, and was not needed before.
    assert only_its_own(other_name(stage), other, stage)
    assert not [line for line in other.lines if "lapse" in line["message"]]
    for ended in pair.values():
        assert messages(ended.lines)[-1].startswith("stopped; ")
        assert ended.words == []
        assert not [line for line in ended.lines if "exception" in line]


def test_t62_its_own_pod_leaves_last_and_the_other_replica_goes_on(
    pair: Pair, stage: Stage
) -> None:
    """The owner's own pod is on the node that it drains; the test is its kubelet, and stops it."""
    name = owner_of(stage.instance_id, NAMES)
    owner, other = owner_and_other(pair, stage)
    home = Stage(stage.cluster, NAMESPACE, stage.queue_url, instance_id=stage.instance_id)
    home.add_pods(home.pod(name, grace=10, stop=2))
    stage.add_pods(
        stage.pod("low", grace=5),
        stage.pod("critical", priority_class="system-cluster-critical", grace=5),
    )

    stage.send_spot()
    home.wait_pod(name, lambda pod: "deletionTimestamp" in pod["metadata"])
    assert owner.terminate() == 0
    other.wait_for_words(f"node {stage.node_name} is Drained")
    done = stage.wait_phase("Drained")

    # Whoever else was evicted in the controller's namespace was so by another test.
    own = [request for request in home.evictions() if request.pod == name]
    asked = sorted([*stage.evictions(), *own], key=lambda request: request.at)
    assert [request.pod for request in asked] == ["low", "critical", name]
    assert messages(owner.lines)[-1].startswith("stopped; ")
    assert done["status"]["pods"]["gone"] == 3
    assert done["status"]["pods"]["forced"] == 0
