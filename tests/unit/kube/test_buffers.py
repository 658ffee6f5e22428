"""The read buffers of TLS connections, on a real connection."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from controller.kube import buffers
from hack.cluster.pki import Authority

if TYPE_CHECKING:
    from pathlib import Path

BODY = bytes(range(256)) * (8 * buffers.READ_BYTES // 256)
HOST = "127.0.0.1"


def contexts(directory: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = Authority(directory)
    pair = authority.server("server")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pair.certificate, pair.key)
    return server, ssl.create_default_context(cafile=str(authority.certificate))


async def test_a_body_larger_than_the_buffer_arrives_whole(tmp_path: Path) -> None:
    """It fails, too, when a Python no longer takes the size from where it is set."""
    server_side, client_side = contexts(tmp_path)

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(BODY)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    buffers.spare()
    server = await asyncio.start_server(answer, HOST, 0, ssl=server_side)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(HOST, port, ssl=client_side)
        transport: Any = writer.transport
        size = len(transport._ssl_protocol._ssl_buffer)
        received = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert received == BODY
    assert size == buffers.READ_BYTES
