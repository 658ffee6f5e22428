"""Bodies that are almost events: a golden one with some value, key or byte changed.

Bytes at random are hardly ever JSON, and never an event; so changes are made in the JSON, mostly.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

EVENTS = Path(__file__).parents[1] / "fixtures" / "events"
MAX_LENGTH = 64 * 1024
"""Longer bodies are cut: what is new in them is not worth the time."""

_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    "",
    "\ud800",
    "\u0000",
    "i-1234567890abcdef0",
    "i-1234567890abcdef0\n",
    "arn:aws:ec2:us-east-2:123456789012:instance/i-12345678",
    "A" * 2000,
    "2026-01-02T03:04:05Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "Wed, 14 Jan 2026 15:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "closed",
    "RESOLVED",
    "drill-1",
    [],
    {},
    [["i-1"]],
)


def corpus() -> list[bytes]:
    """Read the golden events, in the order of their names."""
    return [path.read_bytes() for path in sorted(EVENTS.glob("*.json"))]


def mutate(body: bytes, rng: Random) -> bytes:
    """Change a body a little; the same `rng` makes the same change."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _bytes_changed(body, rng)
    if not isinstance(value, dict) or rng.random() < 0.1:
        return _bytes_changed(body, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        _change(value, rng)
    return json.dumps(value).encode()[:MAX_LENGTH]


def _change(value: dict[str, Any], rng: Random) -> None:
    """Change one entry of an object, or of one inside it, or of the event that SNS wraps."""
    if not value:
        value[rng.choice(("detail", "source", "Time"))] = _new_value(rng)
        return
    key = rng.choice(list(value))
    below = value[key]
    if key == "Message" and isinstance(below, str):
        value[key] = mutate(below.encode("utf-8", "replace"), rng).decode("utf-8", "replace")
    elif isinstance(below, dict) and rng.random() < 0.9:
        _change(below, rng)
    elif isinstance(below, list) and below and rng.random() < 0.7:
        _change_in(below, rng)
    elif rng.random() < 0.2:
        del value[key]
    else:
        value[key] = _changed(below, rng)


def _change_in(value: list[Any], rng: Random) -> None:
    place = rng.randrange(len(value))
    if isinstance(value[place], dict):
        _change(value[place], rng)
    elif rng.random() < 0.3:
        value.append(value[place])
    else:
        value[place] = _changed(value[place], rng)


def _changed(value: Any, rng: Random) -> Any:
    if isinstance(value, str) and rng.random() < 0.4:
        at = rng.randrange(len(value) + 1)
        return value[:at] + rng.choice(("", "\n", "é", "\ud800", "0", "x")) + value[at + 1 :]
    return _new_value(rng)


def _new_value(rng: Random) -> Any:
    """Choose a value; a copy, because later changes reach into it."""
    return copy.deepcopy(rng.choice(_VALUES))


def _bytes_changed(body: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(body) + 1)
    piece = rng.choice((b"", b"\x00", b"\xff", b'"', b"{", b"]", b"NaN", rng.randbytes(4)))
    return (body[:at] + piece + body[at + rng.randrange(3) :])[:MAX_LENGTH]
