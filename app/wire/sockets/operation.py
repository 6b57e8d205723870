"""One operation on a websocket: what is asked for, and the task that sends what comes of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, OperationType, get_operation_ast, parse

from app.wire.encoding import encode, encode_result
from app.wire.errors import shown
from app.wire.http.incremental import is_incremental, payload_of
from app.wire.http.status import is_request_error
from app.wire.sockets.socket import SocketGone

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
    """A query, mutation or subscription. After its `complete` or `error` nothing is sent for its id."""

    __slots__ = ("_asked", "_before_payload", "_conversation", "id", "is_over", "task")

    def __init__(self, conversation: "Conversation", id: str, asked: Asked) -> None:
        self.id, self.is_over = id, False
        self._conversation, self._asked = conversation, asked
        self._before_payload = encode({"id": id, "type": conversation.next_type, "payload": {}})[: -len("{}}")]
        self.task = asyncio.create_task(self._run())

    def cancel(self) -> None:
        """Frees the id at once; what the operation holds is released in its own time."""
        self._forget()
        self.task.cancel()

    async def send_next(self, payload: bytes) -> None:
        """A result that is encoded already: the same bytes may go to many sockets."""
        if not self.is_over:
            await self._conversation.socket.send((self._before_payload + payload + b"}").decode())

    async def _run(self) -> None:
        try:
            text = await self._text()
            async with aclosing(await self._stream(text)) as results:
                await self._send_results(results, text)
            await self._end({"id": self.id, "type": "complete"})
        except SocketGone:
            pass
        except Exception as failure:
            error = failure if isinstance(failure, GraphQLError) else GraphQLError("", original_error=failure)
            with suppress(SocketGone):
                await self._fail([shown(error)])
        finally:
            self._forget()

    async def _text(self) -> str | None:
        asked, documents = self._asked, self._conversation.served.documents
        if documents is None:
            return asked.query
        return await documents.text_of(asked.query, asked.document_id, asked.extensions)

    async def _stream(self, text: str | None) -> AsyncGenerator[Any, None]:
        asked = self._asked
        return await self._conversation.served.schema.stream(
            text,
            variable_values=asked.variables,
            context_value=self._conversation.context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
        )

    async def _send_results(self, results: AsyncGenerator[Any, None], text: str | None) -> None:
        is_first = True
        async for result in results:
            if self.is_over:  # cancelled, and a resolver that did not let itself be
                return
            if is_first:
                is_first = False
                if self._is_refused(result, text):
                    await self._fail(result.errors)
                    return
                await self._remember()
            await self.send_next(encode(payload_of(result)) if is_incremental(result) else encode_result(result))

    def _is_refused(self, first: Any, text: str | None) -> bool:
        """Whether nothing of it was executed, or it is a subscription that fails before it had an event."""
        if is_incremental(first):
            return False
        if is_request_error(first):
            return True
        if not first.errors or first.data is not None:
            return False
        meant = get_operation_ast(parse(text or ""), self._asked.operation_name)
        return meant is not None and meant.operation is OperationType.SUBSCRIPTION

    async def _remember(self) -> None:
        """The document has proved to be valid."""
        documents = self._conversation.served.documents
        if documents is not None:
            await documents.remember(self._asked.query, self._asked.extensions)

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
