"""The small Auto Scaling as a process of its own, in a container: `python -m hack.scaling`."""

from __future__ import annotations

import argparse
import signal
import threading

from hack.scaling.server import ScalingServer


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m hack.scaling", description=__doc__)
    parser.add_argument(
        "--listen-address", default="127.0.0.1", help="an address of this machine (%(default)s)"
    )
    parser.add_argument("--port", type=int, default=5001, help="TCP port (%(default)s)")
    given = parser.parse_args()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with ScalingServer(given.port, host=given.listen_address) as server:
        print(f"answers at {server.endpoint}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
