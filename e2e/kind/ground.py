"""What all tests stand on: one kind cluster with the chart installed and AWS beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from e2e.kind import sightings
from e2e.kind.apiserver import api_of
from e2e.kind.aws import install_aws, reach_aws
from e2e.kind.images import aws_image, installed_witness, witness_image
from e2e.kind.nodes import open_by_hand
from e2e.kind.product import install_product
from e2e.kind.sightings import Sightings
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.kind.aws import Aws
    from hack.kind import KindCluster
    from hack.kind.layout import Worker

SCENE = "spotdrain.io/e2e-scene"
"""The label of every namespace that a test makes."""

PRIORITIES: Mapping[str, int] = {"e2e-low": -100, "e2e-high": 100_000}
"""Classes below and above that of a pod without one, which is 0."""


@dataclass(frozen=True)
class Ground:
    """The cluster, its AWS, the image of the pods, and what is seen of its objects.

    `doomed` are the Spot workers, which EC2 may take; `home` is the worker where the controller and
    the AWS side live.
    """

    cluster: KindCluster
    aws: Aws
    witness: str
    pods: Sightings
    nodes: Sightings
    records: Sightings

    @property
    def doomed(self) -> tuple[Worker, ...]:
        """List the Spot workers."""
        return tuple(worker for worker in self.cluster.workers if worker.spot)

    @property
    def home(self) -> Worker:
        """Give the worker that stays."""
        (found,) = (worker for worker in self.cluster.workers if not worker.spot)
        return found


def prepare(cluster: KindCluster, *, installed: bool = False) -> Ground:
    """Install AWS and the product out of this checkout, and begin to watch.

    With `installed` what is in the cluster from an earlier run is used as it is.
    """
    witness = installed_witness(cluster) if installed else _install(cluster)
    api = api_of(cluster.kubeconfig, Path(mkdtemp(prefix="spotdrain-e2e-")))
    paths = (sightings.PODS, sightings.NODES, sightings.INTERRUPTIONS)
    watched = [Sightings(api, path) for path in paths]
    for collection in watched:
        collection.start()
    ground = Ground(cluster, reach_aws(cluster), witness, *watched)
    _tidy(ground)
    return ground


def _install(cluster: KindCluster) -> str:
    """Build the images and install everything; return the name of the pods' image."""
    with Progress("e2e") as progress:
        progress.update("the image of the pods")
        witness = witness_image(cluster)
        progress.update("moto and the small Auto Scaling")
        install_aws(cluster, aws_image(cluster))
        reach_aws(cluster)
        progress.update("the controller's image and chart")
        install_product(cluster)
        _priority_classes(cluster)
        _settle_dns(cluster)
    return witness


def _tidy(ground: Ground) -> None:
    """Take away what a run that was killed has left."""
    kubectl = ground.cluster.kubectl
    kubectl("delete", "spotpolicies,nodeinterruptions", "--all", "--timeout=60s")
    kubectl("delete", "namespaces", f"--selector={SCENE}", "--wait=false")
    for worker in ground.cluster.workers:
        open_by_hand(ground, worker)


def _priority_classes(cluster: KindCluster) -> None:
    kind = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass"
    classes = (f"{kind}\nmetadata: {{name: {n}}}\nvalue: {v}" for n, v in PRIORITIES.items())
    cluster.kubectl("apply", "-f", "-", input="\n---\n".join(classes))


def _settle_dns(cluster: KindCluster) -> None:
    """Keep the cluster's DNS off the doomed nodes: it is none of the pods that tests count."""
    home = '{"spec":{"template":{"spec":{"nodeSelector":{"node-role.kubernetes.io/control-plane":""}}}}}'
    dns = ("--namespace=kube-system", "deployment/coredns")
    cluster.kubectl("patch", *dns, "--patch", home)
    cluster.kubectl("rollout", "status", *dns, "--timeout=120s")
