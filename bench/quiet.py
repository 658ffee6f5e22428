"""Waiting until the control plane has come to rest after thousands of objects were made."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hack.progress import Progress

WINDOW, PATIENCE = 3.0, 180.0

AT_REST = 0.4
"""Of all cores: the Leases of a thousand nodes, renewed every ten seconds, take a quarter of two."""

IDLE = slice(3, 5)
"""`idle` and `iowait` among the numbers of a `cpu` line; see proc_stat(5)."""


def await_quiet(progress: Progress) -> None:
    """Return when the machine is at rest, or after three minutes.

    kube-controller-manager, the scheduler and KWOK look at all that is new, and go on with it long
    after the API server has taken it: what is measured meanwhile shares its cores with them.
    """
    progress.update("waiting until the control plane is at rest")
    until = time.monotonic() + PATIENCE
    before = _now()
    while time.monotonic() < until:
        time.sleep(WINDOW)
        after = _now()
        if busy(before, after) < AT_REST:
            return
        before = after


def busy(before: str, after: str) -> float:
    """Tell which share of all cores was in use between two readings of the first line of /proc/stat."""
    spent = [b - a for a, b in zip(_numbers(before), _numbers(after), strict=True)]
    return 1.0 - sum(spent[IDLE]) / max(1, sum(spent))


def _numbers(line: str) -> list[int]:
    return [int(number) for number in line.split()[1:]]


def _now() -> str:
    return Path("/proc/stat").read_text().splitlines()[0]
