"""A Docker daemon for a machine that has none: Debian's own, in a root file system of its own."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

from hack.docker import Docker
from hack.errors import HackError
from hack.kind import detached
from hack.kind.debian import DAEMON_SUITE, root_file_system
from hack.kind.places import HOST, SOCKET, kept
from hack.shell import run

OWN_ROOT = Path(__file__).with_name("own-root.sh")
PACKAGES = ("docker.io", "iptables", "iproute2", "kmod", "procps")
PID_FILE = SOCKET.with_name("docker.pid")
START_TIMEOUT = 180.0
PROBE_INTERVAL = 0.1
BRIDGE = "docker0"
INOTIFY_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
INOTIFY_NEEDED = 1024
"""Each kubelet, containerd and shim takes some; with the kernel's 128, two clusters fail with
"too many open files" (kind's known issues name it)."""


def prepare() -> Path:
    """Return the daemon's root file system, made when it is not kept yet."""
    root = kept() / "daemon"
    if root.exists():
        return root
    unfinished = kept() / "daemon.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    run(["tar", "-C", unfinished, "-xpf", root_file_system(DAEMON_SUITE)], aim="unpack a Debian")
    # Nothing that a package brings may start in there.
    policy = unfinished / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    shutil.copy("/etc/resolv.conf", unfinished / "etc/resolv.conf")
    inside = ["chroot", str(unfinished), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    run([*inside, "update"], aim="read the list of Debian's packages")
    run(
        [*inside, "install", "--yes", "--no-install-recommends", *PACKAGES],
        aim="install Debian's Docker",
    )
    unfinished.rename(root)
    return root


def start() -> Docker:
    """Start the daemon, unless it runs, and return it when it answers."""
    docker = Docker(HOST)
    if docker.works():
        return docker
    if int(INOTIFY_INSTANCES.read_text()) < INOTIFY_NEEDED:
        INOTIFY_INSTANCES.write_text(str(INOTIFY_NEEDED))
    data = kept() / "docker"
    data.mkdir(parents=True, exist_ok=True)
    SOCKET.parent.mkdir(parents=True, exist_ok=True)
    log = kept() / "daemon.log"
    own_root = ["unshare", "--mount", "sh", str(OWN_ROOT), str(prepare()), str(data)]
    # It outlives the command that started it, as a daemon does; `down` ends it.
    _wait(docker, detached.start([*own_root, *_command()], log), log)
    return docker


def stop() -> None:
    """End the daemon that `start` started, and take its bridge and its packet rules back."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
        pid = int(PID_FILE.read_text())
        os.kill(pid, signal.SIGTERM)
        _wait_gone(pid)
    _forget_network(kept() / "daemon")


def _command() -> list[str]:
    """Return the command line of dockerd.

    The limit of open files is the one that this process may give, since a container that asks for
    more than that does not start.
    """
    files = _open_files()
    return [
        *("dockerd", f"--host={HOST}", f"--pidfile={PID_FILE}"),
        *(f"--exec-root={SOCKET.parent}/exec", "--data-root=/var/lib/docker"),
        f"--default-ulimit=nofile={files}:{files}",
    ]


def _open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def _wait(docker: Docker, pid: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not docker.works():
        if detached.has_ended(pid) or time.monotonic() > deadline:
            last = "\n  ".join(log.read_text(errors="replace").splitlines()[-8:])
            raise HackError(f"The Docker daemon did not start. Its last lines:\n  {last}")
        time.sleep(PROBE_INTERVAL)


def _wait_gone(pid: int) -> None:
    """Wait till the process has ended; it is no child of this one, so it is looked for."""
    deadline = time.monotonic() + START_TIMEOUT
    while Path(f"/proc/{pid}/exe").exists() and time.monotonic() < deadline:
        time.sleep(PROBE_INTERVAL)


def _forget_network(root: Path) -> None:
    """Delete the bridge and the chains that dockerd leaves behind in the machine's network."""
    if not root.exists():
        return
    inside = ["chroot", str(root)]
    subprocess.run([*inside, "ip", "link", "delete", BRIDGE], capture_output=True, check=False)
    for command in ("iptables", "ip6tables"):
        # Each rule and chain of Docker's has its name in it.
        script = f"{command}-save | grep -vi docker | {command}-restore"
        subprocess.run([*inside, "sh", "-c", script], capture_output=True, check=False)
