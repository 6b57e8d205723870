"""Figures for Prometheus, at a port of their own: read when they are asked for, and kept for a second."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.platform.request_lines import RequestLine

log = structlog.get_logger(__name__)

KEPT_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 10.0
PORTS: Final = 64
"""Each process of a server takes the first free one of so many, from the port that is configured."""

PREFIX: Final = "rapport_"
METHODS: Final = frozenset({"GET", "POST", "HEAD", "OPTIONS", "WEBSOCKET"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One number; figures of one name have labels of the same names. A count only ever grows."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    is_count: bool = False


class RequestCounts:
    """Of this process, by method and status."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._seconds = 0.0

    def counting(self, line: RequestLine) -> RequestLine:
        def count(method: str, path: str, status: int, milliseconds: float, request_id: str) -> None:
            self._counts[method if method in METHODS else "OTHER", status] += 1
            self._seconds += milliseconds / 1_000
            line(method, path, status, milliseconds, request_id)

        return count

    def figures(self) -> list[Figure]:
        counts = [
            Figure("requests_total", "Requests answered, and websockets closed.", count, labels, is_count=True)
            for (method, status), count in self._counts.items()
            for labels in [{"method": method, "status": str(status)}]
        ]
        spent = Figure("request_seconds_total", "Time that these took in all.", self._seconds, is_count=True)
        return [*counts, spent]


class Metrics(Collector):
    """Serves what `read` finds; nothing where the port is 0."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[Figure]]], host: str, port: int) -> None:
        self._read, self._host, self._port = read, host, port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: tuple[WSGIServer, threading.Thread] | None = None
        self._turn = threading.Lock()
        self._kept: tuple[float, Sequence[Figure]] = (-KEPT_SECONDS, ())

    @property
    def is_wanted(self) -> bool:
        return self._port != 0

    @property
    def port(self) -> int | None:
        """Where it serves."""
        return self._server[0].server_port if self._server is not None else None

    def start(self) -> None:
        if not self.is_wanted:
            return
        self._loop = asyncio.get_running_loop()
        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        for port in range(self._port, self._port + PORTS):
            try:
                self._server = start_http_server(port, self._host, registry)
            except OSError as taken:
                cause = taken
            else:
                log.info("figures are served", host=self._host, port=port)
                return
        log.warning("figures cannot be served", host=self._host, port=self._port, cause=str(cause))

    async def stop(self) -> None:
        if self._server is None:
            return
        server, thread = self._server
        self._server = None
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        await asyncio.to_thread(thread.join)

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Called by a thread of the server that serves the figures."""
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for figure in self._figures():
            family = families.get(figure.name)
            if family is None:
                kind = CounterMetricFamily if figure.is_count else GaugeMetricFamily
                family = families[figure.name] = kind(PREFIX + figure.name, figure.help, labels=list(figure.labels))
            family.add_metric(list(figure.labels.values()), figure.value)
        yield from families.values()

    def _figures(self) -> Sequence[Figure]:
        with self._turn:
            at, kept = self._kept
            if time.monotonic() - at >= KEPT_SECONDS and self._loop is not None:
                asked = asyncio.run_coroutine_threadsafe(self._ask(), self._loop)
                kept = asked.result(ANSWER_SECONDS)
                self._kept = (time.monotonic(), kept)
            return kept

    async def _ask(self) -> Sequence[Figure]:
        return await self._read()
