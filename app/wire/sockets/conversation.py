"""What is said over one websocket, in whichever protocol: an introduction, then operations that do not disturb another.

A document that is wrong and a resolver that fails end their own operation. A message that is not of the protocol closes
the socket, with 4400 as the protocol has it.

Except an array. It is not of the protocol either, but it is what a client sends that batches, and the views that share
its socket should not pay for that. So once there can be others on the socket, each operation that the array would have
started ends with an `error` of its own, and everything else goes on. To clients that is the end of an operation like
any other, and one of an id that a client does not know is ignored.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import orjson
import structlog
from graphql import GraphQLError
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema

from app.wire.encoding import encode
from app.wire.persisted import PersistedDocuments
from app.wire.sockets.operation import Asked, Operation
from app.wire.sockets.socket import Outlet, Socket, SocketGone

log = structlog.get_logger(__name__)

Connected = Callable[[Any], Awaitable[None]]
Errand = Coroutine[Any, Any, None]


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """How long a socket may take, and how much it may carry."""

    init_seconds: float = 5.0
    ping_seconds: float = 12.0  # between pings, and for the answer to one
    send_seconds: float = 10.0
    operations: int = 100


@dataclass(slots=True)
class Served:
    """What the conversations of one endpoint have in common."""

    schema: BaseSchema
    connected: Connected
    documents: PersistedDocuments | None
    limits: SocketLimits


class Closing(Exception):
    """What was said ends the conversation, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Conversation(ABC):
    """One socket's. A protocol names its messages, and overrides what it does in its own way."""

    subprotocol: ClassVar[str]
    start_type: ClassVar[str]
    stop_type: ClassVar[str]
    next_type: ClassVar[str]

    def __init__(self, served: Served, socket: Socket, context: Any) -> None:
        self.served, self.socket, self.context = served, socket, context
        self.operations: dict[str, Operation] = {}
        self.heard_at = self._opened_at = self._time()
        self._tasks: set[asyncio.Task[None]] = set()  # of operations, also of those that are being wound up
        self._is_introduced = self._is_acknowledged = False

    async def run(self) -> None:
        """Until the socket is closed, by whomever; no operation is left behind."""
        try:
            while (frame := await self.socket.receive()) is not None:
                self.heard_at = self._time()
                await self._take(frame)
        except Closing as closing:
            await self.socket.close(closing.code, closing.reason)
        except SocketGone:
            pass
        finally:
            for operation in list(self.operations.values()):
                operation.cancel()
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)

    def errand(self, now: float) -> Errand | None:
        """What is due by now; asked every once in a while."""
        limits = self.served.limits
        if self.socket.is_stuck(now, limits.send_seconds):
            log.info("socket cut off", reason="its reader does not read")
            self.socket.abort()
        elif not self._is_introduced and now - self._opened_at >= limits.init_seconds:
            return self.socket.close(4408, "Connection initialisation timeout")
        elif self._is_acknowledged and not self.socket.is_waiting:
            return self.keep_alive(now)
        return None

    async def send(self, message: dict[str, object]) -> None:
        await self.socket.send(encode(message).decode())

    def spawn(self, errand: Errand) -> asyncio.Task[None]:
        """A task of an operation, which does not outlast this conversation."""
        task = asyncio.create_task(errand)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def outlet(self) -> Outlet | None:
        """For operations that can be written to without waiting; they are told when the reader has caught up."""
        return self.socket.outlet(self._drained)

    def _drained(self) -> None:
        for operation in list(self.operations.values()):
            operation.drained()

    # What a protocol does in its own way

    @abstractmethod
    def keep_alive(self, now: float) -> Errand | None:
        """What keeps a socket alive, if it is due by now."""

    @abstractmethod
    def errors_payload(self, errors: list[GraphQLError]) -> object:
        """What an `error` message holds."""

    async def acknowledge(self) -> None:
        """The introduction is accepted."""
        await self.send({"type": "connection_ack"})

    async def reject(self, rejection: ConnectionRejectionError) -> None:
        """Says why, if the protocol has a message for it, before the socket is closed."""
        return

    async def take_id_in_use(self, operation: Operation) -> None:
        """A second operation is asked for under the id of one that runs."""
        raise Closing(4409, f"Subscriber for {operation.id} already exists")

    async def stopped(self, operation: Operation) -> None:
        """A client has stopped an operation."""
        return

    async def take_other(self, message: dict[str, Any]) -> None:
        """A message of another type than those which the protocols have in common."""
        raise Closing(4400, "The type of the message is unknown")

    # Messages

    async def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            raise Closing(4400, "A message must be text")
        try:
            message = orjson.loads(frame)
        except orjson.JSONDecodeError:
            raise Closing(4400, "A message must be JSON") from None
        if isinstance(message, list) and self._is_acknowledged:
            await self._refuse_batch(message)
            return
        if not isinstance(message, dict):
            raise Closing(4400, "A message must be an object")
        match message.get("type"):
            case "connection_init":
                await self._introduce(message.get("payload"))
            case self.start_type:
                await self._start(message.get("id"), message.get("payload"))
            case self.stop_type:
                await self._stop(message.get("id"))
            case _:
                await self.take_other(message)

    async def _introduce(self, payload: object) -> None:
        if self._is_introduced:
            raise Closing(4429, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise Closing(4400, "The payload of connection_init must be an object")
        self._is_introduced = True
        self.context.connection_params = payload or {}
        try:
            await self.served.connected(self.context)
        except ConnectionRejectionError as rejection:
            await self.reject(rejection)
            raise Closing(4403, "Forbidden") from None
        await self.acknowledge()
        self._is_acknowledged = True

    async def _start(self, id: object, payload: object) -> None:
        if not self._is_acknowledged:
            raise Closing(4401, "Unauthorized")
        asked = Asked.of(payload)
        if not isinstance(id, str) or asked is None:
            raise Closing(4400, f"A {self.start_type} message needs an id and a payload with a query")
        if id in self.operations:
            await self.take_id_in_use(self.operations[id])
        most = self.served.limits.operations
        # What is being wound up counts too, but so that one may stop as many as there are and start as many others.
        if len(self.operations) >= most or len(self._tasks) >= 2 * most:
            await self._refuse(id, "RATE_LIMITED", 429, f"A socket carries at most {most} operations at once")
            return
        self.operations[id] = Operation(self, id, asked)

    async def _stop(self, id: object) -> None:
        if not isinstance(id, str):
            raise Closing(4400, f"A {self.stop_type} message needs an id")
        operation = self.operations.get(id)
        if operation is not None:
            operation.cancel()
            await self.stopped(operation)

    async def _refuse_batch(self, messages: list[Any]) -> None:
        starts = (each for each in messages if isinstance(each, dict) and each.get("type") == self.start_type)
        ids = {start["id"] for start in starts if isinstance(start.get("id"), str)} - self.operations.keys()
        for id in islice(ids, self.served.limits.operations):
            await self._refuse(id, "BAD_REQUEST", 400, "A frame must hold one message, not an array of them")

    async def _refuse(self, id: str, code: str, status: int, message: str) -> None:
        error = GraphQLError(message, extensions={"code": code, "status": status})
        await self.send({"id": id, "type": "error", "payload": self.errors_payload([error])})

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time()
