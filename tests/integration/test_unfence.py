"""`spotdrain unfence` on a real API server: nodes are as they were found, once nobody runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from controller.drain.fence import ANNOTATION
from controller.kube.leases import LABEL
from hack.cluster.install import NAMESPACE
from tests.integration.controller_process import REPOSITORY, ControllerProcess
from tests.integration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster


def unfence(cluster: LocalCluster, *arguments: str) -> subprocess.Popen[str]:
    """Start the command as the administrator; the environment says nothing about the cluster."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPOTDRAIN_")}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "controller", "unfence", *arguments),
            *("--kubeconfig", str(cluster.admin_kubeconfig), "--namespace", NAMESPACE),
        ],
        cwd=REPOSITORY,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def said(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for its end and return exit code, output and errors."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def fenced(node: Mapping[str, Any]) -> bool:
    return ANNOTATION in node["metadata"].get("annotations", {})


def has_taints(wanted: set[str], node: Mapping[str, Any]) -> bool:
    return {taint["key"] for taint in node["spec"].get("taints", ())} == wanted


@pytest.fixture(autouse=True)
def _nobody_else(cluster: LocalCluster) -> None:
    """Forget replicas that other tests killed: whoever looks anew counts each Lease as alive for 6 s."""
    cluster.kubectl("delete", "lease", f"--namespace={NAMESPACE}", f"--selector={LABEL}=true")


@pytest.fixture
def pair(
    cluster: LocalCluster, namespace: str, queue_url: str
) -> Iterator[tuple[Stage, dict[str, Any], Stage, dict[str, Any]]]:
    """Give two nodes as they were found: an ordinary one, and one that somebody had cordoned."""
    found = []
    for cordoned in (False, True):
        stage = Stage(cluster, namespace, queue_url)
        stage.add_node()
        if cordoned:
            cluster.kubectl("cordon", stage.node_name)
            cluster.kubectl("taint", "node", stage.node_name, "dedicated=gpu:NoSchedule")
        # Kubernetes' own taint of a cordon comes a moment after the cordon.
        taints = {"dedicated", "node.kubernetes.io/unschedulable"} if cordoned else set()
        found.append((stage, stage.wait_node(partial(has_taints, taints))))
    (first, first_before), (second, second_before) = found
    yield first, first_before, second, second_before
    for stage, _ in found:
        stage.remove()
        cluster.kubectl("delete", "ni", stage.instance_id, "--ignore-not-found")


def test_fences_are_undone_exactly_once_the_controller_has_ended(
    cluster: LocalCluster, pair: tuple[Stage, dict[str, Any], Stage, dict[str, Any]], queue_url: str
) -> None:
    ordinary, ordinary_before, cordoned, cordoned_before = pair
    with ControllerProcess(cluster, "--queue-url", queue_url) as controller:
        controller.wait_ready()
        ordinary.send_spot()
        cordoned.send_rebalance()
        for stage in (ordinary, cordoned):
            stage.wait_node(fenced)
            stage.wait(lambda ni: "phase" in ni.get("status", {}))
        code, shown, _ = said(unfence(cluster, "--all", "--dry-run"))
        assert code == 0
        assert f"{ordinary.node_name} is closed by spotdrain: uncordon, remove the taint" in shown
        assert f"{cordoned.node_name} is closed by spotdrain: remove the taint" in shown
        assert fenced(ordinary.wait_node(lambda _: True))
        waiting = unfence(cluster, "--all")
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == "waiting for the end of controller, 60 s at most\n"
        assert controller.terminate() == 0
    code, opened, _ = said(waiting)
    assert code == 0
    assert f"{ordinary.node_name} is open: uncordon, remove the taint" in opened
    assert f"{cordoned.node_name} is open: remove the taint" in opened
    # All: other tests may have left nodes that were closed.
    assert re.search(
        r"^Opened (\d+) of \1 nodes that spotdrain had closed\.\n\Z", opened, re.MULTILINE
    )
    ordinary.wait_restored(ordinary_before)
    cordoned.wait_restored(cordoned_before)


def test_a_killed_controllers_lease_is_waited_out(stage: Stage, queue_url: str) -> None:
    before = stage.wait_node(lambda _: True)
    with ControllerProcess(stage.cluster, "--queue-url", queue_url) as controller:
        controller.wait_ready()
        stage.send_rebalance()
        stage.wait_node(fenced)
        controller.kill()
    code, opened, waited = said(unfence(stage.cluster, stage.node_name))
    assert (code, waited) == (0, "waiting for the end of controller, 60 s at most\n")
    assert f"{stage.node_name} is open: uncordon" in opened
    stage.wait_restored(before)
    stage.cluster.kubectl("delete", "ni", stage.instance_id)


def test_nothing_is_opened_while_a_controller_goes_on(stage: Stage, queue_url: str) -> None:
    with ControllerProcess(stage.cluster, "--queue-url", queue_url) as controller:
        controller.wait_ready()
        stage.send_rebalance()
        stage.wait_node(fenced)
        code, opened, refused = said(unfence(stage.cluster, "--all", "--wait", "1"))
        assert (code, opened) == (1, "")
        assert "spotdrain still runs (controller) and would close the nodes again" in refused
        assert fenced(stage.wait_node(lambda _: True))
        stage.cluster.kubectl("delete", "ni", stage.instance_id)
        stage.wait_node(lambda node: not fenced(node))
