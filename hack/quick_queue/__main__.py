"""The quick queue as a process of its own: `python -m hack.quick_queue`."""

from __future__ import annotations

import argparse
import asyncio
import signal

from hack.quick_queue.server import Server

HOST = "127.0.0.1"


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m hack.quick_queue", description=__doc__)
    parser.add_argument("--port", type=int, default=5002, help="on 127.0.0.1 (%(default)s)")
    asyncio.run(serve(parser.parse_args().port))


async def serve(port: int) -> None:
    """Answer until a signal comes."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    endpoint = f"http://{HOST}:{port}"
    runner = await Server(endpoint).start(HOST, port)
    print(f"answers at {endpoint}", flush=True)
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    main()
