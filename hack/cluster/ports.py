"""Free ports on 127.0.0.1 that nobody else is given, not even while a server is down."""

from __future__ import annotations

import socket
from typing import Self

HOST = "127.0.0.1"


class ReservedPorts:
    """Ports that stay ours until closed.

    Each is held by a socket that is bound with SO_REUSEADDR and never listens. Linux gives such a
    port to no one who asks for any free port, but lets a server bind it that sets SO_REUSEADDR
    too, as Go's and Python's servers do (socket(7), ip(7)).
    """

    def __init__(self) -> None:
        """Start with none."""
        self._sockets: list[socket.socket] = []

    def reserve(self) -> int:
        """Return one more port."""
        holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._sockets.append(holder)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, 0))
        port: int = holder.getsockname()[1]
        return port

    def close(self) -> None:
        """Give all of them back."""
        for holder in self._sockets:
            holder.close()
        self._sockets.clear()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give all of them back."""
        self.close()
