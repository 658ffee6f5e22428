"""Where the demo runs: a cluster built with Go, or kind where Docker is and Go is not."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from hack.cluster import LocalCluster
from hack.errors import HackError
from hack.kind.ground import find_docker, has_registry
from hack.kind.played import PlayedCluster

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL, KIND, AUTO = "local", "kind", "auto"
GROUNDS: Mapping[str, type[LocalCluster]] = {LOCAL: LocalCluster, KIND: PlayedCluster}
WORDS = {
    LOCAL: "a control plane built with Go on this machine",
    KIND: "kind's control plane in Docker",
}


def choose(wanted: str) -> tuple[LocalCluster, str]:
    """Return the cluster to start, and a sentence that says which and why.

    `wanted` is local, kind or auto. Raises HackError where the machine has neither.
    """
    if wanted != AUTO:
        return GROUNDS[wanted](), f"Ground: {WORDS[wanted]}, as asked for."
    if shutil.which("go"):
        return LocalCluster(), f"Ground: {WORDS[LOCAL]} (Go is here)."
    docker = find_docker() if shutil.which("docker") else None
    if docker is not None and has_registry(docker):
        return (
            PlayedCluster(),
            f"Ground: {WORDS[KIND]} (Go is not here, Docker and a registry are).",
        )
    raise HackError(
        "The demo needs Go, with which it builds its cluster, or Docker and an image registry;"
        " this machine has neither. Install Go from https://go.dev/dl."
    )
