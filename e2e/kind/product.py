"""The product as its users get it: the image of the Dockerfile, the chart by Helm."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from e2e.kind.images import REPOSITORY, controller_image
from hack.binaries import HELM, build_all
from hack.errors import HackError

if TYPE_CHECKING:
    from hack.kind import KindCluster

RELEASE = NAMESPACE = "spotdrain"
VALUES = Path(__file__).resolve().parent / "values.yaml"
CHART = str(REPOSITORY / "chart")
AWAIT = ("--wait", "--timeout=180s")
"""Helm returns once what it did has come true."""


def install_product(cluster: KindCluster) -> None:
    """Build the image, install the chart or upgrade it, and return once both replicas are ready."""
    repository, _, tag = controller_image(cluster).rpartition(":")
    image = (f"--set=image.repository={repository}", f"--set=image.tag={tag}")
    values = (f"--values={VALUES}", *image)
    installs = ("upgrade", "--install", RELEASE, CHART, "--create-namespace", *values)
    helm(cluster, *installs, *AWAIT)


def helm(cluster: KindCluster, *arguments: str) -> str:
    """Run Helm in the product's namespace and return what it prints; HackError with its words."""
    command = [str(build_all((HELM,))[HELM.name]), *arguments, f"--namespace={NAMESPACE}"]
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise HackError(f"helm {arguments[0]} failed: {answer.stdout}{answer.stderr}")
    return answer.stdout
