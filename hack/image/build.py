"""Build the image, list what is in it, and tell how large it is."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from controller import __version__
from hack.image import bill, contents, wheels
from hack.progress import Progress

if TYPE_CHECKING:
    from hack.docker import Docker

TAG = f"spotdrain:{__version__}"
BILL = wheels.REPOSITORY / "dist" / "sbom.cdx.json"
_STEP = re.compile(r"^(Step \d+/\d+)|^#\d+ (\[\S+ \d+/\d+\])")
"""How the old builder and BuildKit tell how far they are."""


class Built(NamedTuple):
    """An image: its name, and its size on disk in bytes."""

    tag: str
    size: int


def build(tag: str, base: str, docker: Docker, *, upgrade: bool = False) -> Built:
    """Build the image on a base that the daemon has or can pull. Raises HackError.

    With `upgrade` it gets what Debian has mended since the base was made.
    """
    with Progress("image") as progress:
        progress.update("fetching packages")
        wheels.fetch(docker("version", "--format={{.Server.Arch}}"))
        arguments = {"VERSION": __version__, "REVISION": _revision(), "PIP_NO_INDEX": "1"}
        arguments["BASE"] = base
        if upgrade:
            arguments["UPGRADE"] = "yes"
        command = ["build", f"--tag={tag}"]
        command += [f"--build-arg={name}={value}" for name, value in arguments.items()]

        def told(line: str) -> None:
            if found := _STEP.match(line):
                progress.update(f"building, {found[1] or found[2]}")

        docker.follow(*command, str(wheels.REPOSITORY), told=told)
        progress.update("listing what is in it")
        BILL.parent.mkdir(exist_ok=True)
        BILL.write_text(bill.written(contents.read(docker, tag), __version__))
    size = docker("image", "inspect", "--format={{.Size}}", tag)
    return Built(tag, int(size))


def _revision() -> str:
    """Name the commit, with a mark where files differ from it; `unknown` outside of git."""
    command = [
        "git",
        "-C",
        str(wheels.REPOSITORY),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"
