"""The application behind real sockets, in this process or in others, and a strict client of its websockets."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.platform.settings import Settings
from app.server import Application, server_config
from tests.server.protocol import ProtocolBroken, parsed

ROOT = Path(__file__).parents[2]
PROTOCOL = "graphql-transport-ws"
WHO = "{ viewer { user { email } } }"
SECONDS = 5.0  # the longest wait for anything that is to come
START_SECONDS = 90.0  # on a machine that is busy with other things
STOP_SECONDS = 20.0


class Served:
    """A server in this process; `port` is a free one of 127.0.0.1."""

    def __init__(self, server: uvicorn.Server, port: int) -> None:
        self.server, self.port = server, port
        self._is_stopped = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def client(self, token: str | None = None, **headers: str) -> httpx2.AsyncClient:
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=SECONDS, trust_env=False)

    async def stop(self) -> None:
        """What uvicorn does on SIGTERM: no new connections, goodbye to the open ones, then they are waited for."""
        if not self._is_stopped:
            self._is_stopped = True
            await self.server.shutdown()


@asynccontextmanager
async def start_serving(
    app: Application | ASGIApp, settings: Settings | None = None, *, lifespan: bool = False
) -> AsyncIterator[Served]:
    """Serves on this event loop; a practice's application lives already, another one needs its `lifespan` run."""
    if isinstance(app, Application):
        settings, app = app.settings, app.asgi()
    config = server_config(settings or Settings(_env_file=None), "127.0.0.1", 0)
    config.app, config.factory, config.lifespan = app, False, "on" if lifespan else "off"
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    listening = _listening()
    await server.startup(sockets=[listening])
    assert server.started, "the application did not start"
    await server.on_tick(0)  # sets the headers of every answer
    served = Served(server, listening.getsockname()[1])
    try:
        yield served
    finally:
        await served.stop()


@asynccontextmanager
async def serving_with(settings: Settings, **changes: Any) -> AsyncIterator[Served]:
    """An application with other settings, that lives as long as its server."""
    application = Application(settings.model_copy(update=changes))
    async with start_serving(application, lifespan=True) as served:
        yield served


def _listening(port: int = 0) -> socket.socket:
    # Of a socket that does not say TCP, asyncio's connections wait 40 ms with every second write (Nagle).
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(1_024)
    return listening


# The listening socket is bound here and inherited: the port is known at once, and an early request waits in its queue.
_PROGRAM = """
import socket, sys, uvicorn
from app.platform.settings import read_settings
from app.server import server_config
listening = socket.socket(fileno=int(sys.argv[1]))
uvicorn.Server(server_config(read_settings(), *listening.getsockname())).run(sockets=[listening])
"""


class ServerProcess:
    """A server in a process of its own, which may be killed and started again at the same port."""

    def __init__(self, settings: Settings, **environment: str) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "DATABASE_URL": settings.database_url,
            "DATABASE_OWNER_URL": settings.database_owner_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "ENCRYPTION_KEYS": settings.encryption_keys,
            "DATA_DIR": str(settings.data_dir),
            "WORKER": "false",  # a test that wants jobs done says so
            **environment,
        }
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as this object is in use

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def client(self, token: str | None = None, **headers: str) -> httpx2.AsyncClient:
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=SECONDS, trust_env=False)

    async def start(self) -> None:
        """Returns when `/readyz` says so; fails with the log when it does not."""
        self.spawn()
        try:
            async with self.client() as client:
                answer = await client.get("/readyz", timeout=START_SECONDS)
        except httpx2.HTTPError as failure:
            raise AssertionError(f"the server did not start: {self.log}") from failure
        assert answer.status_code == 200, answer.text

    def spawn(self) -> None:
        """Returns at once: requests wait until it is ready."""
        with _listening(self.port) as listening:
            self.port = listening.getsockname()[1]
            command = (sys.executable, "-W", "error", "-c", _PROGRAM, str(listening.fileno()))
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                pass_fds=(listening.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
            )

    def kill(self) -> None:
        """As a crash: no goodbye to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    async def terminate(self) -> int:
        """As an operator: the exit code, once it has stopped."""
        assert self._process is not None
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, STOP_SECONDS)

    def close(self) -> None:
        self.kill()
        self._log.close()


@asynccontextmanager
async def server_processes(
    settings: Settings, count: int = 1, **environment: str
) -> AsyncIterator[list[ServerProcess]]:
    """Servers that share the database and Redis of these settings, each ready; `environment` adds to theirs."""
    servers = [ServerProcess(settings, **environment) for _ in range(count)]
    try:
        await asyncio.gather(*(server.start() for server in servers))
        yield servers
    finally:
        for server in servers:
            server.close()


class Closed(Exception):
    """The other side has closed the socket, with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code} {reason}")
        self.code, self.reason = code, reason


class Operation:
    """One subscription, query or mutation on a socket; leaving its block completes it."""

    def __init__(self, ws: "Socket", id: str) -> None:
        self.ws, self.id = ws, id
        self.is_over = self.is_left = False
        self._messages: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()

    async def next(self, seconds: float = SECONDS) -> dict[str, Any]:
        """The payload of the next result: data and perhaps errors."""
        payload: dict[str, Any] = (await self._message("next", seconds))["payload"]
        return payload

    async def error(self, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """The errors that the operation was refused with."""
        payload: list[dict[str, Any]] = (await self._message("error", seconds))["payload"]
        return payload

    async def refusal(self, seconds: float = SECONDS) -> list[dict[str, Any]]:
        """The errors that the operation ended with, be it in its course: as an `error`, or as a last result."""
        message = await self._message("", seconds)
        if message["type"] == "error":
            refused: list[dict[str, Any]] = message["payload"]
            return refused
        assert message["type"] == "next", message
        await self.completed(seconds)
        assert message["payload"]["data"] is None, message
        errors: list[dict[str, Any]] = message["payload"]["errors"]
        return errors

    async def completed(self, seconds: float = SECONDS) -> None:
        await self._message("complete", seconds)

    async def complete(self) -> None:
        """Says that nobody listens any more."""
        if not self.is_over and not self.is_left:
            self.is_left = True
            with suppress(ConnectionClosed):
                await self.ws.send({"id": self.id, "type": "complete"})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.complete()

    def take(self, message: dict[str, Any] | Exception) -> None:
        if self.is_over and isinstance(message, dict):
            raise ProtocolBroken(f"after its end: {message}")
        if isinstance(message, dict):
            self.is_over = message["type"] in {"complete", "error"}
        self._messages.put_nowait(message)

    async def _message(self, kind: str, seconds: float) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            message = await self._messages.get()
        if isinstance(message, Exception):
            self._messages.put_nowait(message)
            raise message
        assert kind in {message["type"], ""}, message
        return message


class Socket:
    """A client of graphql-transport-ws that forgives the server nothing."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.operations: dict[str, Operation] = {}
        self._made = 0
        self._others: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, protocols: tuple[str, ...] = (PROTOCOL,), **options: Any) -> AsyncIterator[Self]:
        """A socket on which nothing has been said yet."""
        plain = {"compression": None, "proxy": None, "ping_interval": None, "max_size": None, "close_timeout": SECONDS}
        async with connect(url, subprotocols=protocols, open_timeout=SECONDS, **(plain | options)) as connection:
            ws = cls(connection)
            try:
                yield ws
            finally:
                await connection.close()
                async with asyncio.timeout(SECONDS):
                    ended = await ws._reader
            if isinstance(ended, ProtocolBroken):
                raise ended

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, token: str | None = None, **options: Any) -> AsyncIterator[Self]:
        """A socket that the server has acknowledged."""
        async with cls.opened(url, **options) as ws:
            await ws.send({"type": "connection_init", **({"payload": authorization(token)} if token else {})})
            await ws.message("connection_ack")
            yield ws

    async def subscribe(self, query: str, variables: dict[str, Any] | None = None, *, id: str = "") -> Operation:
        self._made += 1
        operation = Operation(self, id or str(self._made))
        self.operations[operation.id] = operation
        payload = {"query": query, **({} if variables is None else {"variables": variables})}
        await self.send({"id": operation.id, "type": "subscribe", "payload": payload})
        return operation

    async def execute(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The one result of a query or a mutation."""
        operation = await self.subscribe(query, variables)
        answer = await operation.next()
        await operation.completed()
        return answer

    async def send(self, message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def message(self, kind: str, seconds: float = SECONDS) -> dict[str, Any]:
        """The next message that belongs to no operation."""
        async with asyncio.timeout(seconds):
            message = await self._others.get()
        if isinstance(message, Exception):
            self._others.put_nowait(message)
            raise message
        assert message["type"] == kind, message
        return message

    async def closed(self, seconds: float = SECONDS) -> int:
        """The code that the server closes the socket with."""
        async with asyncio.timeout(seconds):
            ended = await asyncio.shield(self._reader)
        if not isinstance(ended, Closed):
            raise ended
        return ended.code

    async def _read(self) -> Closed | ProtocolBroken:
        ended: Closed | ProtocolBroken
        try:
            while True:
                message = parsed(await self.connection.recv())
                if message == {"type": "ping"}:
                    await self.connection.send('{"type":"pong"}')
                else:
                    self._take(message)
        except ConnectionClosed as closed:
            frame = closed.rcvd
            ended = Closed(frame.code, frame.reason) if frame is not None else Closed(1006, "")
        except ProtocolBroken as broken:
            ended = broken
        for operation in self.operations.values():
            operation.take(ended)
        self._others.put_nowait(ended)
        return ended

    def _take(self, message: dict[str, Any]) -> None:
        id = message.get("id")
        if id is None:
            self._others.put_nowait(message)
            return
        if id not in self.operations:
            raise ProtocolBroken(f"of no operation: {message}")
        self.operations[id].take(message)


def authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
