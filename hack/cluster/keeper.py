"""A small process that starts a cluster's processes and ends them when its parent is gone.

Run as a file, by its parent only, with the standard library only. It reads one JSON request a
line from standard input and answers each with one JSON line. When standard input ends - the
parent closed it, or died in whatever way, SIGKILL included - it kills every process group that it
started, removes the cluster's directory, and ends.

Why a process, and not PR_SET_PDEATHSIG in the parent: that signal is sent when the *thread* that
forked ends, so a process started from a worker thread would die with it; and it takes a
preexec_fn, which is unsafe in a parent with threads. This one has a single thread, so it uses
the signal for the case that is left: its own SIGKILL.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1
"""See prctl(2)."""

LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_keeper() -> None:
    """Ask the kernel, in the child before exec, for SIGKILL when the keeper ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Keeper:
    """The processes of one cluster, by name."""

    def __init__(self) -> None:
        """Start with none."""
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, argv: list[str], env: dict[str, str], log: str) -> dict[str, Any]:
        """Start a process in a session of its own; what it prints is appended to the log."""
        with Path(log).open("ab") as output:
            try:
                process = subprocess.Popen(
                    argv,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=die_with_keeper,  # noqa: PLW1509 - there is one thread
                )
            except OSError as error:
                return {"error": f"{name} cannot be started: {error}"}
        self._processes[name] = process
        return {"pid": process.pid}

    def poll(self, name: str) -> dict[str, Any]:
        """Return the exit status, or None while the process runs (or was never started)."""
        process = self._processes.get(name)
        return {"status": process.poll() if process else None}

    def stop(self, name: str) -> dict[str, Any]:
        """Kill the process's whole group and wait till it is gone; no process is no error."""
        process = self._processes.pop(name, None)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return {}

    def stop_all(self) -> None:
        """Kill everything; what the processes hold is thrown away with the directory."""
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes.values():
            process.wait()


def main(*, keep: bool) -> None:
    """Make the directory, say where it is, serve requests till standard input ends, clean up."""
    # Ctrl-C and the end of a terminal are the parent's business: it may want to read a log first.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    directory = tempfile.mkdtemp(prefix="spotdrain-")
    keeper = Keeper()
    actions: dict[str, Callable[..., dict[str, Any]]] = {
        "start": keeper.start,
        "poll": keeper.poll,
        "stop": keeper.stop,
    }
    try:
        print(json.dumps({"directory": directory}), flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            answer = actions[request.pop("do")](**request)
            print(json.dumps(answer), flush=True)
    except BrokenPipeError:  # The parent died while it was answered; the end is the same.
        pass
    finally:
        keeper.stop_all()
        if not keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(keep="--keep" in sys.argv[1:])
