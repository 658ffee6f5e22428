"""An HTTP front before the local SQS that answers some calls itself, as AWS does on a bad day."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOST = "127.0.0.1"
PATIENCE = 60.0
JSON_TYPE = "application/x-amz-json-1.0"


@dataclass(slots=True)
class Fault:
    """What `operation` (empty: every one) is answered: an error, `times` times or until it is over.

    With `entries` the call is not passed on, and each entry of its batch fails by AWS's own fault.
    With `key` only what was signed with that access key is answered so. Without a `code` there is no
    answer: the connection is cut.
    """

    code: str = ""
    status: int = 400
    operation: str = ""
    times: int | None = None
    entries: bool = False
    key: str = ""

    def takes(self, operation: str, key: str) -> bool:
        """Tell whether it is this call's turn, and count it."""
        if self.operation not in {"", operation} or self.key not in {"", key} or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def answer(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Give status and body, as the JSON protocol of SQS has them."""
        if not self.entries:
            return self.status, {"__type": f"com.amazonaws.sqs#{self.code}", "message": "so it is"}
        failed = [
            {"Id": entry["Id"], "SenderFault": False, "Code": self.code}
            for entry in asked["Entries"]
        ]
        return 200, {"Successful": [], "Failed": failed}


CUT = Fault()
THROTTLED = Fault("RequestThrottled")
EXPIRED = Fault("ExpiredToken", status=403)


class Call(NamedTuple):
    """A call that was answered, at this time.monotonic()."""

    operation: str
    at: float


class Front:
    """The server, on a free loopback port; `url` leads through it to a queue behind it.

    `keys` are the access keys by which the calls that were passed on were signed.
    """

    def __init__(self, queue_url: str) -> None:
        behind = urlsplit(queue_url)
        self._behind = behind.netloc
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))
        self.url = f"http://{HOST}:{self._server.server_port}{behind.path}"
        self.keys: list[str] = []
        self._faults: list[Fault] = []
        self._passed: list[Call] = []
        self._failed: list[Call] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop to listen; calls under way end with the server behind."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def with_fault(self, fault: Fault) -> Iterator[None]:
        """Answer with a fault until the end of the block."""
        self._faults.append(fault)
        try:
            yield
        finally:
            self._faults.remove(fault)

    def wait_passed(self, operation: str, count: int = 1) -> None:
        """Wait until so many calls were answered by the server behind."""
        self._wait(self._passed, operation, count)

    def wait_failed(self, operation: str, count: int = 1) -> None:
        """Wait until so many calls were answered here."""
        self._wait(self._failed, operation, count)

    def wait_failing(self, operation: str, seconds: float) -> int:
        """Wait until calls were answered here for so long from now on; returns how many."""
        begun, before = time.monotonic(), self.failed(operation)
        with self._news:
            while not self._failed or self._failed[-1].at - begun < seconds:
                assert self._news.wait(PATIENCE), f"nobody called {operation} any more"
        return self.failed(operation) - before

    def failed(self, operation: str) -> int:
        """Count the calls that were answered here."""
        return _count(self._failed, operation)

    def operations(self) -> list[str]:
        """List what was asked of the server behind, in the order of its answers."""
        return [call.operation for call in self._passed]

    def handle(self, operation: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Answer a call, here or by the server behind; returns status and body."""
        key = signed_by(headers)
        for fault in self._faults:
            if fault.takes(operation, key):
                self._note(self._failed, operation)
                if not fault.code:
                    raise ConnectionAbortedError
                status, said = fault.answer(json.loads(body))
                return status, json.dumps(said).encode()
        behind = HTTPConnection(self._behind, timeout=PATIENCE)
        try:
            behind.request("POST", "/", body, dict(headers))
            answer = behind.getresponse()
            found = answer.status, answer.read()
        finally:
            behind.close()
        self.keys.append(key)
        self._note(self._passed, operation)
        return found

    def _note(self, calls: list[Call], operation: str) -> None:
        with self._news:
            calls.append(Call(operation, time.monotonic()))
            self._news.notify_all()

    def _wait(self, calls: list[Call], operation: str, count: int) -> None:
        with self._news:
            came = self._news.wait_for(lambda: _count(calls, operation) >= count, PATIENCE)
        assert came, f"{operation} was answered {_count(calls, operation)} times, not {count}"


def _count(calls: list[Call], operation: str) -> int:
    return sum(call.operation == operation for call in calls)


def signed_by(headers: Mapping[str, str]) -> str:
    """Read off a call's signature which access key made it."""
    found = re.search(r"Credential=([^/]+)/", headers.get("Authorization", ""))
    return found[1] if found else ""


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):  # the caller was killed
                super().handle()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            try:
                status, answer = front.handle(operation, body, dict(self.headers))
            except OSError:  # the server behind is gone, or stands for one that is
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", JSON_TYPE)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing: a test reads what was answered."""

    return Handler
