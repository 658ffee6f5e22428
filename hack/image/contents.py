"""What an image holds of packages, read from the metadata that is in it."""

from __future__ import annotations

from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hack.docker import Docker

STATUS = PurePosixPath("var/lib/dpkg/status.d")
VENV = "pyvenv.cfg"
OS_RELEASE = "os-release"


class Package(NamedTuple):
    """One package: `kind` is `pypi` or `deb`; `licence` is empty where nothing says it."""

    kind: str
    name: str
    version: str
    licence: str = ""
    architecture: str = ""
    source: str = ""


class Contents(NamedTuple):
    """The packages of an image, the version of Python, and that of Debian."""

    packages: tuple[Package, ...]
    python: str
    debian: str


def read(docker: Docker, image: str) -> Contents:
    """Read an image, by the metadata files in it."""
    texts: dict[PurePosixPath, str] = {}
    with docker.contents(image) as stream:
        for member in stream:
            path = PurePosixPath(member.name)
            if member.isfile() and _is_metadata(path):
                file = stream.extractfile(member)
                texts[path] = file.read().decode(errors="replace") if file else ""
    return from_texts(texts.items())


def from_texts(files: Iterable[tuple[PurePosixPath, str]]) -> Contents:
    """Read metadata files, by their paths in the image."""
    packages: list[Package] = []
    settings: dict[str, str] = {}
    for path, text in files:
        if path.name in {VENV, OS_RELEASE}:
            settings |= _settings(path.name, text)
        elif path.parent == STATUS:
            packages.append(_debian(text))
        else:
            packages.append(_python(text))
    python = settings.get(f"{VENV} version", "")
    return Contents(tuple(sorted(packages)), python, settings.get(f"{OS_RELEASE} VERSION_ID", ""))


def _is_metadata(path: PurePosixPath) -> bool:
    if path.parent == STATUS:
        return path.suffix != ".md5sums"
    distribution = path.parent.suffix == ".dist-info" and path.name == "METADATA"
    return distribution or path.name in {VENV, OS_RELEASE}


def _settings(name: str, text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {f"{name} {key.strip()}": value.strip().strip('"') for key, _, value in pairs}


def _python(text: str) -> Package:
    said = HeaderParser().parsestr(text)
    # The older field holds a whole licence text in some packages.
    licence = said["License-Expression"] or (said["License"] or "").partition("\n")[0]
    return Package("pypi", said["Name"].lower().replace("_", "-"), said["Version"], licence)


def _debian(text: str) -> Package:
    said = HeaderParser().parsestr(text)
    source = (said["Source"] or said["Package"]).partition(" ")[0]
    return Package("deb", said["Package"], said["Version"], "", said["Architecture"] or "", source)
