"""A reserved port is ours: a server may use it, and nobody else is given it."""

from __future__ import annotations

import socket

from hack.cluster.ports import HOST, ReservedPorts


def listener(port: int) -> socket.socket:
    """Listen as Go's and Python's servers do."""
    server = socket.create_server((HOST, port), backlog=1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return server


def test_a_server_may_listen_go_and_come_back() -> None:
    with ReservedPorts() as ports:
        port = ports.reserve()
        for _ in range(2):
            with listener(port), socket.create_connection((HOST, port)):
                pass


def test_the_port_is_given_to_no_one_else() -> None:
    """Were the 50 free, one of 2,000 draws would hit one of them almost surely."""
    with ReservedPorts() as ports:
        reserved = {ports.reserve() for _ in range(50)}
        assert len(reserved) == 50
        for _ in range(2000):
            with socket.socket() as other:
                other.bind((HOST, 0))
                assert other.getsockname()[1] not in reserved
