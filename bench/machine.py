"""Where the figures come from, without naming the machine."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from typing import Any

from controller.domain.times import format_rfc3339
from hack.binaries.catalogue import KUBERNETES_VERSION

LIBRARIES = ("spotdrain", "aiohttp", "boto3", "kopf", "kubernetes", "moto")


def facts() -> dict[str, Any]:
    """Return the date, the cores, and the versions of what was measured."""
    return {
        "date": format_rfc3339(time.time()),
        # What others were doing on the machine just before: a busy one says little about us.
        "load": round(os.getloadavg()[0], 1),
        "cores": len(os.sched_getaffinity(0)),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "kubernetes": KUBERNETES_VERSION,
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def sentence(found: dict[str, Any]) -> str:
    """Say them in one line."""
    return (
        f"{found['date']}, load {found['load']} on {found['cores']} cores {found['architecture']},"
        f" Python {found['python']}, Kubernetes {found['kubernetes']}"
    )
