"""However the local cluster ends, it leaves no process and no directory behind."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def command_line(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hack.cluster", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_up(up: subprocess.Popen[str]) -> str:
    """Return what `up` printed, once it has said that it waits for Ctrl-C."""
    assert up.stdout is not None
    printed = ""
    for line in up.stdout:
        printed += line
        if "Ctrl-C" in line:
            return printed
    raise AssertionError(up.communicate()[1])


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [found for child in map(int, children) for found in (child, *descendants(child))]


def wait_until_gone(handles: list[int]) -> None:
    """Wait till the processes behind these pidfds have ended (pidfd_open(2))."""
    for handle in handles:
        assert select.select([handle], [], [], 60)[0], "a process is still there"
        os.close(handle)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_command_line_ends(number: signal.Signals) -> None:
    """A signal, SIGKILL included, takes every process and the directory along."""
    with command_line("up", "--nodes", "2") as up:
        printed = wait_until_up(up)
        kubectl = re.search(r"^alias kubectl=(.*)$", printed, re.MULTILINE)
        kubeconfig = re.search(r"^export KUBECONFIG=(.*)$", printed, re.MULTILINE)
        assert kubectl
        assert kubeconfig
        nodes = subprocess.run(
            [kubectl[1], f"--kubeconfig={kubeconfig[1]}", "get", "nodes", "--output=name"],
            capture_output=True,
            check=True,
            text=True,
        )
        assert nodes.stdout.split() == ["node/spot-0", "node/spot-1"]
        pids = descendants(up.pid)
        assert len(pids) == 7  # The keeper, etcd, three of Kubernetes, KWOK and moto.
        handles = [os.pidfd_open(pid) for pid in pids]
        up.send_signal(number)
        up.communicate()

    wait_until_gone(handles)
    assert up.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert not Path(kubeconfig[1]).parent.exists()


def test_keep_leaves_the_logs() -> None:
    with command_line("up", "--keep") as up:
        printed = wait_until_up(up)
        up.send_signal(signal.SIGTERM)
        up.communicate()

    directory = re.search(r"^# logs.*: (.*)$", printed, re.MULTILINE)
    assert directory
    assert (Path(directory[1]) / "kube-apiserver.log").exists()
    shutil.rmtree(directory[1])


def test_missing_go_is_said_in_a_sentence(tmp_path: Path) -> None:
    with command_line("up", PATH=str(tmp_path)) as up:
        _, said = up.communicate()

    assert up.returncode == 1
    assert said.startswith("error: Go is not installed")
    assert "Traceback" not in said
