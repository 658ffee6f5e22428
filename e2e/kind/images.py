"""The images that are made for the tests: the controller's own, the AWS side, the witness."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hack.binaries.build import cache_folder
from hack.errors import HackError
from hack.image.wheels import fetched

if TYPE_CHECKING:
    from hack.kind import KindCluster

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGES = Path(__file__).resolve().parent / "containers"
NAME = "localhost/spotdrain-e2e"
PYTHON = "3.13"
"""That of `KindCluster.python_base`; wheels are chosen for it."""


def witness_image(cluster: KindCluster) -> str:
    """Build what runs in the pods, load it into every node and return its name."""
    return _build(cluster, "witness", IMAGES / "witness", f"PYTHON={cluster.python_base}")


def installed_witness(cluster: KindCluster) -> str:
    """Name the newest image of the pods that the nodes have; HackError if there is none."""
    listing = ("images", f"{NAME}-witness", "--format", "{{.Repository}}:{{.Tag}}")
    node = cluster.workers[0].name
    # Docker lists the newest first, those for other clusters too.
    for image in cluster.docker(*listing).split():
        if _has(cluster, node, image):
            return image
    raise HackError("Nothing is installed in this cluster yet: run without --installed first.")


def aws_image(cluster: KindCluster) -> str:
    """Build moto and the small Auto Scaling, load it into every node and return its name."""
    with TemporaryDirectory() as folder:
        context = Path(folder)
        shutil.copy(IMAGES / "aws" / "Dockerfile", context)
        shutil.copytree(_wheels(IMAGES / "aws" / "requirements.txt"), context / "wheels")
        (context / "hack").mkdir()
        shutil.copy(REPOSITORY / "hack" / "__init__.py", context / "hack")
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            REPOSITORY / "hack" / "scaling", context / "hack" / "scaling", ignore=unwanted
        )
        return _build(cluster, "aws", context, f"PYTHON={cluster.python_base}")


@cache
def controller_image(cluster: KindCluster) -> str:
    """Build the product's own image as `make image` does, load it and return its name; once a run."""
    name = f"{NAME}-controller"
    argv = [sys.executable, "-m", "hack.image", "--tag", name, "--base", cluster.python_base]
    environment = {**os.environ, **cluster.docker_environment}
    answer = subprocess.run(
        argv, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise HackError(answer.stderr)
    return _load(cluster, name, cluster.docker("inspect", "--format", "{{.Id}}", name))


def _build(cluster: KindCluster, name: str, context: Path, *arguments: str) -> str:
    options = [option for argument in arguments for option in ("--build-arg", argument)]
    built = cluster.docker("build", "--quiet", *options, str(context))
    return _load(cluster, f"{NAME}-{name}", built)


def _load(cluster: KindCluster, name: str, built: str) -> str:
    """Name an image after its id, so that what is new is rolled out, and load it into the nodes."""
    digest = built.strip().removeprefix("sha256:")
    image = f"{name}:{digest[:12]}"
    cluster.docker("tag", digest, image)
    # kind cannot tell: it asks crictl, which not every node has.
    if not all(_has(cluster, worker.name, image) for worker in cluster.workers):
        cluster.load(image)
    return image


def _has(cluster: KindCluster, node: str, image: str) -> bool:
    listing = ("ctr", "--namespace=k8s.io", "images", "list", "--quiet")
    return image in cluster.docker("exec", node, *listing).split()


def _wheels(requirements: Path) -> Path:
    """Fetch what a locked list names, once; the folder's name follows from the list."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    folder = cache_folder().parent / "wheels" / digest
    if not folder.exists():
        unfinished = folder.with_name(f"unfinished-{digest}")
        shutil.rmtree(unfinished, ignore_errors=True)
        argv = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes"]
        argv += ["--python-version", PYTHON, "--only-binary=:all:"]
        argv += ["--requirement", str(requirements), "--dest", str(unfinished)]
        answer = fetched(argv)
        if answer.returncode != 0:
            raise HackError(f"pip could not fetch what moto needs:\n{answer.stderr}")
        unfinished.rename(folder)
    return folder
