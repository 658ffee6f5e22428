"""Which of the long steps is under way, and about how long the rest takes."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hack.kind.places import kept
from hack.progress import Progress, elapsed_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Expected = dict[str, float]
"""Seconds by step."""

FIRST_TIME: Expected = {
    "Docker daemon": 75,
    "node image": 120,
    "Python image": 40,
    "cluster": 60,
    "network": 20,
}
"""On two cores, with nothing kept; after that, what the machine itself took."""


def left(expected: Expected, done: set[str]) -> float:
    """Return how many seconds the steps that are not done will take."""
    return sum(seconds for name, seconds in expected.items() if name not in done)


class Steps:
    """The steps of one run; what each took is kept, so that the next run can tell."""

    def __init__(self, names: tuple[str, ...], memory: Path | None = None) -> None:
        """Name the steps that lie ahead; `memory` is the file that says what they took before."""
        self._memory = memory if memory is not None else kept() / "steps.json"
        known = _read(self._memory)
        self._expected = {name: known.get(name, FIRST_TIME[name]) for name in names}
        self._done: set[str] = set()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show the step for the block, with its number and about how long it and the rest take."""
        position, total = list(self._expected).index(name) + 1, len(self._expected)
        started = time.monotonic()
        with Progress(f"{name} ({position} of {total})") as progress:
            progress.update(self._outlook(name))
            yield
        self._done.add(name)
        self._remember(name, time.monotonic() - started)

    def skip(self, name: str) -> None:
        """Leave out a step that turned out not to be needed."""
        self._done.add(name)

    def _outlook(self, name: str) -> str:
        """Say how long the step takes, and the steps after it together."""
        own = self._expected[name]
        rest = left(self._expected, {*self._done, name})
        text = f"takes about {elapsed_text(own)}"
        return f"{text}, what follows about {elapsed_text(rest)}" if rest else text

    def _remember(self, name: str, seconds: float) -> None:
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        known = {**_read(self._memory), name: round(seconds, 1)}
        self._memory.write_text(json.dumps(known))


def _read(memory: Path) -> Expected:
    """Return what is known; a file that is not there, or is none of ours, says nothing."""
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in known.items() if isinstance(v, (int, float))}
