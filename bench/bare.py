"""The least client there can be: what it takes is the server's time, and the floor for ours."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from controller.kube.api import MERGE_PATCH
from controller.kube.connect import credentials
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AGENT = "spotdrain-bench-floor"
CONFLICT, FIRST_ERROR = 409, 400


class Bare:
    """aiohttp with the credentials of a kubeconfig, and nothing around it."""

    def __init__(self, kubeconfig: Path, connections: int) -> None:
        """Say who asks, over how many connections; nothing is sent yet."""
        self._kubeconfig, self._connections = kubeconfig, connections

    async def __aenter__(self) -> Self:
        """Read the credentials and make the session."""
        known = await credentials(self._kubeconfig)
        trust = ssl.create_default_context(cafile=known.ca_path)
        if known.certificate_path:
            trust.load_cert_chain(known.certificate_path, known.private_key_path)
        bearer = {"Authorization": f"Bearer {known.token}"} if known.token else {}
        self._session = aiohttp.ClientSession(
            known.server,
            connector=aiohttp.TCPConnector(ssl=trust, limit=self._connections),
            headers={"User-Agent": AGENT, **bearer},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, path: str) -> dict[str, Any]:
        """Read; HackError when the server refuses."""
        return await self._send("GET", path, None, "application/json")

    async def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Merge; HackError when the server refuses.

        409 to a PATCH without a resourceVersion: the server itself tried it on five versions, and
        others wrote faster. Asked again, as a controller would.
        """
        return await self._send("PATCH", path, body, MERGE_PATCH, again=True)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create; HackError when the server refuses."""
        return await self._send("POST", path, body, "application/json")

    async def try_post(self, path: str, body: Mapping[str, Any]) -> int:
        """Create; returns the status, whatever it is."""
        async with self._session.post(path, json=body) as answer:
            await answer.read()
            return answer.status

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        content_type: str,
        *,
        again: bool = False,
    ) -> dict[str, Any]:
        headers = {"Content-Type": content_type}
        async with self._session.request(method, path, json=body, headers=headers) as answer:
            found: dict[str, Any] = await answer.json(content_type=None)
        if answer.status == CONFLICT and again:
            return await self._send(method, path, body, content_type)
        if answer.status >= FIRST_ERROR:
            raise HackError(f"The API server refused {method} {path}: {found.get('message')}")
        return found
