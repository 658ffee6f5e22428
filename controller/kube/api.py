"""The transport: dict bodies over kubernetes.aio, every call with its own time-out, no retries.

The generated API classes are left out on purpose: importing them costs 110 MB, and each call about
a third more CPU (docs/decisions/0003-kubernetes-client.md).
"""

from __future__ import annotations

import json
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import aiohttp
from kubernetes.aio.client.api_client import ApiClient

from controller.domain.cluster import ClusterError
from controller.kube import buffers

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from kubernetes.aio.client.configuration import Configuration

CALL_SECONDS = 5.0
WATCH_SILENCE_SECONDS = 75.0
"""Bookmarks come about once a minute; a longer silence is a dead connection."""

PAGE = 100
"""Objects of one page. Nodes have 15 KB each, most of it the names of images: with pages of 250 the
peak of a start with 5,000 nodes was 134 MB, with these it is 115 MB."""

JSON = "application/json"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Of each object of a list its metadata only, as client-go's metadata/metadata.go asks for it."""

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
ERRORS = 400
UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API server, whatever its status."""

    code: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> dict[str, Any]:
        """Read the body of a successful answer; raise ClusterError with the server's words."""
        if self.code >= ERRORS:
            raise ClusterError(self.words(), self.code)
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed

    def words(self) -> str:
        """Take the sentence out of a Status body, or the text itself."""
        if self.code == UNAUTHORIZED:
            return (
                "the API server does not know our credentials (401 Unauthorized): the token has"
                " expired, or it is another cluster's"
            )
        try:
            message = json.loads(self.text).get("message")
        except (ValueError, AttributeError):
            message = None
        return str(message or self.text.strip()[:200] or f"HTTP {self.code}")


class _Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    content_type: str = JSON
    accept: str = JSON


class Api:
    """One connection pool for calls and one without bound for watches.

    Raises ClusterError when the certificates of the configuration cannot be read.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.host: str = configuration.host
        buffers.spare()
        watching = configuration.__deepcopy__({})
        watching.connection_pool_maxsize = 0
        self._calls, self._watches = _client(configuration), _client(watching)
        for client in (self._calls, self._watches):
            client.user_agent = "spotdrain"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._calls.close()
        await self._watches.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        seconds: float = CALL_SECONDS,
        aside: bool = False,
    ) -> Reply:
        """Make one call; any HTTP status is an answer, no answer raises ClusterError.

        A call `aside` waits for no connection that other calls hold.
        """
        call = _Request(method, path, query, body, content_type, accept)
        try:
            client = self._watches if aside else self._calls
            response = await _send(client, call, aiohttp.ClientTimeout(total=seconds))
            raw = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterError(_unreachable(self.host, error)) from error
        return Reply(response.status, response.headers, raw.decode("utf-8", "replace"))

    async def pages(
        self, path: str, query: Mapping[str, str], size: int = PAGE, *, accept: str = JSON
    ) -> AsyncIterator[dict[str, Any]]:
        """List a collection; yields a list object for each page, all of one moment; 0: one page.

        Raises ClusterError, 410 when it took so long that the moment is forgotten.
        """
        asked = {**query, "limit": str(size)} if size else dict(query)
        while True:
            reply = await self.request("GET", path, query=asked, accept=accept, seconds=30)
            answer = reply.json()
            yield answer
            asked["continue"] = answer["metadata"].get("continue") or ""
            if not asked["continue"]:
                return

    @asynccontextmanager
    async def watch(
        self, path: str, query: Mapping[str, str]
    ) -> AsyncGenerator[AsyncIterator[dict[str, Any]], None]:
        """Open a watch; yields its events as dicts, until the server ends it.

        Raises ClusterError when it cannot be opened, and from the iteration when it breaks.
        """
        silence = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=WATCH_SILENCE_SECONDS)
        try:
            response = await _send(self._watches, _Request("GET", path, query), silence)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterError(_unreachable(self.host, error)) from error
        try:
            if response.status >= ERRORS:
                reply = Reply(response.status, response.headers, (await response.text())[:2000])
                raise ClusterError(reply.words(), response.status)
            yield self._events(response)
        finally:
            response.close()

    async def _events(self, response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
        try:
            async for line in response.content:
                yield json.loads(line)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ClusterError(_unreachable(self.host, error)) from error


async def _send(
    client: ApiClient, call: _Request, limits: aiohttp.ClientTimeout
) -> aiohttp.ClientResponse:
    # Without auth_settings the request would go out without credentials (kubernetes 37).
    verb, url, headers, _, _ = await client.param_serialize(
        call.method,
        call.path,
        query_params=list((call.query or {}).items()),
        header_params={"Accept": call.accept, "Content-Type": call.content_type},
        auth_settings=["BearerToken"],
    )
    # Past the client's own look at every value of the body: ours are dicts and texts already.
    reply = await client.call_api(verb, url, headers, call.body, _request_timeout=limits)
    response: aiohttp.ClientResponse = reply.response
    return response


def _client(configuration: Configuration) -> ApiClient:
    try:
        return ApiClient(configuration)
    except OSError as error:  # ssl's own errors are OSErrors, and name no file
        files = configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file
        raise ClusterError(
            f"the certificates for the API server cannot be used ({error.strerror or error}):"
            f" look at {', '.join(str(file) for file in files if file)}"
        ) from error


def _unreachable(host: str, error: Exception) -> str:
    return f"the API server at {host} {_failure(error)}"


def _failure(error: Exception) -> str:
    """Say what happened; the order counts, since aiohttp's classes are children of each other."""
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    if isinstance(error, aiohttp.ClientSSLError):
        return f"cannot be trusted: {error.os_error if hasattr(error, 'os_error') else error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        # A host name that is not found has a negative number and its own text.
        number = cause.errno or 0
        why = os.strerror(number) if number > 0 else cause.strerror or cause
        return f"cannot be reached: {why}"
    return "broke the connection"
