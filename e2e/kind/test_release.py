"""The release's life: upgraded in mid-drain, rolled back, uninstalled; a drain, and no fence after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.kind.nodes import is_cordoned, is_fenced, read_node
from e2e.kind.product import AWAIT, CHART, NAMESPACE, RELEASE, helm, install_product
from e2e.kind.reading import entry_of, phase_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.kind.scene import Scene

CRDS = {"nodeinterruptions.spotdrain.io", "spotpolicies.spotdrain.io"}
DEPLOYMENT = f"deployment/{RELEASE}"

pytestmark = pytest.mark.timeout(900)
"""Seconds: five rollouts of Helm's, each of which waits for its pods."""


@pytest.fixture
def installed_again(scene: Scene) -> Iterator[None]:
    """Install the product after the test, for those that follow."""
    yield
    install_product(scene.ground.cluster)


def in_home(scene: Scene, *arguments: str) -> str:
    return scene.ground.cluster.kubectl(f"--namespace={NAMESPACE}", *arguments)


@pytest.mark.usefixtures("installed_again")
def test_a_release_is_upgraded_rolled_back_and_uninstalled_while_it_drains(scene: Scene) -> None:
    """One drain goes on through an upgrade; the next one's fence is gone with the release."""
    cluster, work = scene.ground.cluster, scene.workloads
    scene.run(work.pod("slow", scene.node.name, environment={"STOPS_AFTER": "20"}), pods=1)
    scene.post.spot(scene.node.instance_id)
    scene.record("has asked its pod", lambda ni: "acceptedAt" in entry_of(ni, "slow"))

    # New pods take the place of those that drain.
    helm(cluster, "upgrade", RELEASE, CHART, "--reuse-values", "--set=logLevel=debug", *AWAIT)
    drained = scene.phase("Drained")
    assert scene.life("slow").times("term") == 1
    assert scene.life("slow").times("end") == 1
    assert drained["status"]["pods"]["gone"] == 1
    assert "debug" in in_home(scene, "get", DEPLOYMENT, "--output=yaml")

    helm(cluster, "rollback", RELEASE, *AWAIT)
    assert "debug" not in in_home(scene, "get", DEPLOYMENT, "--output=yaml")
    scene.run(work.pod("stays", scene.other.name, environment={"STOPS_AFTER": "20"}), pods=1)
    scene.post.spot(scene.other.instance_id)
    scene.record("drains", lambda ni: phase_of(ni) == "Draining", node=scene.other)
    assert is_cordoned(read_node(scene.ground, scene.other))

    helm(cluster, "uninstall", RELEASE, *AWAIT)

    for worker in (scene.node, scene.other):
        node = read_node(scene.ground, worker)
        assert not is_fenced(node), f"{worker.name} carries a fence: {node['spec']}"
        assert not is_cordoned(node)
    # The garbage collector takes what belonged to the release, and kubelets end its last pods.
    in_home(scene, "wait", "replicasets,pods", "--all", "--for=delete", "--timeout=120s")
    assert in_home(scene, "get", "all", "--output=name") == ""
    left = cluster.kubectl("get", "crds", "--output=name").split()
    assert {name.rpartition("/")[2] for name in left} >= CRDS, "they are kept, with their objects"
    assert scene.other.instance_id in cluster.kubectl("get", "nodeinterruptions", "--output=name")
