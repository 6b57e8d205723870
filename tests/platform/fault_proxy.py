"""A proxy between a client and a server that can fail in the ways in which networks fail."""

import asyncio
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, cast

Address = Path | tuple[str, int]
"""A unix socket, or host and port."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class FaultProxy:
    """Passes everything on until told otherwise; its faults meet open and new connections alike.

    `async with FaultProxy(listen, upstream) as proxy`; port 0 draws a free one, which `address` then holds.
    """

    def __init__(self, listen: Address, upstream: Address) -> None:
        self.address, self.upstream = listen, upstream
        self.is_swallowing = False
        self.ends: set[_End] = set()
        self.connecting: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.heal()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse()
        await asyncio.gather(*self.connecting, return_exceptions=True)
        await asyncio.sleep(0)  # a transport closes in the next round of the loop

    async def heal(self) -> None:
        """New connections are passed on again. One that has swallowed something stays deaf, like a forgotten flow."""
        self.is_swallowing = False
        if self._server is None:
            self._server = await self._listen()

    def swallow(self) -> None:
        """A black hole: nothing is passed on, not even that a side has hung up; connecting works."""
        self.is_swallowing = True

    def cut(self) -> None:
        """Resets the open connections; new ones are passed on."""
        for end in list(self.ends):
            end.reset()

    async def refuse(self) -> None:
        """Resets the open connections and refuses new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self.connecting:
            task.cancel()
        self.cut()

    async def connect_upstream(self, client: "_End") -> None:
        loop = asyncio.get_running_loop()
        make: Callable[[], _End] = lambda: _End(self, client)  # noqa: E731 - typed for both calls
        try:
            if isinstance(self.upstream, Path):
                await loop.create_unix_connection(make, str(self.upstream))
            else:
                await loop.create_connection(make, *self.upstream)
        except OSError:
            client.reset()

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        if isinstance(self.address, Path):
            return await loop.create_unix_server(lambda: _End(self), str(self.address))
        server = await loop.create_server(lambda: _End(self), *self.address, reuse_address=True)
        host, port = server.sockets[0].getsockname()[:2]
        self.address = (host, port)
        return server


class _End(asyncio.Protocol):
    """The proxy's half of one connection; `peer` is the half on the other side."""

    def __init__(self, proxy: FaultProxy, peer: "_End | None" = None) -> None:
        self.proxy, self.peer = proxy, peer
        self.is_deaf = False
        self.transport: asyncio.Transport | None = None
        self._early = bytearray()  # came before there was a peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.proxy.ends.add(self)
        if self.peer is not None:
            self.peer.meet(self)
        elif self.proxy.is_swallowing:
            self.is_deaf = True
        else:
            task = asyncio.get_running_loop().create_task(self.proxy.connect_upstream(self))
            self.proxy.connecting.add(task)
            task.add_done_callback(self.proxy.connecting.discard)

    def meet(self, peer: "_End") -> None:
        self.peer = peer
        if self.transport is None or self.transport.is_closing():
            peer.reset()
        elif self._early:
            self.data_received(bytes(self._early))

    def data_received(self, data: bytes) -> None:
        if self.proxy.is_swallowing:
            self.is_deaf = True
            if self.peer is not None:
                self.peer.is_deaf = True
        elif self.peer is None:
            self._early += data
        elif not self.is_deaf and self.peer.transport is not None and not self.peer.transport.is_closing():
            self.peer.transport.write(data)

    def pause_writing(self) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.proxy.ends.discard(self)
        is_heard = not (self.is_deaf or self.proxy.is_swallowing)
        if is_heard and self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()

    def reset(self) -> None:
        if self.transport is None:
            return
        connection: socket.socket = self.transport.get_extra_info("socket")
        if connection.family != socket.AF_UNIX and not self.transport.is_closing():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()
