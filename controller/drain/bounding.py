"""Bounds a status in bytes: a full node with the longest names must not fail to be told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 256 * 1024
"""Of JSON. etcd refuses a request above 1.5 MiB, and every write of a status is a new revision that
etcd keeps until it compacts: a sixth of the limit leaves room for both.

https://etcd.io/docs/v3.6/dev-guide/limit/
"""

SHORT = 200
EXTRAS = ("owner", "budget", "plannedAt", "plannedCall", "overrode")
"""What the timeline can do without: nothing of it is needed to go on after a restart."""


def bounded(status: dict[str, Any], most: int = MAX_BYTES) -> dict[str, Any]:
    """Leave out the least useful until the status has at most so many bytes; all of it if it may.

    Who is asked last is left out first. Pods that were asked stay longest, for a process that starts
    in the middle of the drain has to know them.
    """
    for shorten in SHORTENINGS:
        if size_of(status) <= most:
            return status
        status = shorten(status)
    spare = most - size_of(status | {"timeline": []})
    kept = []
    for entry in status["timeline"]:
        spare -= size_of(entry) + 1
        if spare < 0:
            break
        kept.append(entry)
    return status | {"timeline": kept}


def size_of(value: Any) -> int:
    """Count the bytes of a value as JSON in UTF-8, as the API server stores it."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _sentences(status: dict[str, Any]) -> dict[str, Any]:
    waiting = [{**pod, "message": pod["message"][:SHORT]} for pod in status["waiting"]]
    return status | {"waiting": waiting}


def _extras(status: dict[str, Any]) -> dict[str, Any]:
    timeline = [{k: v for k, v in e.items() if k not in EXTRAS} for e in status["timeline"]]
    return status | {"timeline": timeline}


def _waiting(status: dict[str, Any]) -> dict[str, Any]:
    return status | {"waiting": status["waiting"][: len(status["waiting"]) // 5]}


SHORTENINGS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (
    _sentences,
    _extras,
    _waiting,
)
