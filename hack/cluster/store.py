"""Puts objects into etcd past the API server: a hundred thousand of them in seconds, not minutes."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING

from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    Put = tuple[str, str]

CONNECTIONS = 4
MOST_PUTS = 128
"""As many operations as etcd takes in one transaction (--max-txn-ops)."""

MOST_BYTES = 1_000_000
"""Below etcd's --max-request-bytes of 1.5 MiB."""

TIMEOUT = 60.0


class Store:
    """A cluster's etcd, spoken to by its JSON gateway on its Unix socket.

    The API server decodes JSON from etcd as it does its own protobuf, applies defaults, and tells
    its watchers; it does not check what is put here. So an object needs what the API server adds
    by itself: `uid`, `creationTimestamp`, `status`.
    https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/
    """

    def __init__(self, path: Path) -> None:
        """Say where etcd's socket is; nothing is sent yet."""
        self._path = path

    def put_all(self, puts: Iterable[Put]) -> int:
        """Put pairs of key (`/registry/pods/NAMESPACE/NAME`) and object in JSON; replaces old ones.

        They may be made on the way. Returns etcd's revision after the last, which is a
        resourceVersion. Raises HackError with etcd's words.
        """
        shared, lock = transactions(puts), threading.Lock()

        def send(_: int) -> int:
            revision = 0
            with closing(_Connection(self._path)) as connection:
                while True:
                    with lock:
                        batch = next(shared, None)
                    if batch is None:
                        return revision
                    revision = max(revision, _put(connection, batch))

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return max(pool.map(send, range(CONNECTIONS)))


def transactions(puts: Iterable[Put]) -> Iterator[list[Put]]:
    """Part the pairs so that etcd takes each part in one transaction."""
    batch: list[Put] = []
    size = 0
    for put in puts:
        if batch and (len(batch) == MOST_PUTS or size + len(put[1]) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(put)
        size += len(put[1])
    if batch:
        yield batch


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self._path))


def _put(connection: _Connection, batch: Iterable[Put]) -> int:
    puts = [{"requestPut": {"key": _coded(key), "value": _coded(text)}} for key, text in batch]
    connection.request("POST", "/v3/kv/txn", json.dumps({"success": puts}))
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != HTTPStatus.OK:
        raise HackError(f"etcd refused what was put into it: {said.decode(errors='replace')}")
    return int(json.loads(said)["header"]["revision"])


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
