"""Websockets: who may open one, in which protocol, and a round that looks after all that are open."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

import structlog
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin
from strawberry.schema import BaseSchema

from app.wire.http.status import RefusedRequest
from app.wire.persisted import PersistedDocuments
from app.wire.sockets.conversation import Connected, Conversation, Errand, Served, SocketLimits
from app.wire.sockets.legacy_ws import LegacyConversation
from app.wire.sockets.socket import Socket, SocketGone
from app.wire.sockets.transport_ws import TransportConversation

log = structlog.get_logger(__name__)

MakeContext = Callable[[HTTPConnection], Awaitable[Any]]

ROUNDS: Final = 10  # within the shortest of the limits; a deadline is kept to a tenth of it
STEPS: Final = 10  # of a round: each looks after a part of the sockets, so that their pings do not leave all at once


class SocketEndpoint:
    """The ASGI application of GraphQL's websockets. An idle socket costs no task but the server's own call of it."""

    def __init__(
        self,
        schema: BaseSchema,
        *,
        make_context: MakeContext,
        connected: Connected,
        documents: PersistedDocuments | None = None,
        allowed_origins: Sequence[str] = (),
        legacy: bool = False,
        limits: SocketLimits = SocketLimits(),
    ) -> None:
        spoken: tuple[type[Conversation], ...] = (TransportConversation, LegacyConversation)[: 2 if legacy else 1]
        self._protocols = {protocol.subprotocol: protocol for protocol in spoken}
        self.served = Served(schema, connected, documents, limits)
        self._make_context = make_context
        self._allowed_origins = normalize_allowed_origins(allowed_origins)
        self._open: OrderedDict[Conversation, None] = OrderedDict()
        self._next_step: asyncio.TimerHandle | None = None
        self._errands: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = Socket(scope, receive, send)
        call = asyncio.current_task()
        try:
            await self._serve(HTTPConnection(scope), socket)
        except asyncio.CancelledError:
            if not socket.is_aborted or call is None or call.uncancel():
                raise

    async def _serve(self, connection: HTTPConnection, socket: Socket) -> None:
        if not self._may_open(connection):
            await socket.refuse()
            return
        offered = connection.scope.get("subprotocols", [])
        chosen = next((self._protocols[name] for name in self._protocols if name in offered), None)
        if not await socket.accept(chosen.subprotocol if chosen else None):
            return
        if chosen is None:
            await socket.close(4406, "Subprotocol not acceptable")
            return
        try:
            conversation = chosen(self.served, socket, await self._make_context(connection))
            self._look_after(conversation)
            try:
                await conversation.run()
            finally:
                self._leave(conversation)
        except RefusedRequest:
            await socket.close(4403, "Forbidden")
        except Exception:
            log.exception("socket failed")
            await socket.close(1013, "Try again later")  # after which clients come back, unlike after 1011

    def _may_open(self, connection: HTTPConnection) -> bool:
        """Not a page of a foreign origin: browsers let it open one with its visitor's cookies, but say whose it is."""
        origin = connection.headers.get("origin")
        if origin is None or is_same_origin(origin, connection.headers.get("host")):
            return True
        if connection.headers.get("sec-fetch-site") == "same-origin":  # a proxy has changed the host
            return True
        is_listed = "*" in self._allowed_origins or normalize_origin(origin) in self._allowed_origins
        if not is_listed:
            log.info("socket of a foreign origin refused", origin=origin[:200])
        return is_listed

    # Looking after the sockets

    def _look_after(self, conversation: Conversation) -> None:
        self._open[conversation] = None
        if self._next_step is None:
            self._plan_step()

    def _leave(self, conversation: Conversation) -> None:
        del self._open[conversation]
        if not self._open and self._next_step is not None:
            self._next_step.cancel()
            self._next_step = None

    def _plan_step(self) -> None:
        limits = self.served.limits
        seconds = min(limits.init_seconds, limits.ping_seconds, limits.send_seconds) / ROUNDS / STEPS
        self._next_step = asyncio.get_running_loop().call_later(seconds, self._step)

    def _step(self) -> None:
        """Looks after those who have waited for it longest."""
        self._plan_step()
        now = asyncio.get_running_loop().time()
        for conversation in list(islice(self._open, len(self._open) // STEPS + 1)):
            self._open.move_to_end(conversation)
            errand = conversation.errand(now)
            if errand is not None:
                task = asyncio.create_task(_run(errand))
                self._errands.add(task)
                task.add_done_callback(self._errands.discard)


async def _run(errand: Errand) -> None:
    with suppress(SocketGone):
        await errand
