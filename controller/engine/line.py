"""Waiting for a place: the lowest rank first, then first come."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

R = TypeVar("R", bound=tuple[object, ...])


class Line(ABC, Generic[R]):
    """Those who wait; a subclass says when the next may go, and takes places back."""

    def __init__(self) -> None:
        self._waiting: list[tuple[R, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @asynccontextmanager
    async def turn(self, rank: R) -> AsyncGenerator[Self]:
        """Wait for a place and give it back at the end."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), place))
        self._advance()
        try:
            await place
        except asyncio.CancelledError:
            # Cancelled in the very moment in which the place was given: hand it on.
            if place.done() and not place.cancelled():
                self._leave()
            raise
        try:
            yield self
        finally:
            self._leave()

    @abstractmethod
    def _advance(self) -> None:
        """Let go who may."""

    @abstractmethod
    def _leave(self) -> None:
        """Take a place back."""
