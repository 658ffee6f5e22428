"""What kubelet and Prometheus ask over HTTP: /healthz, /readyz, /metrics."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from controller.config import SettingsError
from controller.metrics import REGISTRY

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

OK, UNAVAILABLE = 200, 503


def health_routes(
    stalled: Callable[[], list[str]], troubles: Callable[[], list[str]]
) -> list[web.RouteDef]:
    """Give /healthz, which fails when a loop stands still, and /readyz, which tells all troubles.

    An API server or a queue that is away is a reason not to be ready, never one to be killed: the
    restart would lose time and mend nothing.
    """

    async def healthz(_: web.Request) -> web.Response:
        names = stalled()
        return _answer([f"the loop {name} stands still" for name in names])

    async def readyz(_: web.Request) -> web.Response:
        return _answer(troubles())

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


def metrics_routes() -> list[web.RouteDef]:
    """Give /metrics in the Prometheus text format."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    return [web.get("/metrics", metrics)]


@asynccontextmanager
async def served(
    address: str, port: int, routes: list[web.RouteDef], flag: str
) -> AsyncGenerator[int]:
    """Serve the routes; yields the port, which the system chooses for 0.

    `flag` is where the port comes from, for the sentence of SettingsError: taken, or no address.
    """
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address, port)
        try:
            await site.start()
        except OSError as error:
            number = error.errno or 0
            why = os.strerror(number) if number > 0 else error.strerror
            raise SettingsError(
                f"cannot listen on {address}, port {port}: {why}; see --listen-address and --{flag}"
            ) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _answer(troubles: list[str]) -> web.Response:
    if troubles:
        return web.Response(status=UNAVAILABLE, text="\n".join(troubles) + "\n")
    return web.Response(status=OK, text="ok\n")
