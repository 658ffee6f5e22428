"""The controller's own calls, read once the API server has written them all down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.bare import AGENT
from bench.trail import calls
from hack.cluster.audit import Tail
from hack.cluster.install import CONTROLLER, NAMESPACE
from hack.errors import HackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.trail import Call
    from hack.cluster import LocalCluster

USER = f"system:serviceaccount:{NAMESPACE}:{CONTROLLER}"
PAUSE = 0.05


def await_log(
    cluster: LocalCluster, whole: Callable[[list[Call]], bool], patience: float = 5.0
) -> list[Call]:
    """Return the audit log when it is whole; an entry follows its answer by a moment.

    Raises HackError when that does not come within `patience` seconds.
    """
    return await_tail(Tail(cluster.directory / "audit.log"), whole, patience)


def await_tail(
    tail: Tail, whole: Callable[[list[Call]], bool], patience: float = 5.0
) -> list[Call]:
    """Return what the log has from where the tail stands, when that is whole; see `await_log`."""
    until, found = time.monotonic() + patience, calls(())
    while time.monotonic() < until:
        if news := calls(tail.news()):
            found = sorted([*found, *news], key=lambda call: call.arrived)
        if whole(found):
            return found
        time.sleep(PAUSE)
    raise HackError("The audit log lacks calls whose effects were seen.")


def of_account(log: list[Call]) -> list[Call]:
    """Take the calls under the controller's account: its own, and the bare loop's."""
    return [call for call in log if call.user == USER]


def ours(log: list[Call], since: float = 0.0) -> list[Call]:
    """Take the calls of the controller itself, from some moment on."""
    return [c for c in of_account(log) if c.agent != AGENT and c.arrived >= since]
