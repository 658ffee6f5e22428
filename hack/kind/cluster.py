"""One kind cluster on this machine, from start to end."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Self

from hack.binaries import build_all
from hack.binaries.catalogue import part_named
from hack.docker import Docker
from hack.errors import HackError
from hack.kind import bases, daemon, network
from hack.kind.config import AUDIT_LOG, kind_config
from hack.kind.ground import choose, find_docker
from hack.kind.layout import standard
from hack.kind.places import HOST, kept
from hack.kind.steps import Steps
from hack.shell import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hack.kind.ground import Ground
    from hack.kind.layout import Layout

STEPS = ("Docker daemon", "node image", "Python image", "cluster", "network")
READY = "300s"


class KindCluster:
    """A kind cluster with real kubelets, the standard one or as a Layout says.

    `workers` and `control_plane` are its nodes, `kubeconfig` a file for it, `python_base` an image
    with Python that others can be built on, `daemon` the Docker daemon, `stock` whether images come
    from a registry, `reason` a sentence about what the machine had.
    """

    def __init__(self, layout: Layout, docker: Docker, python_base: str, reason: str) -> None:
        """Take a cluster that runs; `attach` and `start` find or make one."""
        self.workers = layout.workers
        self.control_plane = layout.control_plane
        self.kubeconfig = kubeconfig(layout)
        self.python_base = python_base
        self.stock = python_base == bases.STOCK_PYTHON
        self.reason = reason
        self._layout = layout
        self.daemon = docker
        self._started_here = False

    @classmethod
    def attach(cls, layout: Layout | None = None) -> Self | None:
        """Return the cluster that runs on this machine, or None."""
        layout = layout or standard()
        docker = _daemon_there()
        if docker is None or not _is_up(docker, layout):
            return None
        stock = docker.has(bases.STOCK_PYTHON)
        python = bases.STOCK_PYTHON if stock else bases.own_python(docker)
        return cls(layout, docker, python, "a cluster that ran already")

    @classmethod
    def running(cls) -> Self:
        """Return the cluster that runs on this machine; raises HackError where none does."""
        cluster = cls.attach()
        if cluster is None:
            raise HackError("No kind cluster runs here. Start it with `make kind`.")
        return cluster

    @classmethod
    def start(cls, layout: Layout | None = None) -> Self:
        """Make the cluster, and all that it needs; raises HackError with a sentence."""
        layout = layout or standard()
        steps = Steps(STEPS)
        ground = choose(steps)
        try:
            with steps.step("cluster"):
                _create(ground, layout)
            cluster = cls(layout, ground.docker, ground.python_base, ground.reason)
            if not layout.bare:
                with steps.step("network"):
                    cluster._finish(own_network=ground.node_image is not None)
            _complete(layout).touch()
        except BaseException:
            remove(layout)
            raise
        cluster._started_here = True
        return cluster

    @staticmethod
    def prepare() -> str:
        """Make what a cluster needs, start none, and return the sentence about the machine."""
        return choose(Steps(STEPS[:3])).reason

    @classmethod
    def attach_or_start(cls, layout: Layout | None = None) -> Self:
        """Return the cluster that runs, which its block leaves, or a new one, which it removes."""
        return cls.attach(layout) or cls.start(layout)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it, if it was started for this."""
        if self._started_here:
            remove(self._layout)

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - as in subprocess
        """Run kubectl as the administrator and return what it prints; raises HackError."""
        given = None if input is None else input.encode()
        aim = f"run `{' '.join(arguments)[:200]}`"
        command = [tool("kubectl"), f"--kubeconfig={self.kubeconfig}", *arguments]
        return run(command, aim=aim, input=given)

    def docker(self, *arguments: str) -> str:
        """Run docker against the cluster's daemon and return what it prints; raises HackError."""
        return self.daemon(*arguments)

    @property
    def docker_environment(self) -> Mapping[str, str]:
        """The environment variables with which docker finds the cluster's daemon."""
        return self.daemon.environment

    def load(self, *images: str) -> None:
        """Put images of the daemon into every node."""
        arguments = ["load", "docker-image", *images, "--name", self._layout.name]
        _kind(self.daemon, *arguments, aim="put images into the nodes")

    def nodes(self) -> list[dict[str, Any]]:
        """Return the Node objects."""
        answer: dict[str, Any] = json.loads(self.kubectl("get", "nodes", "--output=json"))
        items: list[dict[str, Any]] = answer["items"]
        return items

    def audit(self) -> Iterator[dict[str, Any]]:
        """Yield the audit log's entries so far; hack/cluster/config/audit-policy.yaml: what is in it."""
        for line in self.docker("exec", self.control_plane, "cat", AUDIT_LOG).splitlines():
            yield json.loads(line)

    def _finish(self, *, own_network: bool) -> None:
        """Connect the pods and wait till all nodes and the cluster's DNS are ready."""
        if own_network:
            # The controller manager gives a node its range of addresses some time after it joined.
            ranges = ["wait", "--for=jsonpath={.spec.podCIDR}", "nodes", "--all"]
            self.kubectl(*ranges, f"--timeout={READY}")
            network.connect(self.daemon, self.nodes())
        wait = ["wait", "--for=condition=Ready", "nodes", "--all", f"--timeout={READY}"]
        self.kubectl(*wait)
        rollout = ["rollout", "status", "deployment/coredns", "--namespace=kube-system"]
        self.kubectl(*rollout, f"--timeout={READY}")


def kubeconfig(layout: Layout) -> Path:
    """Return where the administrator's kubeconfig lies (mode 0600)."""
    return kept() / f"{layout.name}.kubeconfig"


def remove(layout: Layout | None = None) -> None:
    """Remove the cluster, and with the last one the daemon that this project started.

    What was built is kept.
    """
    layout = layout or standard()
    docker = _daemon_there()
    if docker is not None:
        _kind(docker, "delete", "cluster", "--name", layout.name, aim="delete the cluster")
        others = docker("ps", "--quiet", aim="list containers").split()
        if docker.host == HOST and not others:
            docker("network", "rm", "--force", "kind", aim="remove the cluster's network")
            daemon.stop()
    _complete(layout).unlink(missing_ok=True)
    kubeconfig(layout).unlink(missing_ok=True)


def forget() -> None:
    """Remove what was built too: root file systems, the own daemon's images."""
    shutil.rmtree(kept(), ignore_errors=True)


def _daemon_there() -> Docker | None:
    """Return the daemon in which a cluster may run: the machine's, or the one started here."""
    docker = find_docker()
    if docker is not None:
        return docker
    own = Docker(HOST)
    return own if own.works() else None


def _is_up(docker: Docker, layout: Layout) -> bool:
    """Tell whether the cluster came up whole and its containers run."""
    names = docker("ps", "--format", "{{.Names}}", aim="list containers").split()
    return _complete(layout).exists() and layout.containers <= set(names)


def _complete(layout: Layout) -> Path:
    """Return the file that says that the cluster came up whole; a half one is made anew."""
    return kept() / f"{layout.name}.complete"


def _create(ground: Ground, layout: Layout) -> None:
    """Have kind make the cluster; nodes turn Ready later, when their network is there."""
    config = kind_config(layout, own_image=ground.node_image is not None)
    arguments = ["create", "cluster", "--name", layout.name, "--config", "-"]
    if ground.node_image is not None:
        arguments += ["--image", ground.node_image]
    kubeconfig(layout).parent.mkdir(parents=True, exist_ok=True)
    arguments += ["--kubeconfig", str(kubeconfig(layout))]
    _complete(layout).unlink(missing_ok=True)
    # What an earlier start left behind, when it was killed.
    before = ["delete", "cluster", "--name", layout.name]
    _kind(ground.docker, *before, aim="delete an unfinished cluster")
    _kind(ground.docker, *arguments, aim="create the cluster", input=json.dumps(config).encode())


def _kind(docker: Docker, *arguments: str, aim: str, input: bytes | None = None) -> str:  # noqa: A002 - as in subprocess
    command = [tool("kind"), *arguments]
    return run(command, aim=aim, environment=docker.environment, input=input)


def tool(name: str) -> str:
    """Return a command built from its Go module; without Go the one on the PATH will do."""
    if shutil.which("go"):
        return str(build_all([part_named(name)])[name])
    found = shutil.which(name)
    if found is None:
        raise HackError(f"{name} is not installed, and Go, which could build it, is not either.")
    return found
