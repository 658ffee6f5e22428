"""One line that says how far a long step is: rewritten in a terminal, repeated now and then in a log."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import Self, TextIO

LOG_INTERVAL = 10.0
TERMINAL_INTERVAL = 0.1
TICK = 1.0


def elapsed_text(seconds: float) -> str:
    """Say a duration in seconds the way people do: `4 s`, `2 min 05 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def fit(text: str, columns: int) -> str:
    """Cut a line to the width of the terminal, since a wrapped line cannot be rewritten."""
    return text if len(text) < columns else text[: max(columns - 2, 0)] + "…"


class Progress:
    """Show `<title>: <state> (<elapsed>)` on standard error until the block ends.

    A terminal gets one line that is rewritten: at most ten times a second when the state changes,
    and once a second when it does not. Anything else gets a plain line for the first state, then
    one every 10 s, so that a log stays short and is never silent.
    """

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        """Name the step; `stream` is standard error unless given."""
        self._title = title
        self._stream = stream if stream is not None else sys.stderr
        self._terminal = self._stream.isatty()
        self._interval = TERMINAL_INTERVAL if self._terminal else LOG_INTERVAL
        self._started = self._shown = time.monotonic()
        self._state = ""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        """Start the clock."""
        self._started = time.monotonic()
        self._ticker.start()
        return self

    def update(self, state: str) -> None:
        """Show the state, unless a line was shown a moment ago; call it as often as you like."""
        with self._lock:
            first = not self._state
            self._state = state
            self._show(now=first)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Say how it ended and how long it took; a failure keeps the state it happened in."""
        self._ended.set()
        self._ticker.join()
        if self._state:
            outcome = "done" if kind is None else f"stopped while {self._state}"
            self._write(f"{self._title}: {outcome} ({self._elapsed()})", end="\n")

    def _tick(self) -> None:
        while not self._ended.wait(TICK):
            with self._lock:
                self._show()

    def _show(self, *, now: bool = False) -> None:
        if self._state and (now or time.monotonic() - self._shown >= self._interval):
            self._shown = time.monotonic()
            self._write(f"{self._title}: {self._state} ({self._elapsed()})")

    def _elapsed(self) -> str:
        return elapsed_text(time.monotonic() - self._started)

    def _write(self, text: str, end: str = "") -> None:
        if self._terminal:
            columns = shutil.get_terminal_size().columns
            self._stream.write(f"\r\x1b[K{fit(text, columns)}{end}")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()
