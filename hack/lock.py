"""A file that one process at a time holds."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hack.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(path: Path, title: str, waiting: str) -> Iterator[None]:
    """Hold the file for the block; where another process has it, wait and say so.

    The kernel drops the lock when the process ends, however it ends.
    """
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Progress(title) as progress:
                progress.update(waiting)
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
