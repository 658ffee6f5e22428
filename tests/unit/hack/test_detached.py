"""A program that outlives the one that started it leaves no warning behind."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING

from hack.kind import detached

if TYPE_CHECKING:
    from pathlib import Path


def test_a_detached_program_runs_in_a_session_of_its_own_and_is_let_go(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pid = detached.start(["sh", "-c", "echo up; echo down >&2; exec sleep 60"], log)
    try:
        # With Popen the collector would warn here, and a warning fails the test.
        gc.collect()
        assert os.getsid(pid) == pid
        assert not detached.has_ended(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_both_of_its_outputs_go_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pid = detached.start(["sh", "-c", "echo up; echo down >&2"], log)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert detached.has_ended(pid)
    assert log.read_text() == "up\ndown\n"
