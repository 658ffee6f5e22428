"""The images that kubeadm asks for, each of one static command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hack.binaries.catalogue import KUBERNETES_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from hack.docker import Docker


@dataclass(frozen=True)
class Image:
    """An image by the name that kubeadm knows; the entry point is what its manifests leave out."""

    command: str
    name: str
    entrypoint: bool = False


CONTROL_PLANE_IMAGES = (
    *(
        Image(command, f"registry.k8s.io/{command}:{KUBERNETES_VERSION}")
        for command in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ),
    Image("etcd", "registry.k8s.io/etcd:3.6.8-0"),
    Image("coredns", "registry.k8s.io/coredns/coredns:v1.14.2", entrypoint=True),
    Image("pause", "registry.k8s.io/pause:3.10.2", entrypoint=True),
)
"""As `kubeadm config images list` names them, beside kube-proxy."""

PROXY = f"registry.k8s.io/kube-proxy:{KUBERNETES_VERSION}"


def build_images(docker: Docker, context: Path, base: str) -> tuple[str, ...]:
    """Build the images out of `context`/bin and return their names; kube-proxy's lies on `base`."""
    for image in CONTROL_PLANE_IMAGES:
        # /usr/local/bin is on the PATH that containerd gives to an image without one.
        lines = ["FROM scratch", f"COPY bin/{image.command} /usr/local/bin/{image.command}"]
        if image.entrypoint:
            lines.append(f'ENTRYPOINT ["/usr/local/bin/{image.command}"]')
        recipe = context / f"{image.command}.Dockerfile"
        recipe.write_text("\n".join(lines) + "\n")
        _build(docker, context, recipe, image.name)
    _build(docker, context, context / "proxy.Dockerfile", PROXY, "--build-arg", f"BASE={base}")
    return (*(image.name for image in CONTROL_PLANE_IMAGES), PROXY)


def _build(docker: Docker, context: Path, recipe: Path, name: str, *options: str) -> None:
    arguments = ["--tag", name, "--file", str(recipe), *options, str(context)]
    docker("build", *arguments, aim=f"build the image {name}")
