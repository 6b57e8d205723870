"""One operation on a websocket: what is asked for, and the task that sends what comes of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, OperationType, get_operation_ast, parse

from app.wire.encoding import encode, encode_result
from app.wire.errors import shown
from app.wire.groups import Member
from app.wire.http.incremental import is_incremental, payload_of
from app.wire.http.status import is_request_error
from app.wire.sockets.socket import Outlet, SocketGone

if TYPE_CHECKING:
    from app.wire.sockets.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for: a document, or the name of one that is known here."""

    query: str | None
    document_id: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None

    @classmethod
    def of(cls, payload: object) -> "Asked | None":
        """None for what asks for nothing."""
        if not isinstance(payload, dict):
            return None
        query, document_id, operation_name = texts = [payload.get(n) for n in ("query", "documentId", "operationName")]
        variables, extensions = objects = [payload.get(n) for n in ("variables", "extensions")]
        if not all(isinstance(text, str | None) for text in texts):
            return None
        if not all(isinstance(value, dict | None) for value in objects):
            return None
        if query is None and document_id is None and "persistedQuery" not in (extensions or {}):
            return None
        return cls(query, document_id, variables, operation_name, extensions)


class Operation:
    """A query, mutation or subscription. After its `complete` or `error` nothing is sent for its id.

    A subscription that has joined others has no task any more, until it ends.
    """

    __slots__ = ("_before_payload", "_conversation", "_member", "_outlet", "_task", "id", "is_over")

    def __init__(self, conversation: "Conversation", id: str, asked: Asked) -> None:
        self.id, self.is_over = id, False
        self._conversation = conversation
        self._before_payload = encode({"id": id, "type": conversation.next_type, "payload": {}})[: -len("{}}")]
        self._member: Member | None = None
        self._outlet: Outlet | None = None
        self._task: asyncio.Task[None] | None = conversation.spawn(self._run(asked))

    def cancel(self) -> None:
        """Frees the id at once; what the operation holds is released in its own time."""
        self._forget()
        if self._task is not None:
            self._task.cancel()

    # The seat of a joined subscription

    def take(self, payload: bytes) -> bool:
        outlet = self._outlet
        return outlet is not None and not self.is_over and outlet.write_text(self._before_payload, payload, b"}")

    def drained(self) -> None:
        if self._member is not None:
            self._member.drained()

    def end(self, payload: bytes) -> None:
        if not self.is_over:
            self._member = None
            self._task = self._conversation.spawn(self._finish(payload))

    async def _finish(self, payload: bytes) -> None:
        with suppress(SocketGone):
            await self.send_next(payload)
            await self._end({"id": self.id, "type": "complete"})

    # The task of one that has not joined

    async def send_next(self, payload: bytes) -> None:
        """A result that is encoded already: the same bytes may go to many sockets."""
        if not self.is_over:
            await self._conversation.socket.send_in_turn(self._before_payload, payload, b"}")

    async def _run(self, asked: Asked) -> None:
        try:
            text = await self._text(asked)
            async with aclosing(await self._stream(text, asked)) as results:
                await self._send_results(results, text, asked)
            if self._member is None:
                await self._end({"id": self.id, "type": "complete"})
        except SocketGone:
            pass
        except Exception as failure:
            error = failure if isinstance(failure, GraphQLError) else GraphQLError("", original_error=failure)
            with suppress(SocketGone):
                await self._fail([shown(error)])
        finally:
            if self._member is None:
                self._forget()

    async def _text(self, asked: Asked) -> str | None:
        documents = self._conversation.served.documents
        if documents is None:
            return asked.query
        return await documents.text_of(asked.query, asked.document_id, asked.extensions)

    async def _stream(self, text: str | None, asked: Asked) -> AsyncGenerator[Any, None]:
        return await self._conversation.served.schema.stream(
            text,
            variable_values=asked.variables,
            context_value=self._conversation.context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
        )

    async def _send_results(self, results: AsyncGenerator[Any, None], text: str | None, asked: Asked) -> None:
        is_first = True
        async for result in results:
            if self.is_over:  # cancelled, and a resolver that did not let itself be
                return
            if is_first:
                is_first = False
                if self._is_refused(result, text, asked):
                    await self._fail(result.errors)
                    return
                await self._remember(asked)
            await self.send_next(encode(payload_of(result)) if is_incremental(result) else encode_result(result))
            if self._joins(result):
                return

    def _joins(self, result: Any) -> bool:
        """Whether what follows comes without this task."""
        join = getattr(result, "join", None)
        if join is None or self.is_over or (outlet := self._conversation.outlet()) is None:
            return False
        self._outlet = outlet
        self._member = join(self)
        self._task = None
        return True

    def _is_refused(self, first: Any, text: str | None, asked: Asked) -> bool:
        """Whether nothing of it was executed, or it is a subscription that fails before it had an event."""
        if is_incremental(first):
            return False
        if is_request_error(first):
            return True
        if not first.errors or first.data is not None:
            return False
        meant = get_operation_ast(parse(text or ""), asked.operation_name)
        return meant is not None and meant.operation is OperationType.SUBSCRIPTION

    async def _remember(self, asked: Asked) -> None:
        """The document has proved to be valid."""
        documents = self._conversation.served.documents
        if documents is not None:
            await documents.remember(asked.query, asked.extensions)

    async def _fail(self, errors: list[GraphQLError]) -> None:
        payload = self._conversation.errors_payload(errors)
        await self._end({"id": self.id, "type": "error", "payload": payload})

    async def _end(self, message: dict[str, object]) -> None:
        if not self.is_over:
            self._forget()  # before it is sent: whoever reads it may use the id again
            await self._conversation.send(message)

    def _forget(self) -> None:
        if not self.is_over:
            self.is_over = True
            del self._conversation.operations[self.id]
        if self._member is not None:
            self._member.leave()
            self._member = None
