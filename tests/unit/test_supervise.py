"""Loops that end are started again; loops that stand still are named."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from controller.supervise import Loop, Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable


async def test_a_loop_that_fails_or_ends_is_started_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runs, alive = 0, asyncio.Event()

    async def loop(_: Callable[[], None]) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("the first run fails")
        if runs == 3:
            alive.set()
            await asyncio.Event().wait()

    supervisor = Supervisor()
    with caplog.at_level(logging.ERROR):
        supervisor.start("receiver", loop)
        await asyncio.wait_for(alive.wait(), 10)
    await supervisor.close()

    assert runs == 3
    assert [r.message for r in caplog.records] == [
        "the loop receiver failed and starts again",
        "the loop receiver ended and starts again",
    ]


async def test_closing_ends_the_loops() -> None:
    ended = asyncio.Event()

    async def loop(_: Callable[[], None]) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    supervisor = Supervisor()
    supervisor.start("receiver", loop)
    await asyncio.sleep(0)
    await supervisor.close()

    assert ended.is_set()


@pytest.mark.parametrize(
    ("stall", "age", "stalled"), [(10, 11, True), (10, 9, False), (None, 10_000, False)]
)
def test_a_loop_stands_still_when_its_last_beat_is_older_than_it_may_be(
    monkeypatch: pytest.MonkeyPatch, stall: float | None, age: float, stalled: bool
) -> None:
    async def nothing(_: Callable[[], None]) -> None: ...

    loop = Loop("receiver", nothing, stall, last_beat=1000.0)
    monkeypatch.setattr("controller.supervise.time.monotonic", lambda: 1000.0 + age)

    assert loop.stalled is stalled
