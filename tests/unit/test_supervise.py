"""The supervisor: what ends is started again, and an expected end is told in a sentence."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from controller import metrics, supervise
from controller.domain.cluster import ClusterError
from controller.supervise import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

AWAY = "the API server is away"


@pytest.fixture(autouse=True)
def _no_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "BACKOFF", (0.0,))


class Ending:
    """A loop that ends as it is told, and beats and stays once nothing is left to raise."""

    def __init__(self, *ends: Exception | None) -> None:
        self._ends = list(ends)
        self.settled = asyncio.Event()

    async def run(self, beat: Callable[[], None]) -> None:
        """End in the next way, or stay."""
        if self._ends:
            end = self._ends.pop(0)
            if end is not None:
                raise end
            return
        beat()
        self.settled.set()
        await asyncio.Event().wait()


async def test_what_the_api_server_ended_is_a_trouble_until_the_loop_beats(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told once, in a sentence and without a stack trace, however often it comes."""
    supervisor, loop = Supervisor(), Ending(ClusterError(AWAY), ClusterError(AWAY))
    troubles: list[list[str]] = []

    async def run(beat: Callable[[], None]) -> None:
        troubles.append(supervisor.troubles())
        await loop.run(beat)

    with caplog.at_level(logging.INFO):
        supervisor.start("patient", run)
        await loop.settled.wait()
        await supervisor.close()

    assert troubles == [[], [AWAY], [AWAY]]
    assert supervisor.troubles() == []
    assert [record.getMessage() for record in caplog.records] == [
        f"the loop patient starts again until it works: {AWAY}",
        "the loop patient works again",
    ]
    assert not any(record.exc_info for record in caplog.records)
    assert metrics.loop_restarts.labels("patient")._value.get() == 0


@pytest.mark.parametrize("end", [None, KeyError("a bug")])
async def test_any_other_end_is_an_error_and_the_loop_starts_again(
    caplog: pytest.LogCaptureFixture, end: Exception | None
) -> None:
    supervisor, loop = Supervisor(), Ending(end)
    counted = metrics.loop_restarts.labels("watch")
    before = counted._value.get()

    supervisor.start("watch", loop.run)
    await loop.settled.wait()
    await supervisor.close()

    assert counted._value.get() == before + 1
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "the loop watch" in record.getMessage()
    assert bool(record.exc_info) is (end is not None)
