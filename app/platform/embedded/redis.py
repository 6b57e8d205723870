"""The embedded Redis: a bus and a cache that may be lost at any time, so it keeps nothing and obeys little."""

import signal
import socket
from pathlib import Path
from urllib.parse import quote

from app.platform.embedded.processes import Server

_FORBIDDEN = (
    *("ACL", "BGREWRITEAOF", "BGSAVE", "CLUSTER", "CONFIG", "DEBUG", "EVAL", "EVALSHA", "FAILOVER"),
    *("FLUSHALL", "FLUSHDB", "KEYS", "MIGRATE", "MODULE", "MONITOR", "PFDEBUG", "PFSELFTEST", "PSYNC"),
    *("REPLCONF", "REPLICAOF", "RESTORE", "RESTORE-ASKING", "SAVE", "SCRIPT", "SHUTDOWN", "SLAVEOF"),
    *("SWAPDB", "SYNC"),
)
_SETTINGS = (
    *("--port", "0"),
    *("--unixsocketperm", "700"),
    *("--save", ""),
    *("--appendonly", "no"),
    *("--databases", "1"),
    *("--maxmemory", "128mb"),
    *("--maxmemory-policy", "allkeys-lru"),
    *("--loglevel", "notice"),
    *("--set-proc-title", "no"),  # the arguments are how a leftover is known again
)
_PING_SECONDS = 1


def redis_server(program: Path, folder: Path, unix_socket: Path | None, log: Path) -> Server:
    """The server; without a socket it only serves to find a leftover one."""
    pid_file = folder / "redis.pid"
    places = ("--dir", str(folder), "--pidfile", str(pid_file), "--unixsocket", str(unix_socket))
    refusals = (word for command in _FORBIDDEN for word in ("--rename-command", command, ""))
    return Server(
        name="Redis",
        command=(str(program), *places, *_SETTINGS, *refusals),
        hallmark=f"/redis-server --dir {folder} ",
        pid_file=pid_file,
        log=log,
        start_seconds=20,
        farewell=((signal.SIGTERM, 3), (signal.SIGKILL, 3)),
    )


def answers(unix_socket: Path) -> bool:
    """Whether a Redis answers at this socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PING_SECONDS)
        try:
            connection.connect(str(unix_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def redis_url(unix_socket: Path) -> str:
    """Where clients find it."""
    return f"unix://{quote(str(unix_socket))}"
