"""The few requests for which kubectl is too slow: thousands of objects at once."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from hack.cluster.ports import HOST
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hack.cluster.pki import KeyPair

CONNECTIONS = 8
TIMEOUT = 60.0


class Api:
    """The API server, spoken to in JSON as the owner of a client certificate."""

    def __init__(self, port: int, authority: Path, client: KeyPair) -> None:
        """Say where it is and who asks; nothing is sent yet."""
        self._port = port
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._tls.load_cert_chain(client.certificate, client.key)

    def create_all(self, path: str, objects: Sequence[dict[str, Any]]) -> None:
        """POST each object to a collection (`/api/v1/nodes`), over a few connections at once.

        Raises HackError with the API server's words for the first that it refuses.
        """
        shares = [objects[start::CONNECTIONS] for start in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda share: self._create_share(path, share), shares))

    def follow(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield every object of a collection, then each one that changes, for a minute at most.

        The API server ends a watch early while it starts; the collection is then listed anew.
        """
        until = time.monotonic() + TIMEOUT
        while (left := until - time.monotonic()) > 0:
            yield from self._follow_once(path, max(1, int(left)))

    def _follow_once(self, path: str, seconds: int) -> Iterator[dict[str, Any]]:
        with closing(self._connect()) as connection:
            listing = json.loads(_send(connection, "GET", path).read())
            yield from listing["items"]
            version = listing["metadata"]["resourceVersion"]
            changes = f"{path}?watch=true&resourceVersion={version}&timeoutSeconds={seconds}"
            for line in _send(connection, "GET", changes):
                yield json.loads(line)["object"]

    def _create_share(self, path: str, objects: Sequence[dict[str, Any]]) -> None:
        with closing(self._connect()) as connection:
            for item in objects:
                _send(connection, "POST", path, json.dumps(item)).read()

    def _connect(self) -> http.client.HTTPSConnection:
        # A watch is quiet for up to its whole time, so a read waits a little longer than that.
        return http.client.HTTPSConnection(HOST, self._port, context=self._tls, timeout=TIMEOUT + 5)


def _send(
    connection: http.client.HTTPSConnection, method: str, path: str, body: str | None = None
) -> http.client.HTTPResponse:
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status >= HTTPStatus.BAD_REQUEST:
        words = json.loads(answer.read())["message"]
        raise HackError(f"The API server refused {method} {path}: {words}")
    return answer
