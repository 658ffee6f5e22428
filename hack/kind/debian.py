"""Root file systems of Debian, for a machine that reaches Debian's packages and no image registry."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from hack.errors import HackError
from hack.kind.places import kept
from hack.shell import run

if TYPE_CHECKING:
    from pathlib import Path

DAEMON_SUITE = "trixie"
"""Its Docker 26 starts privileged containers for a root that lacks a capability; bookworm's does not."""
NODE_SUITE = "bookworm"
"""Its systemd 252 is the last that boots on cgroup v1; it boots on v2 as well."""


def root_file_system(suite: str) -> Path:
    """Return a minimal Debian as a tar archive, made by debootstrap when it is not kept yet.

    Raises HackError when debootstrap is neither there nor can be installed.
    """
    archive = kept() / f"debian-{suite}.tar"
    if archive.exists():
        return archive
    _need_debootstrap()
    tree = kept() / f"debian-{suite}.unfinished"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    options = ["--variant=minbase", "--include=ca-certificates"]
    run(["debootstrap", *options, suite, tree, *_mirror()], aim=f"make a Debian {suite}")
    unfinished = archive.with_suffix(".unfinished.tar")
    # Device files cannot be imported, and what apt fetched is not needed again.
    unwanted = [
        f"--exclude=./{folder}/*" for folder in ("dev", "var/cache/apt", "var/lib/apt/lists")
    ]
    run(["tar", "-C", tree, *unwanted, "-cf", unfinished, "."], aim="pack it")
    unfinished.rename(archive)
    shutil.rmtree(tree)
    return archive


def _need_debootstrap() -> None:
    """Install debootstrap by apt where it is missing."""
    if os.geteuid() != 0:
        raise HackError(
            "Without a Docker daemon and an image registry one is set up from Debian's packages,"
            " which needs root. Start Docker, or run this as root."
        )
    if shutil.which("debootstrap"):
        return
    if not shutil.which("apt-get"):
        raise HackError("debootstrap is not installed; install it, or start a Docker daemon.")
    apt = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], aim="read the list of Debian's packages", environment=apt)
    run(["apt-get", "install", "--yes", "debootstrap"], aim="install it", environment=apt)


def _mirror() -> list[str]:
    """Return the mirror that apt itself uses on a Debian; elsewhere debootstrap's own default."""
    if not shutil.which("apt-get"):
        return []
    fields = "$(LABEL) $(REPO_URI)"
    targets = run(["apt-get", "indextargets", "--format", fields], aim="read apt's mirrors")
    found = (line.removeprefix("Debian ") for line in targets.splitlines())
    return next(([mirror] for mirror in found if " " not in mirror), [])
