"""Builds each part once, into a cache that all checkouts of this user share."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hack.binaries.catalogue import CLUSTER_PARTS, Part, cache_key
from hack.binaries.toolchain import check_go, check_room, go_environment, go_version
from hack.errors import HackError
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LAST_LINES = 12


def cache_folder() -> Path:
    """Return where built commands are kept; SPOTDRAIN_CACHE and XDG_CACHE_HOME move it."""
    if own := os.environ.get("SPOTDRAIN_CACHE"):
        return Path(own) / "bin"
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "spotdrain" / "bin"


def path_of(part: Part, version: str | None = None) -> Path:
    """Return where the part's command is or will be; `version` is the line of `go version`."""
    key = cache_key(part, version if version is not None else go_version())
    return cache_folder() / key / part.name


def build_all(parts: Sequence[Part] = CLUSTER_PARTS) -> dict[str, Path]:
    """Build what is missing and return name -> path of the command.

    Two processes at once build once: the second says that it waits for the first. Raises
    HackError with a sentence when Go is missing or too old, the disk is full, or go fails.
    """
    version = go_version()
    paths = {part.name: path_of(part, version) for part in parts}
    if all(path.exists() for path in paths.values()):
        return paths
    for part in parts:
        check_go(part, version)
    with _lock(cache_folder()):
        missing = [part for part in parts if not paths[part.name].exists()]
        if missing:
            check_room(cache_folder())
        for position, part in enumerate(missing, start=1):
            with Progress(f"building {part.name} ({position} of {len(missing)})") as progress:
                _build(part, paths[part.name], progress)
    return paths


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the cache's file lock; the kernel drops it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Progress("building") as progress:
                progress.update("waiting for another process that is building the same parts")
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(part: Part, target: Path, progress: Progress) -> None:
    """Build to a name of its own, then rename: what has the final name is always whole."""
    progress.update("counting packages")
    total = _package_count(part, progress)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    command = ["go", "build", "-v", "-o", str(unfinished), *part.flags(), part.package]
    try:
        _follow(part, command, progress, total)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _package_count(part: Part, progress: Progress) -> int:
    """Return how many packages the command consists of; fetches the modules when they are missing."""
    command = ["go", "list", "-mod=readonly", "-deps", part.package]
    with subprocess.Popen(
        command,
        cwd=part.folder,
        env=go_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as go:
        lines = list(_counted(go, progress, "modules fetched", "go: downloading"))
    if go.returncode != 0:
        raise HackError(_failure(part, "find out what it consists of", lines))
    return sum(not line.startswith("go: ") for line in lines)


def _follow(part: Part, command: list[str], progress: Progress, total: int) -> None:
    """Run go build; with -v it prints the name of each package that it compiles."""
    progress.update(f"0 of {total} packages compiled")
    with subprocess.Popen(
        command,
        cwd=part.folder,
        env=go_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as go:
        what = f"of {total} packages compiled, the others are cached"
        lines = deque(_counted(go, progress, what), maxlen=LAST_LINES)
    if go.returncode != 0:
        raise HackError(_failure(part, "build it", list(lines)))


def _counted(
    go: subprocess.Popen[str], progress: Progress, what: str, prefix: str = ""
) -> Iterator[str]:
    """Pass go's lines on and show how many began with the prefix."""
    count = 0
    assert go.stdout is not None
    for line in go.stdout:
        if line.startswith(prefix):
            count += 1
            progress.update(f"{count} {what}")
        yield line.rstrip("\n")


def _failure(part: Part, aim: str, lines: list[str]) -> str:
    last = "\n  ".join(lines[-LAST_LINES:])
    return (
        f"go could not {aim} ({part.name}, module {part.folder}). If a module could not be"
        f" fetched, see `go env GOPROXY` and the network. Its last lines:\n  {last}"
    )
