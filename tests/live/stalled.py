"""A view whose reader stops, with more on its way than it takes."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from tests.live.views import WATCH
from tests.operations import AVAILABLE
from tests.server.serving import PROTOCOL

SECONDS = 5.0


class Stalled:
    """It reads again whenever it is asked for a `message`; pings are not answered."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._received = b""

    @classmethod
    @asynccontextmanager
    async def opened(cls, port: int, token: str) -> AsyncIterator[Self]:
        """A socket that has been acknowledged, and keeps as little as it may of what it has not read."""
        with socket.socket() as connection:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            stalled = cls(connection)
            await stalled._loop.sock_connect(connection, ("127.0.0.1", port))
            await stalled._write(
                b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
                b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
                b"sec-websocket-protocol: " + PROTOCOL.encode() + b"\r\n\r\n"
            )
            while b"\r\n\r\n" not in stalled._received:
                await stalled._read()
            stalled._received = stalled._received.partition(b"\r\n\r\n")[2]
            await stalled._say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
            assert (await stalled.message())["type"] == "connection_ack"
            yield stalled

    @property
    def address(self) -> tuple[str, int]:
        name: tuple[str, int] = self._connection.getsockname()
        return name

    async def watch(self, coach_id: str, since: str, until: str) -> None:
        """It has got its snapshot, as `view`."""
        await self._ask("view", WATCH, {"coachId": coach_id, "from": since, "to": until})
        assert (await self.message())["id"] == "view"

    async def ask_for_much(self, number: int, coach_id: str, since: str, until: str) -> None:
        """Nothing of the answer is read."""
        await self._ask(str(number), AVAILABLE, {"coachId": coach_id, "from": since, "to": until, "all": True})

    async def message(self) -> dict[str, Any]:
        while (found := self._frame()) is None:
            await self._read()
        return found

    async def is_cut_off(self) -> bool:
        """Whether the end comes, after whatever had been sent before."""
        try:
            while True:
                self._received = b""
                await self._read()
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def _frame(self) -> dict[str, Any] | None:
        data = self._received
        if len(data) < 10:
            return None
        length, begin = data[1], 2
        if length >= 126:
            begin = 4 if length == 126 else 10
            length = int.from_bytes(data[2:begin], "big")
        if len(data) < begin + length:
            return None
        self._received = data[begin + length :]
        message: dict[str, Any] = json.loads(data[begin : begin + length])
        return message

    async def _read(self) -> None:
        async with asyncio.timeout(SECONDS):
            read = await self._loop.sock_recv(self._connection, 1 << 20)
        if not read:
            raise ConnectionError("closed")
        self._received += read

    async def _ask(self, id: str, query: str, variables: dict[str, Any]) -> None:
        await self._say({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def _say(self, message: object) -> None:
        payload = json.dumps(message).encode()
        await self._write(b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload)

    async def _write(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._connection, data)
