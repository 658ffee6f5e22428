"""How each server of a cluster is started and probed: command lines, and nothing else."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hack.cluster import kubeconfig, pki, probes
from hack.cluster.install import KWOK_USER
from hack.cluster.ports import HOST
from hack.cluster.process import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hack.cluster.ports import ReservedPorts
    from hack.cluster.process import Keeper

CONFIG = Path(__file__).resolve().parent / "config"
SERVICE_ADDRESSES = "10.96.0.0/16"
ETCD_SOCKET = "etcd.sock"
ISSUER = "https://kubernetes.default.svc.cluster.local"
MAX_AUDIT_MEGABYTES = 100_000
"""High enough that the audit log is never cut into files."""


@dataclass(frozen=True)
class Site:
    """What all servers of one cluster share."""

    keeper: Keeper
    binaries: Mapping[str, Path]
    ports: ReservedPorts
    authority: pki.Authority
    server: pki.KeyPair
    api_url: str

    @property
    def directory(self) -> Path:
        """Where the cluster keeps everything."""
        return self.keeper.directory

    def kubeconfig(self, name: str, user: str, group: str | None = None) -> Path:
        """Write the kubeconfig of a user with a client certificate of its own."""
        pair = self.authority.client(name, user, group)
        content = kubeconfig.with_certificate(self.api_url, self.authority.certificate, pair)
        return kubeconfig.write(self.directory / f"{name}.kubeconfig", content)

    def healthy(self, port: int, path: str) -> Callable[[], bool]:
        """Return a probe of the server on this port, which must have a certificate of ours."""
        trust = ssl.create_default_context(cafile=str(self.authority.certificate))
        return probes.answers(f"https://{HOST}:{port}{path}", trust)


def etcd(site: Site) -> Process:
    """Return etcd on a Unix socket in the cluster's directory: no port, and no one else gets in."""
    # A single member tells nobody where it is, but etcd insists on an address with a port.
    nowhere = "http://localhost:0"
    argv = [
        str(site.binaries["etcd"]),
        f"--data-dir={site.directory / 'etcd'}",
        f"--listen-client-urls={etcd_url(site)}",
        f"--advertise-client-urls={nowhere}",
        f"--listen-peer-urls=unix://{site.directory}/etcd-peers.sock",
        f"--initial-advertise-peer-urls={nowhere}",
        f"--initial-cluster=default={nowhere}",
        # The data is thrown away with the cluster, so nothing is gained by waiting for the disk.
        "--unsafe-no-fsync",
        "--quota-backend-bytes=8589934592",
        "--log-level=warn",
    ]
    return Process(site.keeper, "etcd", argv, probes.listens(site.directory / ETCD_SOCKET))


def etcd_url(site: Site) -> str:
    """Return where etcd listens."""
    return f"unix://{site.directory}/{ETCD_SOCKET}"


def apiserver(site: Site, port: int) -> Process:
    """Return the API server: RBAC on, nobody anonymous, evictions and deletions audited."""
    tokens = pki.signing_key(site.directory)
    argv = [
        str(site.binaries["kube-apiserver"]),
        f"--etcd-servers={etcd_url(site)}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={port}",
        f"--tls-cert-file={site.server.certificate}",
        f"--tls-private-key-file={site.server.key}",
        f"--client-ca-file={site.authority.certificate}",
        f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={tokens.certificate}",
        f"--service-account-signing-key-file={tokens.key}",
        "--authorization-mode=Node,RBAC",
        f"--authentication-config={CONFIG / 'authentication.yaml'}",
        f"--audit-policy-file={CONFIG / 'audit-policy.yaml'}",
        f"--audit-log-path={site.directory / 'audit.log'}",
        f"--audit-log-maxsize={MAX_AUDIT_MEGABYTES}",
        "--allow-privileged=true",
        # There is one API server and nothing to route to it.
        "--endpoint-reconciler-type=none",
        "--profiling=false",
    ]
    return Process(site.keeper, "kube-apiserver", argv, site.healthy(port, "/readyz"))


def controller_manager(site: Site) -> Process:
    """Return the controller manager with its default controllers, each under its own account."""
    port = site.ports.reserve()
    user = "system:kube-controller-manager"
    argv = [
        str(site.binaries["kube-controller-manager"]),
        f"--kubeconfig={site.kubeconfig('kube-controller-manager', user)}",
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--tls-cert-file={site.server.certificate}",
        f"--tls-private-key-file={site.server.key}",
        f"--root-ca-file={site.authority.certificate}",
        f"--service-account-private-key-file={site.directory / 'service-account.key'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
    ]
    ready = site.healthy(port, "/healthz")
    return Process(site.keeper, "kube-controller-manager", argv, ready)


def scheduler(site: Site) -> Process:
    """Return the scheduler with its default profile, and no limit that a burst would meet."""
    port = site.ports.reserve()
    config = site.directory / "scheduler.json"
    credentials = site.kubeconfig("kube-scheduler", "system:kube-scheduler")
    config.write_text(json.dumps(scheduler_configuration(credentials)))
    argv = [
        str(site.binaries["kube-scheduler"]),
        f"--config={config}",
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--tls-cert-file={site.server.certificate}",
        f"--tls-private-key-file={site.server.key}",
    ]
    return Process(site.keeper, "kube-scheduler", argv, site.healthy(port, "/readyz"))


def scheduler_configuration(credentials: Path) -> dict[str, Any]:
    """Return the scheduler's configuration; its command line has no flags for these."""
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(credentials), "qps": 500, "burst": 1000},
        "leaderElection": {"leaderElect": False},
        "enableProfiling": False,
    }


def kwok(site: Site) -> Process:
    """Return KWOK, which plays the kubelets of all nodes as config/kwok-stages.yaml says."""
    port = site.ports.reserve()
    argv = [
        str(site.binaries["kwok"]),
        f"--kubeconfig={site.kubeconfig('kwok', KWOK_USER)}",
        f"--config={CONFIG / 'kwok.yaml'}",
        f"--config={CONFIG / 'kwok-stages.yaml'}",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-lease-duration-seconds=40",
        "--cidr=10.0.0.0/8",
        f"--server-address={HOST}:{port}",
    ]
    return Process(site.keeper, "kwok", argv, probes.answers(f"http://{HOST}:{port}/readyz"))
