"""The docker command, against one daemon."""

from __future__ import annotations

import os
import subprocess
import tarfile
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from hack.errors import HackError
from hack.shell import LAST_LINES, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Docker:
    """One Docker daemon: that of the environment, or the one at `host`, such as unix:///a/b."""

    host: str = ""

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which the docker command finds this daemon."""
        return {"DOCKER_HOST": self.host} if self.host else {}

    def __call__(self, *arguments: str, aim: str = "", input: bytes | None = None) -> str:  # noqa: A002 - as in subprocess
        """Run `docker ARGUMENTS` and return what it prints, without the last line's end.

        `aim` says what it is for: "start the cluster". Raises HackError with docker's own words.
        """
        aim = aim or f"run `docker {' '.join(arguments)[:200]}`"
        command = ["docker", *arguments]
        return run(command, aim=aim, environment=self.environment, input=input).rstrip("\n")

    def works(self) -> bool:
        """Tell whether a daemon answers; no docker command means no."""
        try:
            self("version", "--format", "{{.Server.Version}}")
        except HackError:
            return False
        return True

    def has(self, image: str) -> bool:
        """Tell whether an image is in the daemon's store."""
        return bool(self("images", "--quiet", image).strip())

    def follow(self, *arguments: str, told: Callable[[str], None]) -> None:
        """Run a docker command that takes long; `told` gets each line. Raises HackError likewise."""
        last: deque[str] = deque(maxlen=LAST_LINES)
        with self._start(arguments, stderr=subprocess.STDOUT) as process:
            for line in cast("IO[bytes]", process.stdout):
                last.append(line.decode(errors="replace").rstrip())
                told(last[-1].strip())
        if process.returncode != 0:
            raise HackError(f"docker {arguments[0]} failed:\n  " + "\n  ".join(last))

    def feed(self, *arguments: str, source: IO[bytes], aim: str) -> None:
        """Run `docker ARGUMENTS < SOURCE`, for archives too large to hold in memory."""
        answer = subprocess.run(
            ["docker", *arguments],
            env={**os.environ, **self.environment},
            stdin=source,
            capture_output=True,
            check=False,
        )
        if answer.returncode != 0:
            words = answer.stderr.decode(errors="replace").strip()
            raise HackError(f"docker could not {aim}: {words}")

    def pipe(self, producer: tuple[str, ...], consumer: tuple[str, ...], *, aim: str) -> None:
        """Run `docker PRODUCER | docker CONSUMER`."""
        with self._start(producer) as source:
            self.feed(*consumer, source=cast("IO[bytes]", source.stdout), aim=aim)
        if source.returncode != 0:
            raise HackError(f"docker could not {aim}: its `docker {producer[0]}` failed.")

    @contextmanager
    def contents(self, image: str) -> Iterator[tarfile.TarFile]:
        """Open the file system of an image as a stream: its members come in order, once."""
        container = self("create", image)
        try:
            with (
                self._start(("export", container)) as process,
                tarfile.open(fileobj=cast("IO[bytes]", process.stdout), mode="r|") as stream,
            ):
                yield stream
        finally:
            self("rm", container)

    def _start(
        self, arguments: tuple[str, ...], stderr: int | None = None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                ["docker", *arguments],
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except FileNotFoundError as error:
            raise HackError("The docker command is not installed: install Docker.") from error
