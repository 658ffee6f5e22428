"""Reads the API server's audit log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read(log: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries that are whole by now, oldest first (audit.k8s.io/v1 Event).

    The API server writes an entry just after it answered, so the last one may need a moment.
    A request without valid credentials has an empty `user`.
    """
    if not log.exists():
        return
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)
