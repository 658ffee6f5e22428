"""The Go toolchain on this machine: is it there, is it new enough, is there room to build."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from hack.binaries.catalogue import required_go, version_numbers
from hack.errors import HackError

if TYPE_CHECKING:
    from hack.binaries.catalogue import Part

GIB = 1024**3
COLD_BUILD_BYTES = 6 * GIB
"""A cold build of all parts takes 2 GiB of modules, 3 GiB of compiled packages, 0.4 GiB of commands."""


def go_environment() -> dict[str, str]:
    """Return the environment for go: this one, without what would change the outcome.

    GOTOOLCHAIN=local makes go say that it is too old, rather than fetch another one unasked.
    """
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def go_version() -> str:
    """Return the line of `go version`, or raise a sentence when there is no Go."""
    go = shutil.which("go")
    if go is None:
        raise HackError(
            "Go is not installed, or not on the PATH, and the local cluster's parts are built"
            " with it. Install Go from https://go.dev/dl, or see whether `go version` works."
        )
    return _go_says([go, "version"])


def check_go(part: Part, version: str) -> None:
    """Raise a sentence when Go is older than the part's go.mod asks for."""
    needed = required_go((part.folder / "go.mod").read_text())
    found = version_numbers(version)
    if found < needed:
        raise HackError(
            f"Go {_dotted(needed)} or newer is needed to build {part.name}, and this is"
            f" Go {_dotted(found)}. Install a newer one from https://go.dev/dl."
        )


def check_room(target: Path, needed: int = COLD_BUILD_BYTES) -> None:
    """Raise a sentence when the disk of a folder that a build fills has under `needed` bytes."""
    caches = _go_says(["go", "env", "GOCACHE", "GOMODCACHE"]).splitlines()
    for folder in (target, *(Path(line) for line in caches)):
        free = shutil.disk_usage(_existing(folder)).free
        if free < needed:
            raise HackError(
                f"Only {free / GIB:.1f} GiB are free for {folder}, and a first build takes up"
                f" to {needed / GIB:.0f} GiB. Free some room, or put SPOTDRAIN_CACHE, GOCACHE and"
                " GOMODCACHE on another disk."
            )


def _existing(folder: Path) -> Path:
    """Return the nearest folder above that exists: what will be made lies on its disk."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _go_says(command: list[str]) -> str:
    answer = subprocess.run(
        command, env=go_environment(), capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise HackError(f"`{' '.join(command)}` failed: {answer.stderr.strip()}")
    return answer.stdout.strip()


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in numbers)
