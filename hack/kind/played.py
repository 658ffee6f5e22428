"""The local cluster's stand-in where Go is not: its API server is kind's, its nodes KWOK's still."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from hack.binaries import build_all, part_named
from hack.binaries.catalogue import MODULES, required_version
from hack.cluster import LocalCluster, install, pki
from hack.cluster.api import Api
from hack.cluster.process import Keeper
from hack.cluster.queues import Moto
from hack.cluster.servers import CONFIG
from hack.kind.cluster import KindCluster, remove, tool
from hack.kind.layout import Layout
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYOUT = Layout("spotdrain-demo", bare=True)
KWOK_VERSION = required_version((MODULES / "cluster" / "go.mod").read_text(), "sigs.k8s.io/kwok")
STOCK_KWOK = f"registry.k8s.io/kwok/kwok:{KWOK_VERSION}"
OWN_KWOK = f"localhost/kwok:{KWOK_VERSION}"
STAGES = "kwok-stages.yaml"


class PlayedCluster(LocalCluster):
    """A LocalCluster whose control plane is a kind node, for machines with Docker and without Go.

    KWOK runs in that node; moto and the controller on this machine, as with a LocalCluster.
    """

    def start(self) -> None:
        """Start kind, KWOK and moto, and wait till all of them are ready."""
        self._kind = KindCluster.start(LAYOUT)
        keeper = self._keeper = Keeper(keep=self._keep)
        self.directory = keeper.directory
        self.admin_kubeconfig = self._kind.kubeconfig
        self.kubectl_path = Path(tool("kubectl"))
        self._api = self._administrator()
        self.moto = Moto(keeper, self._ports.reserve())
        with Progress("local cluster") as progress:
            progress.update("starting moto")
            self.moto.start()
            progress.update("installing RBAC and CRDs")
            # It could not run here: its pods have no network. What is started in here may bring one.
            self.kubectl("delete", "deployment/coredns", "--namespace=kube-system")
            self.apply(install.manifests(self._crds, self._controller_rules))
            progress.update("starting KWOK")
            self._play()

    def stop(self) -> None:
        """End everything that was started; a second call does nothing."""
        super().stop()
        remove(LAYOUT)

    def audit(self) -> Iterator[dict[str, Any]]:
        """Yield the audit log's entries so far."""
        return self._kind.audit()

    def _administrator(self) -> Api:
        """Read who the administrator is out of kind's kubeconfig, for requests without kubectl."""
        config = yaml.safe_load(self.admin_kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.api_url = cluster["server"]
        authority = self._write("ca.crt", cluster["certificate-authority-data"])
        pair = pki.KeyPair(
            self._write("admin.crt", user["client-certificate-data"]),
            self._write("admin.key", user["client-key-data"]),
        )
        return Api(urlsplit(self.api_url).port or 443, authority, pair)

    def _write(self, name: str, encoded: str) -> Path:
        path = self.directory / name
        pki.write_private(path, base64.b64decode(encoded))
        return path

    def _play(self) -> None:
        """Start KWOK in the node, and wait till it is ready."""
        image = STOCK_KWOK
        if not self._kind.stock:
            image = OWN_KWOK
            recipe = "FROM scratch\nCOPY kwok /usr/local/bin/kwok\n"
            context = self.directory / "kwok"
            context.mkdir()
            shutil.copy(build_all([part_named("kwok")])["kwok"], context)
            (context / "Dockerfile").write_text(recipe)
            self._kind.docker("build", "--tag", image, str(context))
            self._kind.load(image)
        self.apply(kwok_manifests(image, self._kind.control_plane))
        wait = ["wait", "--for=condition=Ready", "pod/kwok", "--namespace=kube-system"]
        self.kubectl(*wait, "--timeout=120s")


def kwok_manifests(image: str, node: str) -> list[dict[str, Any]]:
    """Return KWOK as a pod on `node`, in the node's own network, with the local cluster's stages."""
    metadata = {"name": "kwok", "namespace": "kube-system"}
    subject = {"kind": "ServiceAccount", **metadata}
    role, binding = install.kwok_role()
    # The API server is on the same node; no Service address leads to it without kube-proxy.
    address = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
    container = {
        "name": "kwok",
        "image": image,
        "command": ["kwok"],
        "args": [
            f"--config=/config/{STAGES}",
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            "--node-lease-duration-seconds=40",
            "--cidr=10.0.0.0/8",
            "--server-address=127.0.0.1:10247",
        ],
        "env": [{"name": name, "value": value} for name, value in address.items()],
        "volumeMounts": [{"name": "config", "mountPath": "/config"}],
        "readinessProbe": {
            "httpGet": {"host": "127.0.0.1", "port": 10247, "path": "/readyz"},
            "periodSeconds": 1,
        },
    }
    spec = {
        "nodeName": node,
        "hostNetwork": True,
        "serviceAccountName": "kwok",
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "kwok"}}],
        "tolerations": [{"operator": "Exists"}],
    }
    stages = {STAGES: (CONFIG / STAGES).read_text()}
    return [
        role,
        {**binding, "subjects": [subject]},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": stages},
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec},
    ]
