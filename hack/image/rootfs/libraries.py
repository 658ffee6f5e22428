"""The shared libraries that programs and extension modules load, as the dynamic linker finds them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC = b"\x7fELF"
_LINE = re.compile(r"(?:\S+ => )?(?P<path>/\S+) \(0x[0-9a-f]+\)")
_NAME = re.compile(r"(?P<name>\S+) => not found")
_CACHED = re.compile(r"(?P<name>\S+) \(.*\) => (?P<path>/\S+)")

LOADED_LATER = ("libgcc_s.so.1",)
"""Not linked, but loaded by the C library when a thread ends early."""


def needed(files: Iterable[Path]) -> set[Path]:
    """List the libraries of some files; HackError for one that is not there."""
    binaries = [path for path in files if is_binary(path)]
    return {library for path in binaries for library in read_ldd(path, _run("ldd", str(path)))}


def later() -> Iterator[Path]:
    """List the libraries that nothing is linked with."""
    for line in _run("ldconfig", "-p").splitlines():
        found = _CACHED.search(line)
        if found and found["name"] in LOADED_LATER:
            yield Path(found["path"])


def read_ldd(path: Path, text: str) -> list[Path]:
    """Read the answer of ldd about a file."""
    if missing := _NAME.search(text):
        raise HackError(f"{path} needs {missing['name']}, which the build stage has not.")
    return [Path(found["path"]) for found in _LINE.finditer(text)]


def is_binary(path: Path) -> bool:
    """Tell whether it is an ELF file."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _run(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    # ldd fails for a static binary, which needs nothing.
    return answer.stdout
