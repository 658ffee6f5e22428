"""Which daemon builds the image, and on which base: whatever this machine has or can make."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from hack.docker import Docker
from hack.kind import bases, daemon
from hack.kind.ground import find_docker, has_registry
from hack.kind.places import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ground(NamedTuple):
    """A daemon, a base that it can have, and a sentence about what was chosen."""

    docker: Docker
    base: str
    reason: str


def find(base: str = "") -> Ground:
    """Look at the machine as a kind cluster does, and make what is missing; raises HackError.

    Without a `base` it is the Dockerfile's with a registry, else one made of Debian's packages.
    """
    docker = find_docker() or daemon.start()
    if base:
        return Ground(docker, base, "as you said")
    if has_registry(docker):
        return Ground(docker, bases.STOCK_PYTHON, "the Dockerfile's own base")
    own = bases.own_python(docker)
    return Ground(docker, own, "no registry answers, so the base is made of Debian's packages")


@contextmanager
def borrowed(base: str = "") -> Iterator[Ground]:
    """Look as `find` does, for a while: a daemon that was set up for this ends with the block."""
    stood = find_docker() is not None or Docker(HOST).works()
    found = find(base)
    try:
        yield found
    finally:
        if not stood and not found.docker("ps", "--quiet"):
            daemon.stop()
