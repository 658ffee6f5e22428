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
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hack.cluster.pki import KeyPair

CONNECTIONS = 8
TIMEOUT = 60.0
WATCH_SECONDS, LATE_SECONDS = 240.0, 60.0
"""Of one watch, and by how much its end may be late on a machine that stood still."""

ATTEMPTS = 10
"""As many as client-go makes of a request that the API server asks to send again later."""
JSON, STRATEGIC_MERGE_PATCH = "application/json", "application/strategic-merge-patch+json"


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

    def patch_each(self, patches: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """PATCH objects (`/api/v1/nodes/NAME/status`) one after the other, as they are yielded.

        Each comes with a strategic merge patch. Raises HackError for the first that is refused.
        """
        with closing(self._connect()) as connection:
            for path, patch in patches:
                body = json.dumps(patch)
                _send(connection, "PATCH", path, body, STRATEGIC_MERGE_PATCH).read()

    def follow(self, path: str, seconds: float = TIMEOUT) -> Iterator[dict[str, Any]]:
        """Yield every object of a collection, then each one that changes, for so many seconds.

        A watch that ends is taken up where it was, so that nothing in between is missed. Only when
        the API server no longer holds what changed meanwhile (410 Gone in a Status) the collection
        is listed anew.
        """
        until, version = time.monotonic() + seconds, ""
        while (left := until - time.monotonic()) > 0:
            if not version:
                listing = self._list(path)
                yield from listing["items"]
                version = listing["metadata"]["resourceVersion"]
            for change in self._watch(path, version, max(1, int(min(left, WATCH_SECONDS)))):
                if change["type"] == "ERROR":
                    version = ""
                    break
                version = change["object"]["metadata"]["resourceVersion"]
                yield change["object"]

    def _list(self, path: str) -> dict[str, Any]:
        with closing(self._connect()) as connection:
            listing: dict[str, Any] = json.loads(_send(connection, "GET", path).read())
            return listing

    def _watch(self, path: str, version: str, seconds: int) -> Iterator[dict[str, Any]]:
        # A watch is quiet for up to its whole time, so a read waits a little longer than that.
        with closing(self._connect(seconds + LATE_SECONDS)) as connection:
            changes = f"{path}?watch=true&resourceVersion={version}&timeoutSeconds={seconds}"
            for line in _send(connection, "GET", changes):
                yield json.loads(line)

    def _create_share(self, path: str, objects: Sequence[dict[str, Any]]) -> None:
        with closing(self._connect()) as connection:
            for item in objects:
                _send(connection, "POST", path, json.dumps(item)).read()

    def _connect(self, timeout: float = TIMEOUT) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(HOST, self._port, context=self._tls, timeout=timeout)


def _send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    kind: str = JSON,
) -> http.client.HTTPResponse:
    for attempt in range(1, ATTEMPTS + 1):
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer
        words = _words(answer.read())
        # Nothing was done: too many requests at once, or a custom resource whose definition has
        # just changed ("storage is (re)initializing"), as client-go's rest/with_retry.go has it.
        later = answer.headers.get("Retry-After")
        if later is None or attempt == ATTEMPTS:
            break
        time.sleep(float(later))
    raise HackError(f"The API server refused {method} {path}: {words}")


def _words(body: bytes) -> str:
    """Read why a request was refused: a Status in most cases, plain text of a busy API server."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip()
