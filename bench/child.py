"""A process that measures beside the controller, as its parent sees it: a line for every answer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Self

from hack.cluster.install import REPOSITORY
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Child:
    """A module of ours in a process of its own; a context manager that starts and ends it."""

    def __init__(
        self, module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """Describe it; nothing is started yet. Without an environment it has its parent's."""
        self._argv = [sys.executable, "-m", module, *arguments]
        self._environment = environment

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            self._argv,
            cwd=REPOSITORY,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def ask(self, line: str) -> str:
        """Say something, and wait for the answer."""
        if self._process.stdin is None:
            raise HackError("The bare loop was started without pipes.")
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.heard()

    def heard(self) -> str:
        """Wait for what it says next; raises `HackError` if it ended."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise HackError("The bare loop ended; its words are above.")
        return line.strip()
