"""Where the picture goes: a live terminal, or plain lines."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

from rich.live import Live

from controller.domain.times import format_clock
from hack.demo.table import Frame, picture
from hack.demo.views import held, holding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from controller.domain.times import Instant
    from hack.demo.views import NodeView


def is_live() -> bool:
    """Tell whether a picture can be redrawn: in a terminal that nobody asked to stay plain."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


class Screen(Protocol):
    """Shows how the interruptions stand, as often as it is told."""

    def show(self, views: Sequence[NodeView]) -> None:
        """Show them."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End; what was shown last stays."""


class LiveScreen:
    """One picture in a terminal that is redrawn."""

    def __init__(self, console: Console, sent: Instant, deadline: Instant) -> None:
        """`sent` is when the events were sent, `deadline` when the pool goes."""
        self._console, self._sent, self._deadline = console, sent, deadline
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        """Take over the lower part of the terminal."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last picture behind."""
        self._live.stop()

    def show(self, views: Sequence[NodeView]) -> None:
        """Redraw."""
        size = self._console.size
        frame = Frame(views, time.time(), self._sent, self._deadline, size.width, size.height)
        self._live.update(picture(frame), refresh=True)


@dataclass(slots=True)
class PlainScreen:
    """A line for each change."""

    _said: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Nothing to begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def show(self, views: Sequence[NodeView]) -> None:
        """Print what changed."""
        for line in self.changes(views, time.time()):
            print(line, flush=True)

    def changes(self, views: Sequence[NodeView], now: Instant) -> Iterator[str]:
        """Say each node whose phase changed, or which pods are held back; counts alone are not."""
        for view in views:
            told = (view.phase, held(view))
            if view.message and told != self._said.get(view.node):
                self._said[view.node] = told
                pods = f"{view.gone}/{len(view.pods)} gone" if view.pods else ""
                words = (format_clock(now), f"{view.short_name:<18}", f"{view.phase:<8}", pods)
                yield "  ".join(filter(None, (*words, holding(view))))
