"""The Debian packages that copied files are of, kept for scanners as in distroless images.

`/var/lib/dpkg/status.d/NAME` is the package's stanza, `NAME.md5sums` its files.
https://github.com/GoogleContainerTools/distroless/blob/main/PACKAGE_METADATA.md
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hack.image.rootfs.tree import Tree

DPKG = Path("/var/lib/dpkg")


def record(tree: Tree, also: Iterable[str]) -> list[str]:
    """Write the metadata and the licences of every package of which files are in the tree."""
    owners = _owners()
    names = sorted({owners[path] for path in tree.placed if path in owners} | set(also))
    stanzas = read_status((DPKG / "status").read_text())
    for name in names:
        plain = name.partition(":")[0]
        tree.write(f"/var/lib/dpkg/status.d/{plain}", stanzas[plain])
        sums = DPKG / "info" / f"{name}.md5sums"
        if sums.exists():
            tree.write(f"/var/lib/dpkg/status.d/{plain}.md5sums", sums.read_text())
        licence = Path("/usr/share/doc", plain, "copyright")
        if licence.exists():
            tree.write(str(licence), licence.read_text(errors="replace"))
    return names


def read_status(text: str) -> Mapping[str, str]:
    """Read dpkg's status file: the stanza of each package by its name."""
    stanzas = (stanza for stanza in text.split("\n\n") if stanza.startswith("Package: "))
    return {
        stanza.partition("\n")[0].removeprefix("Package: "): f"{stanza.strip()}\n"
        for stanza in stanzas
    }


def _owners() -> dict[Path, str]:
    """Tell of which package each file is, by the file's real path.

    A package may name a file by the way it had before /usr was merged: /lib/x is /usr/lib/x.
    """
    owners, real = {}, dict[Path, Path]()
    for listing in (DPKG / "info").glob("*.list"):
        for line in listing.read_text().splitlines():
            path = Path(line)
            if path.parent not in real:
                real[path.parent] = path.parent.resolve()
            owners[real[path.parent] / path.name] = listing.stem
    return owners
