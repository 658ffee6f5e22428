"""A cluster's processes, as its parent sees them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from hack.cluster import keeper
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LAST_LINES = 8
PROBE_INTERVAL = 0.05
START_TIMEOUT = 180.0
KEEPER_GONE = "The process that keeps the cluster is gone, and the cluster with it."


class Keeper:
    """The parent's end of `keeper.py`: asks it to start, poll and stop processes."""

    def __init__(self, *, keep: bool = False) -> None:
        """Start the keeper and wait till it has made the directory (which `keep` leaves)."""
        self._keep = keep
        # -I: neither the environment nor the keeper's folder may change what it imports.
        command = [sys.executable, "-I", str(Path(keeper.__file__))]
        self._process = subprocess.Popen(
            [*command, "--keep"] if keep else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._requests = cast("IO[str]", self._process.stdin)
        self._answers = cast("IO[str]", self._process.stdout)
        self._lock = threading.Lock()
        self.directory = Path(self._read()["directory"])

    def ask(self, do: str, **request: object) -> dict[str, Any]:
        """Send one request and return its answer; raises HackError when the keeper is gone."""
        with self._lock:
            self._send(json.dumps({"do": do, **request}))
            answer = self._read()
        if "error" in answer:
            raise HackError(answer["error"])
        return answer

    def close(self) -> None:
        """End everything and wait till it is gone; a second call does nothing."""
        with self._lock:
            with contextlib.suppress(BrokenPipeError):  # The keeper may be gone already.
                self._requests.close()
            self._answers.close()
            self._process.wait()
        if not self._keep:  # The keeper has done this, unless it was killed.
            shutil.rmtree(self.directory, ignore_errors=True)

    def _send(self, line: str) -> None:
        try:
            self._requests.write(line + "\n")
            self._requests.flush()
        except (OSError, ValueError) as error:  # Its end is closed, or ours.
            raise HackError(KEEPER_GONE) from error

    def _read(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise HackError(KEEPER_GONE)
        answer: dict[str, Any] = json.loads(line)
        return answer


class Process:
    """One server: how it is started, and how one sees that it is ready.

    `ready` is a probe: it returns True when the server answers as it should, and returns False
    or raises OSError as long as it does not.
    """

    def __init__(
        self,
        keeper: Keeper,
        name: str,
        argv: Sequence[str],
        ready: Callable[[], bool],
        env: dict[str, str] | None = None,
    ) -> None:
        """Describe it; nothing is started yet.

        `env` is added to this process's environment without what that says about AWS: a user's
        AWS_PROFILE or SPOTDRAIN_QUEUE_URL is meant for somewhere else.
        """
        self._keeper = keeper
        self.name = name
        self._argv = list(argv)
        self._ready = ready
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SPOTDRAIN_"))
        }
        self._env = {**inherited, **(env or {})}
        self.log = keeper.directory / f"{name}.log"
        self.pid = 0

    def launch(self) -> None:
        """Start it, without waiting; `pid` is then its process id."""
        answer = self._keeper.ask(
            "start", name=self.name, argv=self._argv, env=self._env, log=str(self.log)
        )
        self.pid = int(answer["pid"])

    def wait_ready(self, deadline: float) -> None:
        """Wait till it is ready, to `deadline` (monotonic seconds).

        Raises HackError with its last log lines when it ends, or is not ready in time.
        """
        while not self._is_ready():
            status = self._keeper.ask("poll", name=self.name)["status"]
            if status is not None:
                raise HackError(self._words(f"ended with status {status} instead of starting"))
            if time.monotonic() > deadline:
                raise HackError(self._words("was started and did not become ready in time"))
            time.sleep(PROBE_INTERVAL)

    def start(self, timeout: float = START_TIMEOUT) -> None:
        """Start it and wait till it is ready, at most `timeout` seconds."""
        self.launch()
        self.wait_ready(time.monotonic() + timeout)

    def stop(self) -> None:
        """Kill it (SIGKILL, as an outage does) and wait till it is gone."""
        self._keeper.ask("stop", name=self.name)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Have it away for the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _is_ready(self) -> bool:
        try:
            return self._ready()
        except OSError:
            return False

    def _words(self, what: str) -> str:
        lines = deque(self.log.read_text(errors="replace").splitlines(), maxlen=LAST_LINES)
        return f"{self.name} {what}. Its last lines:\n  " + "\n  ".join(lines)
