"""What the local cluster's own client makes of answers that ask for patience."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from hack.cluster.api import ATTEMPTS, Api
from hack.cluster.pki import Authority
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THINGS = "/apis/example.com/v1/things"
LATER = (429, {"message": "storage is (re)initializing"})
EMPTY = (200, {"items": [], "metadata": {"resourceVersion": "1"}})
ONE = (200, {"items": [{"metadata": {"name": "one"}}], "metadata": {"resourceVersion": "2"}})
GONE = (200, {"type": "ERROR", "object": {"kind": "Status", "code": 410}})


def test_a_collection_that_is_not_ready_is_asked_again(tmp_path: Path) -> None:
    """As a custom resource's is for a moment after its definition has changed."""
    with answering(tmp_path, LATER, LATER, ONE) as api:
        assert next(api.follow(THINGS)) == {"metadata": {"name": "one"}}


def test_a_watch_whose_changes_are_gone_begins_anew(tmp_path: Path) -> None:
    with answering(tmp_path, EMPTY, GONE, ONE) as api:
        assert next(api.follow(THINGS)) == {"metadata": {"name": "one"}}


def test_patience_ends(tmp_path: Path) -> None:
    with (
        answering(tmp_path, *[LATER] * ATTEMPTS, ONE) as api,
        pytest.raises(HackError, match=r"refused GET /apis/\S+: storage is \(re\)initializing"),
    ):
        next(api.follow(THINGS))


def test_a_refusal_for_good_is_told_at_once(tmp_path: Path) -> None:
    with (
        answering(tmp_path, (403, {"message": "not for you"}), ONE) as api,
        pytest.raises(HackError, match="not for you"),
    ):
        next(api.follow(THINGS))


@contextmanager
def answering(tmp_path: Path, *answers: tuple[int, dict[str, Any]]) -> Iterator[Api]:
    """Start a server that gives these answers in turn, and a client for it."""
    authority, left = Authority(tmp_path), list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, answer = left.pop(0)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if (status, answer) == LATER:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    pair = authority.server("server")
    tls.load_cert_chain(pair.certificate, pair.key)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        client = authority.client("client", "client")
        yield Api(server.server_port, authority.certificate, client)
    finally:
        server.shutdown()
        server.server_close()
