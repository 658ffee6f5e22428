"""The HTTP server: takes calls, remembers them, answers or fails as it was asked to."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from hack.scaling import query
from hack.scaling.actions import Actions
from hack.scaling.control import PATH, control
from hack.scaling.faults import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds until a call that has to come counts as never coming."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what was asked, and AWS's error code, empty if it was carried out."""

    operation: str
    parameters: Mapping[str, str]
    code: str = ""


class ScalingServer:
    """Auto Scaling's lifecycle hooks on a port of `host`, 127.0.0.1 unless given (0: any free one).

    A context manager; it runs on threads of this process, so that a test can look into `actions`
    and `calls`. `environment` makes boto3 and the AWS command line talk to it.
    """

    def __init__(self, port: int = 0, actions: Actions | None = None, host: str = HOST) -> None:
        """Take the port; it answers from `start` on."""
        self.actions = actions or Actions()
        self._calls: list[Call] = []
        self._faults: deque[Fault] = deque()
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._server.daemon_threads = True
        self.endpoint = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="scaling", daemon=True
        )

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    @property
    def environment(self) -> dict[str, str]:
        """The variable that leads boto3's Auto Scaling, and nothing else, here."""
        return {"AWS_ENDPOINT_URL_AUTO_SCALING": self.endpoint}

    @property
    def calls(self) -> Sequence[Call]:
        """Every call so far, in the order of arrival, failed ones too."""
        with self._news:
            return tuple(self._calls)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """End everything, calls that hang too."""
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fail_next(self, *faults: Fault) -> None:
        """Let the next calls fail, each in its way."""
        with self._news:
            self._faults.extend(faults)

    def wait_for_calls(self, count: int) -> Sequence[Call]:
        """Return the calls as soon as there are that many; AssertionError if they never come."""
        with self._news:
            came = self._news.wait_for(lambda: len(self._calls) >= count, PATIENCE)
            assert came, f"{len(self._calls)} of {count} calls came: {self._calls}"  # noqa: S101 - for tests
            return tuple(self._calls)

    def take(self, body: str, authorization: str) -> str | None:
        """Carry one call out and return its answer, None for none; raises Refusal."""
        with self._news:
            fault = self._faults.popleft() if self._faults else None
            asked = query.Request("", {})
            try:
                asked = query.read(body, authorization)
                self._act(asked, fault)
            except Refusal as refusal:
                self._remember(Call(*asked, code=refusal.code))
                raise
            self._remember(Call(*asked, code=fault.value if fault else ""))
        if fault is Fault.HANGS:
            self._closing.wait()
        return None if fault else query.answer(asked.operation)

    def _act(self, asked: query.Request, fault: Fault | None) -> None:
        if fault is not None:
            fault.refuse(asked.operation)
        if fault is Fault.HANGS:
            return
        if asked.operation == "CompleteLifecycleAction":
            self.actions.complete(asked.parameters)
        elif asked.operation == "RecordLifecycleActionHeartbeat":
            self.actions.heartbeat(asked.parameters)
        else:
            raise Refusal(501, "NotImplemented", f"{asked.operation} is not part of this server")

    def _remember(self, call: Call) -> None:
        self._calls.append(call)
        self._news.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with suppress(ConnectionResetError):  # the caller was killed
                    super().handle()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                if self.path.startswith(PATH):
                    answer = control(owner, self.path.removeprefix(PATH), json.loads(body))
                    self._reply(200, json.dumps(answer), "application/json")
                    return
                try:
                    text = owner.take(body, self.headers.get("Authorization", ""))
                except Refusal as refusal:
                    self._reply(refusal.status, query.error(refusal))
                    return
                if text is None:
                    self.close_connection = True
                else:
                    self._reply(200, text)

            def _reply(self, status: int, text: str, kind: str = "text/xml") -> None:
                content = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Log nothing: `calls` has it."""

        return Handler
