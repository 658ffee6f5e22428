"""What the local cluster's own client makes of answers that ask for patience."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hack.cluster.api import ATTEMPTS, Api
from hack.cluster.pki import Authority
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THINGS = "/apis/example.com/v1/things"
LATER = (429, {"message": "storage is (re)initializing"})
BUSY = (429, "Too many requests, please try again later.\n")
EMPTY = (200, {"items": [], "metadata": {"resourceVersion": "1"}})
ONE: tuple[int, dict[str, Any]] = (
    200,
    {"items": [{"metadata": {"name": "one"}}], "metadata": {"resourceVersion": "2"}},
)
GONE = (200, {"type": "ERROR", "object": {"kind": "Status", "code": 410}})
FIRST, SECOND = (
    (200, {"type": "MODIFIED", "object": {"metadata": {"name": "one", "resourceVersion": version}}})
    for version in ("3", "4")
)


def test_a_collection_that_is_not_ready_is_asked_again(tmp_path: Path) -> None:
    """As a custom resource's is for a moment after its definition has changed."""
    with answering(tmp_path, LATER, LATER, ONE) as api:
        assert next(api.follow(THINGS)) == {"metadata": {"name": "one"}}


def test_a_watch_whose_changes_are_gone_begins_anew(tmp_path: Path) -> None:
    with answering(tmp_path, EMPTY, GONE, ONE) as api:
        assert next(api.follow(THINGS)) == {"metadata": {"name": "one"}}


def test_a_watch_that_ends_is_taken_up_where_it_was(tmp_path: Path) -> None:
    """Between two lists what lasted a moment would be missed."""
    asked: list[str] = []
    with answering(tmp_path, ONE, FIRST, SECOND, asked=asked) as api:
        seen = list(islice(api.follow(THINGS), 3))

    assert seen == [ONE[1]["items"][0], FIRST[1]["object"], SECOND[1]["object"]]
    assert [parse_qs(urlsplit(path).query).get("resourceVersion") for path in asked] == [
        None,
        ["2"],
        ["3"],
    ]


def test_a_busy_api_server_answers_in_plain_text_and_is_asked_again(tmp_path: Path) -> None:
    """Its limits of requests in flight know no Status: filters/maxinflight.go of k8s.io/apiserver."""
    with answering(tmp_path, BUSY, ONE) as api:
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
def answering(
    tmp_path: Path, *answers: tuple[int, Any], asked: list[str] | None = None
) -> Iterator[Api]:
    """Start a server that gives these answers in turn, and a client for it.

    `asked` is filled with the paths of the requests.
    """
    authority, left = Authority(tmp_path), list(answers)
    paths = [] if asked is None else asked

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            paths.append(self.path)
            status, answer = left.pop(0)
            body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == LATER[0]:
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
