"""A real Redis cluster on free ports of 127.0.0.1, whose nodes can be killed, and whose slots can be moved."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

OLDEST = 7
_START_SECONDS = 30


def program() -> str | None:
    """Debian's redis-tools brings the server too: it is the same program under another name, and starts nothing."""
    return shutil.which("redis-server") or shutil.which("redis-check-rdb")


def why_not() -> str | None:
    """Why no cluster can be had on this machine, if so; run as a script, this prints it, or nothing."""
    found = program()
    if found is None:
        return "There is no redis-server on the PATH"
    said = subprocess.run(["redis-server", "--version"], executable=found, capture_output=True, text=True, check=True)
    version = int(said.stdout.partition("v=")[2].split(".")[0])
    return f"redis-server {version} is too old, {OLDEST} or newer is needed" if version < OLDEST else None


class ClusterNode:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port, self._bus_port = _free_ports(2)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def id(self) -> str:
        return str(self.ask("CLUSTER MYID"))

    def start(self) -> None:
        places = ["--bind", "127.0.0.1", "--port", str(self.port), "--cluster-port", str(self._bus_port)]
        keeping = ["--dir", str(self._folder), "--save", "", "--appendonly", "no", "--cluster-enabled", "yes"]
        manners = ["--cluster-allow-replica-migration", "no"]  # who gives its last slot away stays itself
        manners += ["--repl-diskless-sync-delay", "0"]
        self._process = subprocess.Popen(
            ["redis-server", *places, *keeping, *manners], executable=program(), stdout=subprocess.DEVNULL
        )
        until(self._answers)

    def kill(self) -> None:
        """As the machine's failure would; what it knows of the cluster stays behind."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, command: str, *values: object) -> Any:
        with redis.Redis(port=self.port, decode_responses=True) as client:
            return client.execute_command(command, *values)

    def meet(self, other: "ClusterNode") -> None:
        self.ask("CLUSTER MEET", "127.0.0.1", other.port, other._bus_port)

    def slots(self) -> dict[int, int]:
        """The port of each slot's owner, as far as this node knows."""
        rows = self.ask("CLUSTER SLOTS")
        return {slot: primary[1] for first, last, primary, *_ in rows for slot in range(first, last + 1)}

    def subscriptions(self, channel: str) -> int:
        """How many connections are subscribed to the sharded channel here."""
        return int(self.ask("PUBSUB", "SHARDNUMSUB", channel)[1])

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError, redis.BusyLoadingError):
            return bool(self.ask("PING"))
        return False


class RedisCluster:
    """Nodes that share out all slots evenly; `spare` ones have none."""

    def __init__(self, folder: Path, size: int, spare: int) -> None:
        self.nodes = [ClusterNode(folder / str(number)) for number in range(size)]
        self.spare = [ClusterNode(folder / f"spare{number}") for number in range(spare)]

    @property
    def url(self) -> str:
        return ",".join(node.url for node in self.nodes)

    def start(self) -> None:
        for node in (*self.nodes, *self.spare):
            node.start()
        bounds = [REDIS_CLUSTER_HASH_SLOTS * number // len(self.nodes) for number in range(len(self.nodes) + 1)]
        for number, node in enumerate((*self.nodes, *self.spare)):
            node.ask("CLUSTER SET-CONFIG-EPOCH", number + 1)
            if number < len(self.nodes):
                node.ask("CLUSTER ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
            if number > 0:
                self.nodes[0].meet(node)
        until(self.is_whole)

    def is_whole(self) -> bool:
        members = [*self.nodes, *self.spare]
        return all(
            len(node.ask("CLUSTER NODES")) == len(members) and node.ask("CLUSTER INFO")["cluster_state"] == "ok"
            for node in members
        )

    def owner(self, channel: str) -> ClusterNode:
        port = self.nodes[-1].slots()[slot(channel)]
        return next(node for node in (*self.nodes, *self.spare) if node.port == port)

    def move(self, channel: str, target: ClusterNode) -> None:
        """The channel's slot, as an operator does; the nodes that have no part in it hear of it later."""
        source, moved = self.owner(channel), slot(channel)
        target.ask("CLUSTER SETSLOT", moved, "IMPORTING", source.id)
        source.ask("CLUSTER SETSLOT", moved, "MIGRATING", target.id)
        target.ask("CLUSTER SETSLOT", moved, "NODE", target.id)
        source.ask("CLUSTER SETSLOT", moved, "NODE", target.id)

    def kill(self) -> None:
        for node in (*self.nodes, *self.spare):
            node.kill()


@contextmanager
def running_cluster(size: int = 3, spare: int = 0) -> Iterator[RedisCluster]:
    with tempfile.TemporaryDirectory(prefix="cluster") as folder, ExitStack() as stack:
        cluster = RedisCluster(Path(folder), size, spare)
        stack.callback(cluster.kill)
        cluster.start()
        yield cluster


def slot(channel: str) -> int:
    return key_slot(channel.encode())


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the Redis cluster does not get ready"
        time.sleep(0.02)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


if __name__ == "__main__":
    print(why_not() or "")
