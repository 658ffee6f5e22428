"""Processes under the keeper: real ones, small ones."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from hack.cluster.process import Keeper, Process
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEPER = ["sleep", "3600"]


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    started = Keeper()
    yield started
    started.close()


def launch(keeper: Keeper, argv: list[str]) -> int:
    """Start a process and return a pidfd of it, which becomes readable when it ends."""
    log = str(keeper.directory / "log")
    answer = keeper.ask("start", name="probe", argv=argv, env=dict(os.environ), log=log)
    return os.pidfd_open(answer["pid"])


def assert_ends(handle: int) -> None:
    assert select.select([handle], [], [], 60)[0]
    os.close(handle)


def test_a_process_that_ends_at_once_is_named_with_its_last_lines(keeper: Keeper) -> None:
    script = "print('bad flag --x'); raise SystemExit(3)"
    process = Process(keeper, "etcd", [sys.executable, "-c", script], lambda: False)

    with pytest.raises(HackError, match=r"etcd ended with status 3 instead(?s:.*)bad flag --x"):
        process.start()


def test_a_process_that_never_answers_is_given_up(keeper: Keeper) -> None:
    process = Process(keeper, "etcd", SLEEPER, lambda: False)

    with pytest.raises(HackError, match="etcd was started and did not become ready in time"):
        process.start(timeout=0)


def test_a_command_that_is_not_there_is_named(keeper: Keeper) -> None:
    process = Process(keeper, "etcd", ["/nonexistent/etcd"], lambda: True)

    with pytest.raises(HackError, match=r"etcd cannot be started: .*No such file"):
        process.start()


def test_stopping_takes_the_whole_group(keeper: Keeper) -> None:
    """A child that the process made is gone too."""
    marker = keeper.directory / "child"
    script = f"""
import pathlib, subprocess
child = subprocess.Popen({SLEEPER!r})
pathlib.Path({str(marker)!r}).write_text(f"{{child.pid}}\\n")
child.wait()
"""
    python = [sys.executable, "-c", script]
    process = Process(keeper, "group", python, lambda: marker.read_text().endswith("\n"))
    process.start()
    handle = os.pidfd_open(int(marker.read_text()))

    process.stop()

    assert_ends(handle)


def test_closing_ends_everything_and_removes_the_directory() -> None:
    keeper = Keeper()
    handle = launch(keeper, SLEEPER)

    keeper.close()
    keeper.close()

    assert_ends(handle)
    assert not keeper.directory.exists()


def test_the_processes_die_with_a_keeper_that_is_killed(keeper: Keeper) -> None:
    """The kernel sees to it (PR_SET_PDEATHSIG), since nobody else can."""
    handle = launch(keeper, SLEEPER)
    os.kill(keeper._process.pid, signal.SIGKILL)

    assert_ends(handle)
    with pytest.raises(HackError, match="The process that keeps the cluster is gone"):
        keeper.ask("poll", name="probe")
    keeper.close()
    assert not keeper.directory.exists()
