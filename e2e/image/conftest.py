"""One image for all tests, built on the base that this machine can have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hack.image.build import build
from hack.image.ground import find

if TYPE_CHECKING:
    import tarfile

    from hack.docker import Docker

TAG = "localhost/spotdrain:test"
LOCKED_DOWN = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")


class Image(NamedTuple):
    """The image and what is in it."""

    docker: Docker
    size: int
    members: tuple[tarfile.TarInfo, ...]

    def run(self, *arguments: str, entrypoint: str = "") -> str:
        """Run a container as the chart does, without a network, and return what it prints."""
        options = [f"--entrypoint={entrypoint}"] if entrypoint else []
        return self.docker(
            *("run", "--rm", "--network=none", *LOCKED_DOWN, *options, TAG, *arguments)
        )

    def python(self, code: str) -> str:
        """Run a few lines of Python in it."""
        return self.run("-c", code, entrypoint="/opt/spotdrain/bin/python")

    def inspect(self, what: str) -> Any:
        """Read a part of what `docker image inspect` tells."""
        return self.docker("image", "inspect", f"--format={{{{{what}}}}}", TAG)


@pytest.fixture(scope="session")
def image(pytestconfig: pytest.Config) -> Image:
    """Build it; that takes a minute the first time, so it is shown."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        ground = find()
        built = build(TAG, ground.base, ground.docker)
    with ground.docker.contents(TAG) as stream:
        members = tuple(stream)
    return Image(ground.docker, built.size, members)
