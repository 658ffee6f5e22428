"""Builds each part once, into a cache that all checkouts of this user share."""

from __future__ import annotations

import os
import subprocess
import time
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, cast

from hack.binaries.catalogue import CLUSTER_PARTS, cache_key
from hack.binaries.toolchain import check_go, check_room, go_environment, go_version
from hack.errors import HackError
from hack.lock import held
from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from hack.binaries.catalogue import Part

LAST_LINES = 12
UNFINISHED = "unfinished-"
FETCHES, FETCH_PAUSE = 3, 2.0


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
        groups = _groups(missing)
        for position, group in enumerate(groups, start=1):
            with Progress(f"building {_title(group)} ({position} of {len(groups)})") as progress:
                _build(group, paths, progress)
    return paths


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """Gather what one call of go can build: what they share is compiled once, and links overlap."""
    groups: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.module, *part.flags()), []).append(part)
    return list(groups.values())


def _title(group: Sequence[Part]) -> str:
    more = f" and {len(group) - 1} more" if len(group) > 1 else ""
    return f"{group[0].name}{more}"


def _lock(folder: Path) -> AbstractContextManager[None]:
    """Hold the cache's file lock."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting = "waiting for another process that is building these parts"
    return held(folder / ".lock", "building", waiting)


def _build(group: Sequence[Part], paths: Mapping[str, Path], progress: Progress) -> None:
    """Build to a folder of its own, then rename: what has the final name is always whole."""
    progress.update("counting packages")
    packages = [part.package for part in group]
    total = _package_count(group[0], packages, progress)
    with TemporaryDirectory(prefix=UNFINISHED, dir=cache_folder()) as folder:
        command = ["go", "build", "-v", "-o", f"{folder}/", *group[0].flags(), *packages]
        progress.update(f"linking; all {total} packages are compiled")
        # With -v, go prints the name of each package that it compiles.
        for count, _ in enumerate(_go(group[0], "build it", command), start=1):
            progress.update(f"{count} of at most {total} packages compiled")
        for part in group:
            target = paths[part.name]
            target.parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / part.output).rename(target)


def _package_count(part: Part, packages: Sequence[str], progress: Progress) -> int:
    """Return of how many packages the commands consist; fetches modules that are missing.

    go asks for each module once: after a failure what was fetched stays, and the rest is asked for
    again.
    """
    for attempt in range(1, FETCHES):
        try:
            return _count_packages(part, packages, progress)
        except HackError:
            progress.update(f"attempt {attempt} of {FETCHES} to fetch modules has failed")
            time.sleep(FETCH_PAUSE)
    return _count_packages(part, packages, progress)


def _count_packages(part: Part, packages: Sequence[str], progress: Progress) -> int:
    # Other tags would be other packages, and other modules to fetch.
    command = ["go", "list", "-mod=readonly", f"-tags={part.tags}", "-deps", *packages]
    found = fetched = 0
    for line in _go(part, "find out what it consists of", command):
        if line.startswith("go: downloading"):
            fetched += 1
            progress.update(f"{fetched} modules fetched")
        else:
            found += 1
    return found


def _go(part: Part, aim: str, command: list[str]) -> Iterator[str]:
    """Run go in the part's module and yield its lines; raises HackError when it fails."""
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        command,
        cwd=part.folder,
        env=go_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as go:
        for line in cast("IO[str]", go.stdout):
            if " " in line:  # A package's name alone explains no failure.
                last.append(line.rstrip())
            yield line.rstrip()
    if go.returncode != 0:
        lines = "\n  ".join(last)
        raise HackError(
            f"go could not {aim} ({part.name}, module {part.folder}). If a module could not be"
            f" fetched, look at the network and `go env GOPROXY`. Its last lines:\n  {lines}"
        )
