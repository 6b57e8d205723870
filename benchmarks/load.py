"""A lean HTTP client: connections that are kept, one request outstanding on each, answers counted and measured."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Self

import orjson

from benchmarks.common import NoFigure, cpu_seconds

CONNECTIONS = 32
_HEAD_ENDS = b"\r\n\r\n"


def post(query: str, variables: dict[str, Any] | None = None, token: str = "") -> bytes:
    body = orjson.dumps({"query": query} if variables is None else {"query": query, "variables": variables})
    authorization = b"authorization: Bearer %b\r\n" % token.encode() if token else b""
    return (
        b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n%b"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (authorization, len(body), body)
    )


def body_length(head: bytes) -> int:
    """Of an answer that succeeded and says its length; raises `NoFigure` for any other."""
    if not head.startswith(b"HTTP/1.1 200 "):
        raise NoFigure(f"the server answered {head[9:60]!r}")
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if not found:
        raise NoFigure("the server answers without a length")
    return int(rest.partition(b"\r\n")[0])


async def answer_of(port: int, request: bytes) -> bytes:
    """One answer's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = await reader.readuntil(_HEAD_ENDS)
        return await reader.readexactly(body_length(head[: -len(_HEAD_ENDS)]))
    finally:
        writer.close()


class Tally:
    """What the connections of one turn share."""

    def __init__(self, requests: bytes | Iterator[bytes], length: int) -> None:
        self.requests = repeat(requests) if isinstance(requests, bytes) else requests
        self.length = length
        self.answered = 0
        self.transports: list[asyncio.Transport] = []
        self.is_over = False
        self.broken = asyncio.get_running_loop().create_future()

    def checked_length(self, head: bytes) -> int:
        try:
            length = body_length(head)
        except NoFigure as failure:
            self.breaks(str(failure))
            return 0
        if length != self.length:
            self.breaks(f"an answer has {length} bytes instead of {self.length}")
        return length

    def breaks(self, reason: str) -> None:
        if not self.is_over and not self.broken.done():
            self.broken.set_exception(NoFigure(reason))


class Connection(asyncio.Protocol):
    """Sends the request again as soon as the answer to the last one is there."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.head = b""
        self.missing = 0  # bytes of the answer that is arriving

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.tally.transports.append(transport)
        transport.write(next(self.tally.requests))

    def data_received(self, data: bytes) -> None:
        if self.missing == 0:
            data = self.head + data if self.head else data
            end = data.find(_HEAD_ENDS)
            if end < 0:
                self.head = data
                return
            self.head = b""
            self.missing = end + len(_HEAD_ENDS) + self.tally.checked_length(data[:end])
        self.missing -= len(data)
        if self.missing == 0:
            self.tally.answered += 1
            self.transport.write(next(self.tally.requests))
        elif self.missing < 0:
            self.tally.breaks("an answer is longer than it says")

    def connection_lost(self, failure: Exception | None) -> None:
        self.tally.breaks("the server closed a connection")


@dataclass(frozen=True)
class Server:
    """Where it listens, and which process it is."""

    port: int
    pid: int


@dataclass(frozen=True)
class Rate:
    """Answers in a second, those in a second of the server's processor time, and the client's share of a processor."""

    per_second: float
    per_processor_second: float
    client_busy: float

    @classmethod
    async def measured(
        cls, server: Server, request: bytes | Iterator[bytes], length: int, *, warm: float, seconds: float
    ) -> Self:
        """Connects, waits until all runs evenly, and counts from then on. Raises `NoFigure` for a wrong answer."""
        tally = Tally(request, length)
        loop = asyncio.get_running_loop()
        try:
            for _ in range(CONNECTIONS):
                await loop.create_connection(lambda: Connection(tally), "127.0.0.1", server.port)
            await _wait(tally, warm)
            before, began = tally.answered, _clocks(server)
            await _wait(tally, seconds)
            answered, ended = tally.answered - before, _clocks(server)
            if not answered:
                raise NoFigure(f"no answer within {seconds} s")
            took, of_server, of_client = (after - at_first for at_first, after in zip(began, ended, strict=True))
            return cls(answered / took, answered / of_server if of_server else float("nan"), of_client / took)
        finally:
            tally.is_over = True
            tally.broken.cancel()
            for transport in tally.transports:
                transport.abort()


def _clocks(server: Server) -> tuple[float, float, float]:
    return time.perf_counter(), cpu_seconds(server.pid), time.process_time()


async def _wait(tally: Tally, seconds: float) -> None:
    """Ends early, and raises, when something has broken."""
    done, _ = await asyncio.wait([tally.broken], timeout=seconds)
    for each in done:
        each.result()


CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """Keeps this thread, and what it starts meanwhile, on one core; without effect where a choice is missing."""
    if len(CORES) < 2:
        yield
        return
    os.sched_setaffinity(0, {CORES[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)
