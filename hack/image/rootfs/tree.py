"""The image's file tree while it grows: files are placed where they are, with their symlinks."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READ_ONLY = ~(stat.S_IWGRP | stat.S_IWOTH | stat.S_ISUID | stat.S_ISGID)
NO_PROGRAM = ~(stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


class Tree:
    """A root file system below `root`, made of files of the machine below `origin`."""

    def __init__(self, root: Path, origin: Path = Path("/")) -> None:
        self.root, self._origin = root, origin
        self.placed: set[Path] = set()
        """The machine's files that are in it, by their real paths."""

    def place(self, path: Path) -> Path:
        """Copy a file; a symlink is made, and what it leads to is copied. Returns the real path.

        Folders on the way that are symlinks, as /lib of a merged /usr, are made too.
        """
        real = self._folder(path.parent) / path.name
        target = self.inside(real)
        if real in self.placed:
            return real
        self.placed.add(real)
        target.parent.mkdir(parents=True, exist_ok=True)
        if real.is_symlink():
            target.symlink_to(real.readlink())
            self.place(real.parent / real.readlink())
        else:
            shutil.copy2(real, target)
        return real

    def place_folder(self, path: Path, *, wanted: Callable[[Path], bool]) -> None:
        """Copy what is wanted of a folder; `wanted` gets paths relative to it, folders too."""
        for found in _walk(path, path, wanted):
            self.place(found)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of our own; `path` is absolute, as in the image."""
        target = self.inside(Path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def inside(self, path: Path) -> Path:
        """Tell where a path of the image is while it is built."""
        return self.root / path.relative_to("/" if path.is_relative_to("/") else ".")

    def close(self) -> None:
        """Let nobody but root write, nothing change the user, and no module be a program."""
        for folder, _, files in os.walk(self.root):
            for path in (Path(folder), *(Path(folder, name) for name in files)):
                if not path.is_symlink():
                    mode = stat.S_IMODE(path.stat().st_mode) & READ_ONLY
                    path.chmod(mode & NO_PROGRAM if path.suffix == ".py" else mode)

    def _folder(self, path: Path) -> Path:
        """Return the real path of a folder, and make the first symlink on the way to it."""
        for folder in (*reversed(path.parents), path):
            if folder.is_symlink():
                link = self.inside(folder.parent.resolve() / folder.name)
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.is_symlink():
                    link.symlink_to(folder.readlink())
        return path.resolve()


def _walk(top: Path, folder: Path, wanted: Callable[[Path], bool]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not wanted(path.relative_to(top)):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(top, path, wanted)
        elif path.exists():  # a symlink may lead nowhere
            yield path
