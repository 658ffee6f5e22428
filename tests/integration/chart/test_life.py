"""The life of a release: installed from an older chart, upgraded, rolled back, uninstalled.

The controller runs as the release's ServiceAccount beside pods that KWOK plays.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from controller.drain.fence import ANNOTATION
from controller.engine.attendance import LAPSE_SECONDS
from hack.errors import HackError
from tests.integration.chart.helm import CHART, NAME, NAMESPACE, QUEUE, RELEASE
from tests.integration.controller_process import PATIENCE, REPOSITORY, ControllerProcess
from tests.integration.stage import Stage, first_patch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hack.cluster import LocalCluster
    from tests.integration.chart.helm import Helm

NEWER = ("guard.yaml", "poddisruptionbudget.yaml", "unfence.yaml")
"""Templates that the older chart does not have."""

UNFENCE = f"{NAME}-unfence"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
COLUMNS = "--output=jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}"
FENCED = (
    r"jsonpath={range .items[?(@.metadata.annotations.spotdrain\.io/fence)]}"
    r'{.metadata.name}{"\n"}{end}'
)
"""As docs/operations.md has it."""

OF_RELEASE = f"--selector=app.kubernetes.io/instance={RELEASE}"
KINDS = (
    "deployments,pods,jobs,services,serviceaccounts,roles,rolebindings,poddisruptionbudgets,"
    "clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings"
)


@pytest.fixture(scope="module")
def older(installer: Helm, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Pack a chart as an earlier version may have been: fewer templates, a smaller CRD."""
    folder = tmp_path_factory.mktemp("older")
    chart = folder / "spotdrain"
    shutil.copytree(CHART, chart)
    for name in NEWER:
        (chart / "templates" / name).unlink()
    crd = chart / "files" / "crds" / "nodeinterruptions.yaml"
    lines = [line for line in crd.read_text().splitlines() if "{name: Outcome," not in line]
    crd.write_text("\n".join(lines))
    installer("package", str(chart), f"--destination={folder}", "--version=0.0.1")
    return str(folder / "spotdrain-0.0.1.tgz")


@pytest.fixture
def spot(bare: LocalCluster) -> Iterator[Stage]:
    """Give a Spot node beside those of the module."""
    stage = Stage(bare, "default", bare.queue_url)
    stage.add_node()
    yield stage
    stage.remove()


@pytest.fixture
def controller(bare: LocalCluster, release: None) -> Iterator[ControllerProcess]:
    """Run the controller with the rights that the release gives, and no others."""
    account = bare.kubeconfig_for_service_account(NAMESPACE, NAME)
    with ControllerProcess(bare, "--namespace", NAMESPACE, kubeconfig=account) as running:
        running.wait_ready()
        yield running


@pytest.fixture(scope="module")
def release(bare: LocalCluster, installer: Helm, older: str) -> None:
    """Install the older chart."""
    installer("install", RELEASE, older, QUEUE, "--wait")


def fenced(node: Mapping[str, Any]) -> bool:
    return ANNOTATION in node["metadata"].get("annotations", {})


def exists(bare: LocalCluster, kind: str, name: str) -> bool:
    found = bare.kubectl("get", kind, name, f"--namespace={NAMESPACE}", "--ignore-not-found")
    return name in found


def columns(bare: LocalCluster) -> list[str]:
    """Name what `kubectl get ni` shows: the CRD as the API server has it."""
    return bare.kubectl("get", "crd", "nodeinterruptions.spotdrain.io", COLUMNS).split()


def test_a_drain_goes_on_over_upgrade_and_rollback(
    bare: LocalCluster,
    installer: Helm,
    package: str,
    spot: Stage,
    controller: ControllerProcess,
) -> None:
    """The CRDs go with the chart, and nothing that is stored is lost by it."""
    spot.add_pods(spot.pod("kept", stop=600, grace=600))
    spot.send_spot()
    spot.wait_node(fenced)
    spot.wait_phase("Draining")
    assert "Outcome" not in columns(bare)

    installer("upgrade", RELEASE, package, "--reset-then-reuse-values", "--wait")
    assert "Outcome" in columns(bare)
    assert exists(bare, "pdb", NAME)
    assert exists(bare, "validatingadmissionpolicy", f"{NAME}-guard")

    # The guard stands, and what the controller writes passes it: a status, and a new record.
    bare.kubectl("delete", "pod", "kept", "--grace-period=0", "--force")
    spot.wait_phase("Drained")

    installer("rollback", RELEASE, "1", "--wait")
    assert "Outcome" not in columns(bare)
    assert not exists(bare, "pdb", NAME)
    assert not exists(bare, "validatingadmissionpolicy", f"{NAME}-guard")
    # The two minutes of the notice may be over by now.
    spot.wait_phase("Drained", "Finished")
    assert fenced(spot.wait_node(lambda _: True))
    bare.kubectl("delete", "ni", spot.instance_id)


def test_uninstalling_leaves_no_fence_behind(
    bare: LocalCluster,
    installer: Helm,
    package: str,
    spot: Stage,
    controller: ControllerProcess,
) -> None:
    """Helm waits for its hook's Job, and the Job for the end of the controller."""
    installer("upgrade", RELEASE, package, "--reset-then-reuse-values", "--wait")
    before = spot.wait_node(lambda _: True)
    spot.send_rebalance()
    spot.wait_node(fenced)
    assert bare.kubectl("get", "nodes", "-o", FENCED) == f"{spot.node_name}\n"
    with subprocess.Popen(
        installer.command("uninstall", RELEASE, "--wait"),
        env=installer.environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as helm:
        job = spot.wait_object(PODS, lambda pod: pod["spec"]["serviceAccountName"] == UNFENCE)
        begun = time.time()
        command = run_as_kubelet_would(bare, job)
        assert command.stderr is not None
        assert "waiting for the end of controller" in command.stderr.readline()
        # Its rights, its Lease's among them, are gone by now: the Lease has to lapse.
        controller.terminate()
        out, err = command.communicate(timeout=PATIENCE)
        assert command.returncode == 0, err
        assert f"{spot.node_name} is open: uncordon, remove the taint" in out
        done = '{"status":{"phase":"Succeeded"}}'
        pod = ("pod", job["metadata"]["name"], f"--namespace={NAMESPACE}")
        bare.kubectl("patch", *pod, "--subresource=status", "--type=merge", f"--patch={done}")
        said, _ = helm.communicate(timeout=PATIENCE)
    assert helm.returncode == 0, said
    spot.wait_restored(before)
    assert first_patch(spot, UNFENCE) > begun + LAPSE_SECONDS
    assert bare.kubectl("get", "nodes", "-o", FENCED) == ""
    assert FENCED.removeprefix("jsonpath=") in (REPOSITORY / "docs" / "operations.md").read_text()
    # What Helm deletes takes its pods with it a moment later.
    of_release = (KINDS, "--all-namespaces", OF_RELEASE)
    bare.kubectl("wait", *of_release, "--for=delete", "--timeout=60s")
    assert bare.kubectl("get", *of_release) == ""
    assert bare.kubectl("get", "ni", spot.instance_id, "--output=name") != ""
    with pytest.raises(HackError, match="release: not found"):
        installer("status", RELEASE)


def run_as_kubelet_would(bare: LocalCluster, pod: Mapping[str, Any]) -> subprocess.Popen[str]:
    """Start what the pod's container would run, as the pod's ServiceAccount."""
    spec = pod["spec"]
    account = bare.kubeconfig_for_service_account(NAMESPACE, spec["serviceAccountName"])
    (container,) = spec["containers"]
    return subprocess.Popen(
        [sys.executable, "-m", "controller", *container["args"], "--kubeconfig", str(account)],
        cwd=REPOSITORY,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
