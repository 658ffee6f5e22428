"""What every TLS connection costs in memory."""

from __future__ import annotations

import asyncio.sslproto

READ_BYTES = 32 * 1024
"""Two TLS records, which hold 16 KiB at most (RFC 8446, 5.1); nothing is read faster with more."""


def spare() -> None:
    """Have the TLS connections of this process that are opened from now on read with small buffers.

    asyncio gives each one 256 KiB, filled with zeros and therefore resident. Every draining node
    has a watch of its own: with 50 of them, and the calls of a burst beside, the peak of the process
    was 143 MB; it is 106 MB so. There is no public setting for it.
    """
    asyncio.sslproto.SSLProtocol.max_size = READ_BYTES
