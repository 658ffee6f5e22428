"""A TLS proxy between the controller and the real API server that breaks what it is told to break."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, NamedTuple, Self

import aiohttp
from aiohttp import web

from hack.cluster import kubeconfig
from hack.cluster.install import CONTROLLER, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from hack.cluster import LocalCluster

HOST = "127.0.0.1"
STARTED, PATIENCE = 30.0, 60.0
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


class Said(NamedTuple):
    """An answer that the proxy gives itself, instead of the API server's."""

    code: int
    text: str = ""
    headers: Mapping[str, str] = {}


SHED = Said(
    429,
    "Too many requests, please try again later.\n",
    {
        "Content-Type": "text/plain; charset=utf-8",
        "Retry-After": "1",
        "X-Kubernetes-PF-FlowSchema-UID": "fault",
        "X-Kubernetes-PF-PriorityLevel-UID": "fault",
    },
)
"""What priority and fairness answers when a queue is full."""

SHUTDOWN = Said(
    503,
    "apiserver is shutting down.\n",
    {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "5", "Connection": "close"},
)
"""What an API server answers between its SIGTERM and its end."""

BROKEN = Said(
    500,
    json.dumps(
        {"kind": "Status", "status": "Failure", "message": "etcdserver: leader changed"}
        | {"reason": "InternalError", "code": 500}
    ),
    {"Content-Type": "application/json"},
)


@dataclass(slots=True)
class Fault:
    """What happens to the calls whose method and path match, as often as `times` (None: always).

    The first that fits is taken: `delay` seconds, or less if the fault is over before, then `said`
    instead of the API server's answer; or the call goes through and its answer never comes back
    (`forget`), or nothing goes through (`reset`). `share` of the calls meet it, and those within
    `seconds` of the first.
    """

    method: str
    path: str
    delay: float = 0.0
    said: Said | None = None
    forget: bool = False
    reset: bool = False
    times: int | None = None
    share: float = 1.0
    seconds: float | None = None
    met: int = 0
    first: float = 0.0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, method: str, path: str, dice: Random) -> bool:
        """Tell whether a call meets it, and count it."""
        spent = self.times is not None and self.met >= self.times
        if spent or not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        if dice.random() >= self.share:
            return False
        self.first = self.first or time.monotonic()
        if self.seconds is not None and time.monotonic() > self.first + self.seconds:
            return False
        self.met += 1
        return True


class Seen(NamedTuple):
    """One call that came to the proxy; `code` is what it was answered, 0 for nothing."""

    at: float
    method: str
    path: str
    code: int


@dataclass(slots=True)
class FaultyProxy:
    """A context manager; `kubeconfig` leads to it as the controller's ServiceAccount.

    It runs in a thread of its own, so that a test may block. `seen` are all calls so far.
    """

    cluster: LocalCluster
    directory: Path
    seen: list[Seen] = field(default_factory=list)
    kubeconfig: Path = field(init=False)
    _faults: list[Fault] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _dice: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - dice, no secret
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread = field(init=False)
    _client: aiohttp.ClientSession = field(init=False)
    _runner: web.AppRunner = field(init=False)

    def __enter__(self) -> Self:
        """Start it on a free port and write the kubeconfig."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty-proxy")
        self._thread.start()
        port = self._run(self._serve())
        account = self.cluster.kubeconfig_for_service_account(NAMESPACE, CONTROLLER)
        written = json.loads(account.read_text())
        token = written["users"][0]["user"]["token"]
        made = kubeconfig.with_token(f"https://{HOST}:{port}", self._authority, token)
        self.kubeconfig = kubeconfig.write(self.directory / "faulty.kubeconfig", made)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it; connections that are open break."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STARTED)
        self._loop.close()

    @contextmanager
    def fault(self, method: str, path: str, **what: Any) -> Iterator[Fault]:
        """Have a fault for the block; see Fault. `method` and `path` are regular expressions."""
        made = Fault(method, path, **what)
        self._faults.append(made)
        try:
            yield made
        finally:
            self._faults.remove(made)
            self._loop.call_soon_threadsafe(made.over.set)

    def wait_met(self, fault: Fault) -> None:
        """Wait until a call has met a fault; it may still hang in it."""
        self._wait(lambda: fault.met > 0, f"no call met {fault.method} {fault.path}")

    def wait_seen(self, part: str, count: int) -> None:
        """Wait until so many more calls whose path has this part were answered."""
        since = len(self.seen)
        self._wait(
            lambda: sum(part in s.path for s in self.seen[since:]) >= count,
            f"there were no {count} calls with {part}",
        )

    def _wait(self, wanted: Callable[[], bool], otherwise: str) -> None:
        with self._news:
            if not self._news.wait_for(wanted, PATIENCE):
                raise AssertionError(otherwise)

    @property
    def _authority(self) -> Path:
        return self.cluster.directory / "ca.crt"

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STARTED)

    async def _serve(self) -> int:
        trust = ssl.create_default_context(cafile=str(self._authority))
        own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        own.load_cert_chain(
            self.cluster.directory / "server.crt", self.cluster.directory / "server.key"
        )
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=trust),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0, ssl_context=own)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        at, path = time.time(), request.path_qs
        fault = next((f for f in self._faults if f.fits(request.method, path, self._dice)), None)
        code = 0
        try:
            if fault is not None:
                self._tell()
                with suppress(TimeoutError):
                    await asyncio.wait_for(fault.over.wait(), fault.delay)
                if fault.reset:
                    return self._drop(request)
                if fault.said is not None:
                    code = fault.said.code
                    return web.Response(
                        status=code, text=fault.said.text, headers=fault.said.headers
                    )
            response = await self._forward(request, answer=fault is None or not fault.forget)
            code = response.status
        finally:
            self.seen.append(Seen(at, request.method, path, code))
            self._tell()
        return response

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    async def _forward(self, request: web.Request, *, answer: bool) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        url = f"{self.cluster.api_url}{request.raw_path}"
        try:
            call = self._client.request(
                request.method, url, headers=headers, data=await request.read() or None
            )
            async with call as upstream:
                if not answer:
                    await upstream.read()
                    # The caller waits until its own time-out: nothing tells it what was done.
                    await asyncio.Event().wait()
                kept = {k: v for k, v in upstream.headers.items() if k.lower() not in HOP_BY_HOP}
                response = web.StreamResponse(status=upstream.status, headers=kept)
                await response.prepare(request)
                with suppress(ConnectionError):  # the controller hung up
                    async for chunk in upstream.content.iter_any():
                        await response.write(chunk)
                    await response.write_eof()
                return response
        except aiohttp.ClientError:
            return self._drop(request)

    def _drop(self, request: web.Request) -> web.StreamResponse:
        """Break the connection as a reset does."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=502)
