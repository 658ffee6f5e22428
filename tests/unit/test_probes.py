"""The probes and /metrics, served for real on the loopback address."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from controller import __version__, metrics
from controller.config import SettingsError
from controller.probes import health_routes, metrics_routes, served
from controller.supervise import Supervisor

LOOPBACK = "127.0.0.1"


async def get(port: int, path: str) -> tuple[int, str]:
    """GET a path; returns the status and the text."""
    url = f"http://{LOOPBACK}:{port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return reply.status, await reply.text()


async def test_healthz_fails_and_names_the_loop_that_stands_still() -> None:
    supervisor, standing = Supervisor(), asyncio.Event()

    async def loop(_: object) -> None:
        await standing.wait()

    routes = health_routes(supervisor.stalled, list)
    async with served(LOOPBACK, 0, routes, "health-port") as port:
        supervisor.start("receiver-0", loop, stall=3600)
        await asyncio.sleep(0)
        before = await get(port, "/healthz")
        supervisor.loops[0].stall = 0
        after = await get(port, "/healthz")
    await supervisor.close()

    assert before == (200, "ok\n")
    assert after == (503, "the loop receiver-0 stands still\n")


async def test_readyz_tells_every_trouble_in_a_line_of_its_own() -> None:
    troubles = ["the API server is away", "the queue is away"]
    async with served(LOOPBACK, 0, health_routes(list, lambda: troubles), "health-port") as port:
        found = await get(port, "/readyz")
        healthy = await get(port, "/healthz")

    assert found == (503, "the API server is away\nthe queue is away\n")
    assert healthy == (200, "ok\n")


async def test_metrics_are_in_the_prometheus_text_format() -> None:
    metrics.build_info.labels(__version__).set(1)
    async with served(LOOPBACK, 0, metrics_routes(), "metrics-port") as port:
        status, text = await get(port, "/metrics")

    assert status == 200
    assert f'spotdrain_build_info{{version="{__version__}"}} 1.0' in text.splitlines()


async def test_a_taken_port_is_a_sentence_that_names_its_flag() -> None:
    async with served(LOOPBACK, 0, metrics_routes(), "metrics-port") as port:
        with pytest.raises(
            SettingsError, match=f"port {port}: Address already in use.*metrics-port"
        ):
            async with served(LOOPBACK, port, metrics_routes(), "metrics-port"):
                pass
