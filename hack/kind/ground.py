"""What the machine has: which Docker daemon, which node image, and why."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hack.docker import Docker
from hack.errors import HackError
from hack.kind import bases, daemon, node_image

if TYPE_CHECKING:
    from hack.kind.steps import Steps

PROBE_TIMEOUT = 120.0


@dataclass(frozen=True)
class Ground:
    """A daemon, and the images that clusters are made of.

    `node_image` is None for kind's own default. `reason` says in a sentence what was chosen.
    """

    docker: Docker
    node_image: str | None
    python_base: str
    reason: str


def find_docker() -> Docker | None:
    """Return the machine's Docker daemon, or None where none answers."""
    if not shutil.which("docker"):
        raise HackError(
            "The docker command is not installed. Install Docker, or the client alone (Debian:"
            " docker.io or docker-cli); a daemon is set up where none runs and you are root."
        )
    docker = Docker()
    return docker if docker.works() else None


def has_registry(docker: Docker) -> bool:
    """Tell whether stock images can be had: the Python one is there, or can be pulled."""
    return docker.has(bases.STOCK_PYTHON) or _pull(docker)


def choose(steps: Steps) -> Ground:
    """Look at the machine and make what is missing; says what it chose.

    Raises HackError with a sentence where neither a daemon is there nor one can be set up.
    """
    docker = find_docker()
    own_daemon = docker is None
    if docker is None:
        with steps.step("Docker daemon"):
            docker = daemon.start()
    else:
        steps.skip("Docker daemon")
    # A daemon of this project's stands where nothing else does: a registry was not expected.
    if not own_daemon and has_registry(docker):
        for name in ("node image", "Python image"):
            steps.skip(name)
        reason = "a Docker daemon and a registry: kind's own node image"
        return Ground(docker, None, bases.STOCK_PYTHON, reason)
    image = node_image.build(docker, steps)
    with steps.step("Python image"):
        python = bases.own_python(docker)
    whose = "a Docker daemon of its own" if own_daemon else "the machine's Docker daemon"
    reason = f"{whose} and no registry: a node image made of Debian packages and Go modules"
    return Ground(docker, image, python, reason)


def _pull(docker: Docker) -> bool:
    """Try to pull; a registry that is not there is found out quickly or not at all."""
    try:
        subprocess.run(
            ["docker", "pull", "--quiet", bases.STOCK_PYTHON],
            env={**os.environ, **docker.environment},
            capture_output=True,
            check=True,
            timeout=PROBE_TIMEOUT,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True
