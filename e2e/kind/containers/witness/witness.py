"""A container that writes down what happens to it: start, SIGTERM, a beat every 100 ms, its end.

SIGKILL cannot be written down: the beats stop. Variables: STOPS_AFTER, seconds from SIGTERM to the
end, or `never`; EXIT_CODE, that of an end for SIGTERM; RUNS_FOR, seconds to an end of its own, with
code 0; PORT, where it serves HTTP, each answer taking WORK seconds. With the arguments
`prestop SECONDS` it is a preStop hook.
"""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from told import tell

BEAT = 0.1
NEVER = float("inf")


class Site(BaseHTTPRequestHandler):
    """Answers with the pod's name, after as much work as was asked for."""

    def do_GET(self) -> None:
        """Answer."""
        time.sleep(float(os.environ.get("WORK", "0")))
        content = os.environ["POD_NAME"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing: the callers do."""


class Server(ThreadingHTTPServer):
    """A server whose end waits for the answers that it owes."""

    daemon_threads = False
    request_queue_size = 128


def serve(port: int) -> Server:
    """Begin to serve HTTP beside."""
    server = Server(("", port), Site)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def seconds(name: str, default: str) -> float:
    """Read a variable that is a number or `never`."""
    given = os.environ.get(name, default)
    return NEVER if given == "never" else float(given)


def live() -> int:
    """Run until the time is over, or as long after SIGTERM as was asked for; return the code."""
    told: list[float] = []

    def on_term(*_: object) -> None:
        tell("term")
        told.append(time.monotonic())

    signal.signal(signal.SIGTERM, on_term)
    tell("start")
    server = serve(int(os.environ["PORT"])) if "PORT" in os.environ else None
    began, runs, stops = time.monotonic(), seconds("RUNS_FOR", "never"), seconds("STOPS_AFTER", "0")
    code = 0
    while time.monotonic() < began + runs:
        if told and time.monotonic() >= told[0] + stops:
            code = int(os.environ.get("EXIT_CODE", "0"))
            break
        tell("beat")
        time.sleep(BEAT)
    if server is not None:
        server.shutdown()
        server.server_close()
    tell("end")
    return code


if sys.argv[1:2] == ["prestop"]:
    tell("prestop")
    time.sleep(float(sys.argv[2]))
else:
    sys.exit(live())
