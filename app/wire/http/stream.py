"""Sending results one after the other over HTTP, until they end, the client leaves, or it stops reading."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.wire.documents import Prepared
from app.wire.errors import shown
from app.wire.http.incremental import is_incremental
from app.wire.http.multipart import IncrementalParts, SubscriptionParts
from app.wire.http.request import Exchange, GraphQLRequest
from app.wire.http.respond import SEND_SECONDS, StoppedReading, pass_on, respond_with_result
from app.wire.http.sse import Events
from app.wire.http.status import Header, is_request_error
from app.wire.persisted import PersistedDocuments
from app.wire.schema import WireSchema

HEARTBEAT_SECONDS = 12.0

Results = AsyncGenerator[Any, None]

_STREAMING = ("subscription", "@defer", "@stream")


class Form(Protocol):
    """How results are written down."""

    @property
    def headers(self) -> Sequence[Header]: ...

    @property
    def opening(self) -> bytes: ...

    @property
    def closing(self) -> bytes: ...

    @property
    def heartbeat(self) -> bytes | None: ...

    def frame(self, result: Any) -> bytes: ...


class HttpStreams:
    """Which requests are answered with a stream, and of which form."""

    def __init__(self, schema: WireSchema, documents: PersistedDocuments) -> None:
        self.schema, self._documents = schema, documents

    async def answered(self, exchange: Exchange, request: GraphQLRequest, text: str, context: Any) -> bool:
        """Whether it was for a stream and has been answered.

        Some clients list all that they know with every request, and must get a plain answer to a plain query: events
        are for who prefers them to JSON and for subscriptions, parts for what is delivered incrementally.
        """
        reads = exchange.reads
        if not (reads.events or reads.parts):
            return False
        needs_stream = reads.prefers_events or reads.json is None
        if not needs_stream and not any(word in text for word in _STREAMING):
            return False
        prepared = self._prepared(text, request.operation_name)
        kind = prepared.operation_type if prepared else None
        form: Form | None = None
        if reads.prefers_events:
            form = Events()
        elif kind is OperationType.SUBSCRIPTION and (reads.events or reads.subscription_parts):
            form = Events() if reads.events else SubscriptionParts()
        elif needs_stream:
            form = IncrementalParts()
        elif not (reads.parts and prepared and prepared.is_incremental):
            return False
        if kind is OperationType.MUTATION and kind not in exchange.allowed:
            raise InvalidOperationTypeError(kind)
        await self._stream(exchange, request, text, context, form, may_stop_early=kind is not OperationType.MUTATION)
        return True

    async def refuse(self, exchange: Exchange, error: GraphQLError) -> None:
        """By an event, as the protocol has it: to its clients another status is a failure of the network."""

        async def refusal() -> Results:
            yield PreExecutionError(None, [error])

        await StreamedAnswer(exchange).give(refusal(), Events())

    async def _stream(
        self,
        exchange: Exchange,
        request: GraphQLRequest,
        text: str,
        context: Any,
        form: Form | None,
        *,
        may_stop_early: bool,
    ) -> None:
        results: Results = await self.schema.stream(
            text,
            variable_values=request.variables,
            context_value=context,
            operation_name=request.operation_name,
            operation_extensions=request.extensions,
            allowed_operation_types=exchange.allowed | {OperationType.SUBSCRIPTION},
        )
        if self._documents.wants(request.query, request.extensions):
            results = self._remembering(results, request)
        await StreamedAnswer(exchange).give(results, form, may_stop_early=may_stop_early)

    def _prepared(self, text: str, operation_name: str | None) -> Prepared | None:
        """None for what is wrong with it: executing it says that."""
        try:
            prepared = self.schema.prepare(text, operation_name)
        except CannotGetOperationTypeError:
            return None
        return None if isinstance(prepared, list) else prepared

    async def _remembering(self, results: Results, request: GraphQLRequest) -> Results:
        is_known = False
        async with aclosing(results):
            async for result in results:
                yield result
                if not is_known and not is_request_error(result):
                    is_known = True
                    await self._documents.remember(request.query, request.extensions)


class StreamedAnswer:
    """The answer to one request, in as many pieces as there are results."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        self._exchange = exchange
        self._heartbeat_seconds, self._send_seconds = heartbeat_seconds, send_seconds
        self._has_begun = asyncio.Event()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def give(self, results: Results, form: Form | None, *, may_stop_early: bool = True) -> None:
        """Returns with `results` closed. Without a form it is the first result that decides: one that is delivered
        incrementally comes in parts, any other one is the whole answer.

        A client that leaves stops them, if `may_stop_early` even before the first. A mutation may not: it is done or
        refused, and whether somebody waits for the answer must not decide which.
        """
        answering = asyncio.create_task(self._answer(results, form))
        leaving = asyncio.create_task(self._left(may_stop_early))
        self._tasks += [answering, leaving]
        try:
            await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in self._tasks:
                task.cancel()
            failure, *_ = await asyncio.gather(*self._tasks, return_exceptions=True)
        if isinstance(failure, Exception) and not isinstance(failure, StoppedReading):
            raise failure

    async def _answer(self, results: Results, form: Form | None) -> None:
        whole: Any = None
        async with aclosing(_unfailing(results)) as coming:
            if form is not None:  # at once: the first result may be long in coming
                await self._begin(form)
            async for result in coming:
                self._has_begun.set()
                if form is None and is_incremental(result):
                    form = IncrementalParts()
                    await self._begin(form)
                if form is None:
                    whole = result
                else:
                    await self._write(form.frame(result))
        if form is not None:
            await self._write(form.closing, more=False)
        else:
            await respond_with_result(self._exchange, whole)

    async def _begin(self, form: Form) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": list(form.headers)}
        await pass_on(self._exchange.send, start, self._send_seconds)
        if form.opening:
            await self._write(form.opening)
        if form.heartbeat is not None:
            self._tasks.append(asyncio.create_task(self._beat(form.heartbeat)))

    async def _beat(self, heartbeat: bytes) -> None:
        """Proxies cut a connection on which nothing comes for long."""
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            await self._write(heartbeat)

    async def _left(self, may_stop_early: bool) -> None:
        while (await self._exchange.receive())["type"] != "http.disconnect":
            pass
        if not may_stop_early:
            await self._has_begun.wait()

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        message = {"type": "http.response.body", "body": body, "more_body": more}
        async with self._turn:
            try:
                await pass_on(self._exchange.send, message, self._send_seconds)
            except StoppedReading:
                self._tasks[0].cancel()  # it may be a heartbeat that found out
                raise


async def _unfailing(results: Results) -> Results:
    """What the schema let through ends the stream as a masked error, not the connection without a word."""
    async with aclosing(results):
        try:
            async for result in results:
                yield result
        except Exception as failure:
            yield ExecutionResult(None, [shown(GraphQLError(str(failure), original_error=failure))])
