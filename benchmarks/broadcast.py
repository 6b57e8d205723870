"""`python -m benchmarks.broadcast [LIBRARY]`: uvicorn sends one prepared frame to all of its websockets, when told to.

Prints its port, and a line after each line of its input. `write SIZE VERSION` uses the transports' `write`, and
`send SIZE VERSION` the loop of `send_all.c`, which was compiled into the library.
"""

import asyncio
import ctypes
import socket
import sys
from struct import pack
from typing import Any

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send


class Broadcast:
    """Accepts every websocket, and keeps its transport."""

    def __init__(self, library: str | None) -> None:
        self.transports: set[Any] = set()
        self._send_all = ctypes.CDLL(library).send_all if library else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0]})
        transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's `send` is its protocol's method
        self.transports.add(transport)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.transports.discard(transport)

    def write(self, frame: bytes) -> None:
        for transport in self.transports:
            transport.write(frame)

    def send(self, frame: bytes) -> None:
        if self._send_all is None:
            raise RuntimeError("there is no library")
        numbers = [transport.get_extra_info("socket").fileno() for transport in self.transports]
        sockets = (ctypes.c_int * len(numbers))(*numbers)
        if self._send_all(sockets, len(numbers), frame, ctypes.c_long(len(frame))) != len(numbers):
            raise RuntimeError("a socket did not take its frame")


def frame_of(size: int, version: int) -> bytes:
    """A message of so many bytes that looks like one of a subscription."""
    head = b'{"id":"1","type":"next","payload":{"data":{"slotAvailability":{"version":%d,"filled":"' % version
    tail = b'"}}}}'
    payload = head + b"x" * (size - len(head) - len(tail)) + tail
    return pack("!BBH", 0x81, 126, len(payload)) + payload


async def serve(library: str | None) -> None:
    app = Broadcast(library)
    config = uvicorn.Config(
        app, loop="uvloop", ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off", log_level="warning"
    )
    config.load()
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=4_096) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        print(listening.getsockname()[1], flush=True)
        told = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
        while line := await told.readline():
            way, size, version = line.split()
            {b"write": app.write, b"send": app.send}[way](frame_of(int(size), int(version)))
            print(orjson.dumps({"told": len(app.transports)}).decode(), flush=True)
        serving.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=__import__("uvloop").new_event_loop) as runner:
        runner.run(serve(sys.argv[1] if len(sys.argv) > 1 else None))
