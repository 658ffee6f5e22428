"""A process that outlives the command that starts it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def start(argv: Sequence[str], log: Path) -> int:
    """Start a program in a session of its own, without input, and return its process id.

    Popen would say "subprocess is still running" when its object goes, and with warnings as errors
    that fails whichever test the garbage collector runs in.

    Raises:
        FileNotFoundError: there is no such program.
    """
    return os.posix_spawnp(
        argv[0],
        list(argv),
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.fspath(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def has_ended(pid: int) -> bool:
    """Say whether a process that `start` returned has ended, without waiting for it."""
    return os.waitpid(pid, os.WNOHANG)[0] == pid
