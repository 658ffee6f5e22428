"""Blocking calls on threads that neither a cancelled task nor a finished process waits for."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def start(call: Callable[[], T], name: str) -> Future[T]:
    """Run `call` on a thread of its own; the future takes its result or whatever it raises.

    Not concurrent.futures.ThreadPoolExecutor: the interpreter joins its threads at exit, whatever
    `shutdown(wait=False)` was asked for, and a long poll would use up 20 seconds of the pod's
    termination grace. A daemon thread ends with the process. It costs under half a
    millisecond to start, against a network call; how many there are is for the caller to bound.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
