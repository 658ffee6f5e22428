"""What a process has used: CPU seconds, and memory."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_AFTER_NAME = re.compile(r".*\) \S (.*)$", re.DOTALL)
_USER, _SYSTEM = 10, 11
"""utime and stime among the fields of /proc/PID/stat after the state; see proc_pid_stat(5)."""


class Usage(NamedTuple):
    """CPU in seconds of all threads since the start, peak memory (VmHWM) in bytes."""

    cpu: float
    peak: int


def resident(pid: int) -> int:
    """Return the memory that a process holds now (VmRSS), in bytes."""
    return kilobytes((Path("/proc") / str(pid) / "status").read_text(), "VmRSS")


def usage(pid: int) -> Usage:
    """Look at a process that runs."""
    proc = Path("/proc") / str(pid)
    ticks = cpu_ticks((proc / "stat").read_text())
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), peak_bytes((proc / "status").read_text()))


def cpu_ticks(stat: str) -> int:
    """Add user and system time up; the process's name, in brackets, may hold anything."""
    found = _AFTER_NAME.search(stat)
    fields = found[1].split() if found else []
    return int(fields[_USER]) + int(fields[_SYSTEM])


def peak_bytes(status: str) -> int:
    """Find VmHWM, see proc_pid_status(5); 0 without it."""
    return kilobytes(status, "VmHWM")


def kilobytes(status: str, field: str) -> int:
    """Find a field of /proc/PID/status that is in kB; returns bytes, 0 without it."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
