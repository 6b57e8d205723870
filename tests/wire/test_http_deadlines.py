"""Deadlines of the HTTP side: they cost nothing until something is waited for, and then they hold."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.wire.deadlines import within
from app.wire.http import respond
from app.wire.uvicorn_http import BoundedHttp
from tests.wire.http_world import House, make_view

SECONDS = 5.0


# within


async def test_what_is_there_at_once_is_taken_without_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def there() -> int:
        return 5

    monkeypatch.setattr(asyncio, "timeout", None)

    assert await within(0.1, there()) == 5


async def test_what_is_waited_for_in_time_is_passed_on() -> None:
    coming = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, coming.set_result, 5)

    async def twice() -> int:
        await asyncio.sleep(0)
        return int(await coming) + int(await coming)

    assert await within(SECONDS, twice()) == 10


async def test_what_does_not_come_in_time_is_cancelled_where_it_waits() -> None:
    seen: list[str] = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    with pytest.raises(TimeoutError):
        await within(0.01, never())

    assert seen == ["cancelled"]


async def test_a_failure_is_passed_on_from_the_first_step_and_from_a_later_one() -> None:
    async def failing(pauses: int) -> None:
        for _ in range(pauses):
            await asyncio.sleep(0)
        raise ValueError(pauses)

    for pauses in (0, 1, 3):
        with pytest.raises(ValueError, match=str(pauses)):
            await within(SECONDS, failing(pauses))


async def test_the_cancellation_of_who_waits_gets_through() -> None:
    ended = asyncio.Event()

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # cleaning up may wait again
            ended.set()

    async def waiting() -> None:
        await within(SECONDS, never())

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ended.is_set()


async def test_an_answer_that_is_not_taken_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(respond, "SEND_SECONDS", 0.05)
    view = make_view(House())

    async def receive() -> Message:
        return {"type": "http.request", "body": b'{"query": "{ hello }"}', "more_body": False}

    async def send(message: Message) -> None:
        await asyncio.Event().wait()

    for kind in (b"application/json", b"text/plain"):  # an answer and a refusal
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}
        with structlog.testing.capture_logs() as lines:
            async with asyncio.timeout(SECONDS):
                await view(scope, receive, send)

        assert [line["event"] for line in lines] == ["a client stopped reading its answer"]


# Connections


class Impatient(BoundedHttp):
    head_seconds = send_seconds = 0.2


class Patient(BoundedHttp):
    """Nothing ends by waiting within a test's time."""

    head_seconds = send_seconds = 10 * SECONDS


@asynccontextmanager
async def listening(app: ASGIApp, http: type[BoundedHttp] = Impatient) -> AsyncIterator[int]:
    config = uvicorn.Config(app, http=http, ws="none", lifespan="off", log_config=None, timeout_keep_alive=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        await server.startup(sockets=[bound])
        try:
            yield bound.getsockname()[1]
        finally:
            await server.shutdown()


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("hello")(scope, receive, send)


async def test_a_head_that_does_not_come_whole_is_not_waited_for() -> None:
    async with listening(hello) as port, asyncio.timeout(SECONDS):
        for early in (b"", b"GET / HTTP/1.1\r\nhost: a\r\n", b"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HT"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(early)
            try:
                answer = await reader.read()
            except ConnectionResetError:
                answer = b""
            writer.close()

            assert answer.count(b"200 OK") == early.count(b"\r\n\r\n")


async def test_a_head_that_comes_in_pieces_in_time_is_answered_and_so_is_the_next() -> None:
    async with listening(hello) as port, asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            for piece in (b"GET / HTTP/1.1\r\n", b"host: a\r\n", b"\r\n"):
                writer.write(piece)
                await asyncio.sleep(0.02)
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 OK")
            await asyncio.sleep(0.3)  # longer than a head may take: between two requests there is none
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nx: " + b"x" * 5_000_000,  # one line that never ends
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500_000 + b"\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_head_that_is_too_large_is_refused_before_it_is_read(head: bytes) -> None:
    async with listening(hello, Patient) as port, asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = b""
        try:
            writer.write(head)
            await writer.drain()
            answer = await reader.read()
        except ConnectionError:
            pass
        writer.close()

        assert b"200 OK" not in answer
        assert not answer or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_a_large_body_that_comes_with_the_end_of_its_head_is_no_head() -> None:
    body = b"x" * 200_000
    async with listening(hello, Patient) as port, asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-le")
        await asyncio.sleep(0.02)
        writer.write(b"ngth: %d\r\n\r\n" % len(body) + body)
        answer = await reader.readuntil(b"hello")
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_an_answer_that_nobody_reads_is_given_up() -> None:
    has_ended = asyncio.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):  # what is sent on a connection that was cut goes nowhere
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        has_ended.set()

    async with listening(large) as port, asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await has_ended.wait()
        writer.transport.abort()


async def test_a_slow_reader_gets_all_of_it() -> None:
    size = 12_000_000

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"x" * size)(scope, receive, send)

    async with listening(large) as port, asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=500_000)
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        read = 0
        while read < size:
            read += len(await reader.read(2_000_000))
            await asyncio.sleep(0.06)
        writer.close()

    assert read == size


async def test_a_stream_does_not_hold_up_a_server_that_stops() -> None:
    has_begun, has_ended = asyncio.Event(), asyncio.Event()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        has_begun.set()
        assert (await receive())["type"] == "http.disconnect"
        has_ended.set()

    async with asyncio.timeout(SECONDS):
        async with listening(stream) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            await has_begun.wait()
        await has_ended.wait()
        assert b"first" in await reader.read()
        writer.close()
