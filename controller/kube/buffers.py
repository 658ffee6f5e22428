"""What every TLS connection costs in memory."""

from __future__ import annotations

import asyncio.sslproto

READ_BYTES = 16 * 1024
"""One TLS record, which holds 16 KiB at most (RFC 8446, 5.1); nothing is read faster with more."""


def spare() -> None:
    """Have the TLS connections of this process that are opened from now on read with small buffers.

    asyncio gives each one 256 KiB, filled with zeros and therefore resident, and every draining node
    has a watch of its own (docs/performance.md has the figures). There is no public setting for it.
    """
    asyncio.sslproto.SSLProtocol.max_size = READ_BYTES
