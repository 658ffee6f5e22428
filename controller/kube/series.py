"""Which Events are new, which only count up one that was sent, and which are too many."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.event import Event
    from controller.domain.times import Instant

SERIES_SECONDS = 360.0
"""After that much silence the same is news again, as in client-go's `tools/events` (finishTime)."""

WRITE_SECONDS = 30.0
"""Between two writes of one count: a count that is half a minute old still says how many."""

MOST, MOST_SECONDS = 10, 60.0
"""New Events about one object in so many seconds."""

FORGET_SECONDS = 1.0
"""How often what is old is looked for: a large reclaim tells thousands of Events in a minute."""

MAX_NAME = 200


@dataclass(slots=True)
class Series:
    """One Event that was sent, how often it happened since, and what of that was written."""

    name: str
    namespace: str
    last: Instant
    count: int = 1
    written: int = 1
    written_at: Instant = 0.0

    @property
    def due(self) -> Instant | None:
        """When the count is to be written; None while there is nothing to write."""
        return None if self.count == self.written else self.written_at + WRITE_SECONDS


class Book:
    """The Events of the last minutes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Series] = {}
        self._ahead: dict[str, Series] = {}
        self._forgotten = 0.0
        self._sent: dict[str, list[Instant]] = {}

    def enter(self, event: Event, namespace: str, now: Instant) -> Series | None:
        """Give the series that a new Event begins; None if it counts up an old one or is too much."""
        self._forget(now)
        known = self._known.get(event.key)
        if known is not None:
            known.count, known.last = known.count + 1, now
            self._ahead[known.name] = known
            return None
        sent = self._sent.setdefault(event.regarding.uid, [])
        if len(sent) >= MOST:
            return None
        sent.append(now)
        begun = Series(name_of(event), namespace, now, written_at=now)
        self._known[event.key] = begun
        return begun

    def due(self, now: Instant) -> list[Series]:
        """List the series whose count is to be written now; they count as written."""
        found = [s for s in self._ahead.values() if s.due is not None and s.due <= now]
        for series in found:
            series.written, series.written_at = series.count, now
            del self._ahead[series.name]
        return found

    def next_due(self) -> Instant | None:
        """Tell when the next count is to be written."""
        return min((s.due for s in self._ahead.values() if s.due is not None), default=None)

    def _forget(self, now: Instant) -> None:
        if 0 <= now - self._forgotten < FORGET_SECONDS:
            return
        self._forgotten = now
        self._known = {
            k: s
            for k, s in self._known.items()
            if s.due is not None or now < s.last + SERIES_SECONDS
        }
        recent = (
            (uid, [t for t in times if now < t + MOST_SECONDS]) for uid, times in self._sent.items()
        )
        self._sent = {uid: times for uid, times in recent if times}


def name_of(event: Event) -> str:
    """Name an Event: the object, a dot, and what makes it this one.

    So the same after a restart, and by a second replica, is refused as "already exists".
    """
    digest = hashlib.sha256("\0".join(event.key).encode()).hexdigest()[:16]
    return f"{event.regarding.name[:MAX_NAME]}.{digest}"
