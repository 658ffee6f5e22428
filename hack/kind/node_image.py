"""The node image for kind, made of Debian packages and Go modules where no registry has one."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hack.binaries import NODE_PARTS, build_all, module_folder
from hack.binaries.catalogue import KIND, KUBERNETES_VERSION
from hack.kind import bases
from hack.kind.config import AUDIT_POLICY
from hack.kind.control_plane import CONTROL_PLANE_IMAGES, build_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hack.docker import Docker
    from hack.kind.steps import Steps

SOURCE = Path(__file__).with_name("node")
REPOSITORY = "localhost/spotdrain-node"
ENTRYPOINT = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
WAIT_FOR_CONTAINERD = "until ctr version >/dev/null 2>&1; do sleep 0.2; done"


def build(docker: Docker, steps: Steps) -> str:
    """Return the tag of the node image, building it unless the same inputs were built before."""
    commands = build_all(NODE_PARTS)  # Shows its own progress.
    tag = f"{REPOSITORY}:{_content(commands)}"
    if docker.has(tag):
        steps.skip("node image")
        return tag
    kind = module_folder("kind", "sigs.k8s.io/kind")
    with steps.step("node image"), TemporaryDirectory(prefix="spotdrain-node-") as folder:
        context = Path(folder)
        _gather(context, commands, kind)
        base = bases.debian_for_nodes(docker)
        stage = f"{REPOSITORY}:unfinished"
        arguments = ["build", "--tag", stage, "--build-arg", f"BASE={base}", folder]
        docker(*arguments, aim="build the node image")
        images = build_images(docker, context, base)
        _put_images_inside(docker, stage, tag, images)
    return tag


def _content(commands: dict[str, Path]) -> str:
    """Return a name for what these inputs make; a command's folder is named after its inputs."""
    digest = hashlib.sha256()
    for path in sorted([*SOURCE.iterdir(), AUDIT_POLICY, Path(__file__)]):
        digest.update(path.read_bytes())
    digest.update(repr([commands[name].parent.name for name in sorted(commands)]).encode())
    digest.update((KIND.folder / "go.sum").read_bytes())
    digest.update(repr(CONTROL_PLANE_IMAGES).encode())
    return digest.hexdigest()[:16]


def _gather(context: Path, commands: dict[str, Path], kind: Path) -> None:
    """Put together what the image is built of; `kind` is the folder of kind's Go module."""
    shutil.copytree(SOURCE, context, dirs_exist_ok=True)
    shutil.copytree(kind / "images/base/files", context / "kind")
    # What Go's module cache holds cannot be written, and copies of it could not be removed.
    subprocess.run(["chmod", "-R", "u+w", str(context)], check=True)
    (context / "version").write_text(KUBERNETES_VERSION)
    shutil.copy(AUDIT_POLICY, context)
    (context / "bin").mkdir()
    for name, path in commands.items():
        shutil.copy(path, context / "bin" / name)


def _put_images_inside(docker: Docker, stage: str, tag: str, images: tuple[str, ...]) -> None:
    """Import the control plane's images into the node image's own containerd, as kind does."""
    with _container(docker, stage) as name:
        inside = ("exec", "-i", name, "ctr", "--namespace=k8s.io", "images", "import")
        docker("exec", "--detach", name, "containerd", aim="start containerd")
        docker("exec", name, "sh", "-c", WAIT_FOR_CONTAINERD, aim="wait for containerd")
        # Not unpacked: an overlay file system cannot lie on this container's own overlay.
        options = ("--label=io.cri-containerd.pinned=pinned", "--all-platforms", "--no-unpack")
        docker.pipe(("save", *images), (*inside, *options, "-"), aim="import Kubernetes' images")
        docker("exec", name, "pkill", "containerd", aim="end containerd")
        docker("commit", "--change", ENTRYPOINT, name, tag, aim="keep the node image")
    # Tags that look like a registry's must not stay in somebody's daemon.
    docker("rmi", stage, *images, aim="remove what the image was made of")


@contextmanager
def _container(docker: Docker, image: str) -> Iterator[str]:
    """Run a container that waits, for the block."""
    name = "spotdrain-node-build"
    options = ["--detach", "--rm", "--privileged", "--entrypoint", "sleep", "--name", name]
    docker("run", *options, image, "infinity", aim="start the node image")
    try:
        yield name
    finally:
        docker("rm", "--force", name, aim="end the node image's container")
