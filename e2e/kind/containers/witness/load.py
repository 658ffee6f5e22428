"""Constant HTTP load on one address, each request over a connection of its own; every one is told.

Variables: HOST and PORT; CALLERS, how many ask side by side; PAUSE, seconds between two requests of
one. It ends with SIGTERM, after the answers that it waits for.
"""

import http.client
import os
import signal
import threading
from contextlib import closing

from told import tell

TIMEOUT = 30.0
ended = threading.Event()


def ask(host: str, port: int) -> str:
    """Ask once and say what came: `200 POD`, or what went wrong."""
    try:
        with closing(http.client.HTTPConnection(host, port, timeout=TIMEOUT)) as connection:
            connection.request("GET", "/")
            answer = connection.getresponse()
            return f"{answer.status} {answer.read().decode()}"
    except (OSError, http.client.HTTPException) as error:
        return f"lost {error!r}"


def call() -> None:
    """Ask again and again."""
    host, port, pause = os.environ["HOST"], int(os.environ["PORT"]), float(os.environ["PAUSE"])
    while not ended.wait(pause):
        tell(ask(host, port))


signal.signal(signal.SIGTERM, lambda *_: ended.set())
callers = [threading.Thread(target=call) for _ in range(int(os.environ["CALLERS"]))]
for caller in callers:
    caller.start()
for caller in callers:
    caller.join()
