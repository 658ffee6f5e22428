"""The controller runs on the nodes that are interrupted: it drains itself away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from e2e.kind.faults.audit import accepted_calls
from e2e.kind.faults.replicas import DEPLOYMENT, HERE, renew, replicas_of, wait_ready
from e2e.kind.product import NAMESPACE
from e2e.kind.reading import exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.kind.faults.drains import Drains
    from e2e.kind.faults.replicas import Replica
    from e2e.kind.faults.tally import Tally
    from e2e.kind.ground import Ground

SPOT = {"key": "eks.amazonaws.com/capacityType", "operator": "In", "values": ["SPOT"]}
ON_SPOT = {"weight": 100, "preference": {"matchExpressions": [SPOT]}}


@pytest.fixture(scope="module")
def on_spot(ground: Ground) -> Iterator[None]:
    """Have the replicas run on the two Spot nodes, one each, and back again behind the tests."""
    kubectl = ground.cluster.kubectl
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [ON_SPOT]}}
    pod = {"nodeSelector": None, "affinity": affinity}
    patch = json.dumps({"spec": {"template": {"spec": pod}}})
    kubectl("patch", HERE, f"deployment/{DEPLOYMENT}", "--type=merge", f"--patch={patch}")
    wait_ready(ground.cluster)
    yield
    kubectl("rollout", "undo", HERE, f"deployment/{DEPLOYMENT}")
    wait_ready(ground.cluster)


@pytest.fixture
def at_risk(on_spot: None, drains: Drains) -> tuple[Replica, ...]:  # noqa: ARG001 - it only has to be
    """Give the replicas, one on each doomed node."""
    cluster = drains.scene.ground.cluster
    homes = {node.name for node in drains.nodes}
    if {replica.node for replica in replicas_of(cluster)} != homes:
        # A node was closed a moment ago; both are open now.
        renew(cluster)
    found = replicas_of(cluster)
    assert {replica.node for replica in found} == homes
    return found


@pytest.mark.parametrize("doomed", [1, 2])
def test_the_controller_drains_the_nodes_it_runs_on(
    drains: Drains, at_risk: tuple[Replica, ...], tally: Tally, doomed: int
) -> None:
    ground, nodes = drains.scene.ground, drains.nodes[:doomed]
    leaving = [replica for replica in at_risk if replica.node in {node.name for node in nodes}]

    since = ground.pods.count
    for node in nodes:
        drains.notice(node)
    account = drains.close()

    calls = accepted_calls(ground.cluster, NAMESPACE)
    account.twice += [replica.pod for replica in leaving if len(calls[replica.pod]) > 1]
    tally.add(f"the node of {doomed} of the 2 replicas interrupted", 1, account)
    # Each was asked, and stopped in peace.
    assert [end_of(ground, replica, since) for replica in leaving] == [0] * doomed
    assert account.harm == []


def end_of(ground: Ground, replica: Replica, since: int) -> int:
    """Tell with which code a replica's container has ended."""
    ended = ground.pods.wait(
        f"the end of {replica.pod}",
        lambda pod: (
            pod["metadata"]["name"] == replica.pod
            and all("terminated" in c["state"] for c in pod["status"]["containerStatuses"])
        ),
        since=since,
    )
    return exit_code(ended)
