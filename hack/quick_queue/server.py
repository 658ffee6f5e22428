"""The HTTP side: JSON in, JSON out, and a count of every request."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from aiohttp import web

from hack.quick_queue.refusals import Refusal
from hack.quick_queue.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLS_PATH = "/calls"
JSON_TYPE = "application/x-amz-json-1.0"
_SERVICE = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/aws4_request")


class Foreign(Exception):  # noqa: N818 - a request that found the wrong server
    """A request for another AWS service than SQS."""


class Server:
    """SQS over HTTP; `calls` counts requests by service and operation: `sqs:SendMessage`.

    The signature is not checked, only read for the service that a request was signed for.
    """

    def __init__(self, endpoint: str) -> None:
        self.calls: Counter[str] = Counter()
        self._service = Service(endpoint)

    async def start(self, host: str, port: int) -> web.ServerRunner:
        """Begin to answer; a poll whose caller hangs up ends at once and takes no message."""
        # Without routes and middlewares, which cost as much as all the rest.
        low = web.Server(self._handle, access_log=None, handler_cancellation=True)
        runner = web.ServerRunner(low)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        return runner

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST":
            return web.json_response(self.calls if request.path == CALLS_PATH else {})
        body = await request.read()
        try:
            return _reply(200, await self._take(request.headers, body))
        except Foreign:
            return web.Response(status=501)  # other services have other protocols
        except Refusal as refusal:
            said = {"__type": f"com.amazonaws.sqs#{refusal.code}", "message": refusal.message}
            told = {"x-amzn-query-error": f"{refusal.query_code};Sender"}
            return _reply(refusal.status, said, told)

    async def _take(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        signed = _SERVICE.search(headers.get("Authorization", ""))
        service, operation = signed[1] if signed else "unsigned", _operation(headers, body)
        self.calls[f"{service}:{operation}"] += 1
        if signed is None:
            words = "Request is missing Authentication Token"
            raise Refusal("MissingAuthenticationToken", words, 403)
        if service != "sqs":
            raise Foreign
        try:
            asked = json.loads(body)
        except ValueError:
            raise Refusal("SerializationException", "The body is not JSON.") from None
        return await self._service.answer(operation, asked)


def _operation(headers: Mapping[str, str], body: bytes) -> str:
    """Name what is asked for: by a header, or as EC2 has it by a field of a form."""
    if target := headers.get("X-Amz-Target", ""):
        return target.rpartition(".")[2]
    form = parse_qs(body.decode(errors="replace"))
    return form.get("Action", [""])[0]


def _reply(
    status: int, said: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> web.Response:
    content = json.dumps(said).encode()
    return web.Response(body=content, status=status, headers=headers, content_type=JSON_TYPE)
