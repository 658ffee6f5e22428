"""A path to another address that takes its time: each byte arrives DELAY seconds later, both ways.

Variables: HOST and PORT, where it leads; LISTEN, the port where it begins; DELAY. It prints a line
for each connection that it carries: whose it is.
"""

import asyncio
import os

HOST, PORT, LISTEN = os.environ["HOST"], int(os.environ["PORT"]), int(os.environ["LISTEN"])
DELAY = float(os.environ["DELAY"])
CHUNK = 65536


async def deliver(
    packets: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
) -> None:
    """Pass on what is due, in order; nothing more after an empty one."""
    clock = asyncio.get_running_loop().time
    while True:
        due, data = await packets.get()
        await asyncio.sleep(max(0.0, due - clock()))
        if not data:
            break
        writer.write(data)
        await writer.drain()
    writer.close()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry one direction of a connection."""
    clock = asyncio.get_running_loop().time
    packets: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    delivery = asyncio.create_task(deliver(packets, writer))
    data = b"-"
    while data:
        try:
            data = await reader.read(CHUNK)
        except OSError:
            data = b""
        packets.put_nowait((clock() + DELAY, data))
    await asyncio.gather(delivery, return_exceptions=True)


async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry a connection, both ways."""
    print("carries", writer.get_extra_info("peername")[0], flush=True)  # noqa: T201 - its log
    beyond = await asyncio.open_connection(HOST, PORT)
    await asyncio.gather(carry(reader, beyond[1]), carry(beyond[0], writer))


async def main() -> None:
    """Carry connections until the end."""
    async with await asyncio.start_server(join, "", LISTEN) as server:
        await server.serve_forever()


asyncio.run(main())
