"""How one sees that a server is ready: by asking it."""

from __future__ import annotations

import socket
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

TIMEOUT = 5.0


def answers(url: str, trust: ssl.SSLContext | None = None) -> Callable[[], bool]:
    """Return a probe that is True when a GET of the URL succeeds, and raises OSError otherwise."""

    def probe() -> bool:
        # An answer of 400 and above is raised as HTTPError, an OSError.
        with urllib.request.urlopen(url, timeout=TIMEOUT, context=trust):  # noqa: S310 - our own URL
            return True

    return probe


def listens(path: Path) -> Callable[[], bool]:
    """Return a probe that is True when a Unix socket takes connections, and raises OSError."""

    def probe() -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
        return True

    return probe
