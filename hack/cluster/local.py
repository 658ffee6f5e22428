"""One local cluster, from start to end."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hack.binaries import build_all
from hack.cluster import audit, install, kubeconfig, pki, servers
from hack.cluster.api import Api
from hack.cluster.audit import Tail
from hack.cluster.ports import HOST, ReservedPorts
from hack.cluster.process import Keeper
from hack.cluster.queues import Moto
from hack.cluster.quick_queue import QuickQueue
from hack.cluster.store import Store
from hack.errors import HackError
from hack.nodes import is_ready
from hack.progress import Progress
from hack.scaling import ScalingServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hack.cluster.process import Process

START_TIMEOUT = 240.0
"""Seconds: a cluster takes ten on a quiet machine, and several start at once in tests."""

EXPIRES_AFTER = "24h"
NODES = "/api/v1/nodes"
ADMIN, ADMIN_GROUP = "admin", "system:masters"
LAST_LINES = 8


class LocalCluster:
    """A Kubernetes control plane, KWOK nodes and an SQS, all on the loopback address.

    Use it as a context manager; what it started ends with the block, and also when this process
    is killed. Any number of them may run at once. Raises HackError with a sentence when it cannot
    start. After `start`, these are there:

    - `admin_kubeconfig`, `kubectl_path`, `directory`: paths
    - `queue_url`, `dead_letter_url`, `aws_environment`: SQS
    - `quick_queue`: a faster SQS, which starts at the first use
    - `scaling`: Auto Scaling's lifecycle hooks, on threads of this process
    - `apiserver`, `moto`: servers that a test may `stop()` and `start()` again on the same port
    """

    def __init__(
        self,
        *,
        keep: bool = False,
        crds: Path = install.CRDS,
        controller_rules: Path = install.CONTROLLER_RULES,
    ) -> None:
        """Describe it; nothing is started yet.

        `keep` leaves the directory with logs and keys behind. `crds` is a folder of CRDs, and
        `controller_rules` the YAML list of RBAC rules that the controller's account gets.
        """
        self._keep = keep
        self._crds = crds
        self._controller_rules = controller_rules
        self._ports = ReservedPorts()
        self._keeper: Keeper | None = None
        self._scaling: ScalingServer | None = None
        self._quick_queue: QuickQueue | None = None

    def __enter__(self) -> Self:
        """Start everything; when that fails, what was started is ended."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self.stop()

    def start(self) -> None:
        """Build what is missing, start the servers, and wait till all of them are ready."""
        binaries = build_all()
        with Progress("local cluster") as progress:
            progress.update("making keys")
            self._prepare(binaries)
            self._start_servers(progress)

    def stop(self) -> None:
        """End everything that was started; a second call does nothing."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = self._quick_queue = None
        if self._scaling is not None:
            self._scaling.close()
            self._scaling = None
        self._ports.close()

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - as in subprocess
        """Run kubectl as the administrator and return what it prints.

        Raises HackError with kubectl's own words when it fails.
        """
        command = [str(self.kubectl_path), *arguments]
        environment = {
            "KUBECONFIG": str(self.admin_kubeconfig),
            # Its cache in the home directory is kept by port, and ports come back.
            "KUBECACHEDIR": str(self.directory / "kubectl-cache"),
        }
        answer = subprocess.run(
            command, env=environment, input=input, capture_output=True, text=True, check=False
        )
        if answer.returncode != 0:
            words = "\n  ".join(answer.stderr.strip().splitlines()[-LAST_LINES:])
            raise HackError(f"kubectl {' '.join(arguments)} failed: {words}")
        return answer.stdout

    def apply(self, manifests: Path | Iterable[dict[str, Any]]) -> None:
        """Create or change objects: a YAML file, a folder of them, or the objects themselves."""
        if isinstance(manifests, Path):
            self.kubectl("apply", "--server-side", "--filename", str(manifests))
        else:
            text = install.to_list(manifests)
            self.kubectl("apply", "--server-side", "--filename", "-", input=text)

    def add_nodes(self, nodes: Sequence[dict[str, Any]]) -> None:
        """Create nodes (see `hack.nodes.node_manifest`) and wait till KWOK has made them Ready.

        Raises HackError when one is refused, or never Ready.
        """
        self.create_all(NODES, nodes)
        missing = {node["metadata"]["name"] for node in nodes}
        for node in self._api.follow(NODES, START_TIMEOUT):
            if is_ready(node):
                missing.discard(node["metadata"]["name"])
            if not missing:
                return
        raise HackError(f"These nodes did not become Ready in time: {', '.join(sorted(missing))}.")

    def create_all(self, path: str, objects: Sequence[dict[str, Any]]) -> None:
        """Create thousands of objects quickly, as the administrator.

        `path` is their collection, such as `/api/v1/namespaces/default/pods`. Raises HackError
        with the API server's words for the first that it refuses.
        """
        self._api.create_all(path, objects)

    def follow(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield every object of a collection, then each one that changes, for a minute at most.

        An object that is deleted is yielded too, as it was; read `metadata.deletionTimestamp`.
        """
        return self._api.follow(path)

    def patch_each(self, patches: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """PATCH objects one after the other, as the administrator, as they are yielded.

        Each is a path and a strategic merge patch. Raises HackError for the first that is refused.
        """
        self._api.patch_each(patches)

    def quiet(self, *names: str) -> None:
        """End the servers that follow the API server, or those that are named, for good.

        Nodes without a kubelet stay Ready only without `kube-controller-manager`. The others are
        `kube-scheduler` and `kwok`.
        """
        for server in self._followers:
            if not names or server.name in names:
                server.stop()

    def kubeconfig_for_service_account(self, namespace: str, name: str) -> Path:
        """Return a kubeconfig (mode 0600) with a token of this ServiceAccount, good for 24 h."""
        token = self.kubectl(
            "create", "token", name, f"--namespace={namespace}", f"--duration={EXPIRES_AFTER}"
        ).strip()
        content = kubeconfig.with_token(self.api_url, self.directory / "ca.crt", token)
        return kubeconfig.write(self.directory / f"{namespace}-{name}.kubeconfig", content)

    def audit(self) -> Iterator[dict[str, Any]]:
        """Yield the audit log's entries so far; config/audit-policy.yaml says what is in it."""
        return audit.read(self.directory / "audit.log")

    @property
    def store(self) -> Store:
        """Its etcd, for objects that only have to be there, by the hundred thousand."""
        return Store(self.directory / servers.ETCD_SOCKET)

    def audit_from_now(self) -> Tail:
        """Return what reads the entries that are written from now on, each of them once."""
        return Tail(self.directory / "audit.log", from_now=True)

    @property
    def queue_url(self) -> str:
        """The queue that spotdrain reads."""
        return self.moto.queue_url

    @property
    def dead_letter_url(self) -> str:
        """Where SQS puts what was received five times and never deleted."""
        return self.moto.dead_letter_url

    @property
    def scaling(self) -> ScalingServer:
        """Auto Scaling's lifecycle hooks, which moto does not have; it starts at the first use."""
        if self._scaling is None:
            self._scaling = ScalingServer()
            self._scaling.start()
        return self._scaling

    @property
    def quick_queue(self) -> QuickQueue:
        """An SQS for bursts, for which moto is too slow; it starts at the first use."""
        if self._quick_queue is None:
            if self._keeper is None:
                raise HackError("The cluster is not started, so it has no quick queue.")
            self._quick_queue = QuickQueue(self._keeper, self._ports.reserve())
            self._quick_queue.start()
        return self._quick_queue

    @property
    def aws_environment(self) -> dict[str, str]:
        """The environment variables that make boto3 talk to the local SQS and Auto Scaling."""
        return {**self.moto.environment, **self.scaling.environment}

    def _prepare(self, binaries: dict[str, Path]) -> None:
        """Make the directory, keys and kubeconfigs, and describe the servers."""
        keeper = self._keeper = Keeper(keep=self._keep)
        port = self._ports.reserve()
        authority = pki.Authority(keeper.directory)
        self.api_url = f"https://{HOST}:{port}"
        self.directory = keeper.directory
        self.kubectl_path = binaries["kubectl"]
        site = servers.Site(
            keeper=keeper,
            binaries=binaries,
            ports=self._ports,
            authority=authority,
            server=authority.server("server"),
            api_url=self.api_url,
        )
        self.admin_kubeconfig = site.kubeconfig("admin", ADMIN, ADMIN_GROUP)
        self._api = Api(port, authority.certificate, authority.client("api", ADMIN, ADMIN_GROUP))
        self.moto = Moto(keeper, self._ports.reserve())
        self._etcd = servers.etcd(site)
        self.apiserver = servers.apiserver(site, port)
        self._followers = [
            servers.controller_manager(site),
            servers.scheduler(site),
            servers.kwok(site),
        ]

    def _start_servers(self, progress: Progress) -> None:
        """Start the servers, as many at once as their order allows."""
        deadline = time.monotonic() + START_TIMEOUT
        self._etcd.launch()
        self._wait([self._etcd], progress, deadline)
        self.apiserver.launch()
        self.moto.launch()
        self._wait([self.apiserver], progress, deadline)
        progress.update("installing RBAC and CRDs")
        self.apply(install.manifests(self._crds, self._controller_rules))
        for server in self._followers:
            server.launch()
        self._wait([self.moto, *self._followers], progress, deadline)

    def _wait(self, waited: Sequence[Process], progress: Progress, deadline: float) -> None:
        for server in waited:
            progress.update(f"waiting for {server.name}")
            server.wait_ready(deadline)
