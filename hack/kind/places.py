"""Where what is kept for kind clusters lies."""

from __future__ import annotations

from pathlib import Path

from hack.binaries.build import cache_folder

SOCKET = Path("/run/spotdrain/docker.sock")
HOST = f"unix://{SOCKET}"
"""Of the daemon that this project starts where there is none; one a machine, like its network."""


def kept() -> Path:
    """Return the folder of root file systems, the own daemon's images and clusters' kubeconfigs."""
    return cache_folder().parent / "kind"
