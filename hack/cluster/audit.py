"""Reads the API server's audit log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Tail:
    """The log as it grows: each entry is read once, however often one looks."""

    def __init__(self, log: Path, *, from_now: bool = False) -> None:
        """Begin with the first entry, or with the next one that is written."""
        self._log = log
        self._position = log.stat().st_size if from_now and log.exists() else 0

    def news(self) -> Iterator[dict[str, Any]]:
        """Yield the entries that have become whole since, oldest first (audit.k8s.io/v1 Event).

        The API server writes an entry just after it answered, so the last one may need a moment.
        A request without valid credentials has an empty `user`.
        """
        if not self._log.exists():
            return
        with self._log.open("rb") as lines:
            lines.seek(self._position)
            for line in lines:
                if line.endswith(b"\n"):
                    self._position += len(line)
                    yield json.loads(line)


def read(log: Path) -> Iterator[dict[str, Any]]:
    """Yield all entries that are whole by now; see `Tail.news`."""
    return Tail(log).news()
