"""`python -m benchmarks.watchers`: thousands of websockets in one process, which parses frames and does little else.

Reads a JSON object from each line of its input, and answers with a line. `{"open": name, "port": …, "file": …}` opens a
socket for each item of the file, which holds the two messages of its client. `{"watch": name, "version": …}` says when
it is ready, and then at which moments of the monotonic clock that version had arrived at the first, the middle and the
last of them.
"""

import gc
import resource
import selectors
import socket
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from tests.server.serving import PROTOCOL

SECONDS_TO_OPEN = 90.0
SECONDS_TO_WATCH = 20.0
AT_ONCE = 8  # sockets that are being opened at one moment: fewer than a server has connections to its database

_UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: " + PROTOCOL.encode() + b"\r\n\r\n"
)
_TEXT, _PING, _PONG = 0x81, 0x89, 10
_VERSION = b'"version":'
_buffer = bytearray(1 << 18)
_view = memoryview(_buffer)


class Watcher:
    """One websocket; `version` is the newest that it was told of."""

    __slots__ = ("init", "rest", "socket", "subscribe", "version")

    def __init__(self, port: int, init: bytes, subscribe: bytes) -> None:
        self.init, self.subscribe = init, subscribe
        self.rest = b""
        self.version = -1
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(_UPGRADE)

    @property
    def is_open(self) -> bool:
        return self.version >= 0

    def read(self) -> None:
        """Takes what has arrived. Raises `ConnectionError` for what should not."""
        received = self.socket.recv_into(_buffer)
        if not received:
            raise ConnectionError("the server hung up")
        data = self.rest + _view[:received] if self.rest else bytes(_view[:received])
        if self.init is not None and data.startswith(b"HTTP/"):
            head, found, data = data.partition(b"\r\n\r\n")
            if not found or not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(f"no websocket: {head[:100]!r}")
            self._say(self.init) if self.init else self._opened(0)
        self.rest = self._take(data)

    def _take(self, data: bytes) -> bytes:
        """Whole frames; what is left is the beginning of one."""
        begin, size = 0, len(data)
        while size - begin >= 2:
            length, start = data[begin + 1], begin + 2
            if length >= 126:
                start += 2 if length == 126 else 8
                length = int.from_bytes(data[begin + 2 : start], "big")
            if size < start + length:
                break
            if data[begin] == _TEXT:
                self._hear(data[start : start + length])
            elif data[begin] == _PING:
                self._say(data[start : start + length], _PONG)
            else:
                raise ConnectionError(f"a frame of kind {data[begin]:#x}: {data[start : start + 100]!r}")
            begin = start + length
        return data[begin:]

    def _hear(self, text: bytes) -> None:
        found = text.find(_VERSION)
        if found > 0:
            start = found + len(_VERSION)
            self._opened(int(text[start : text.index(b",", start)]))
        elif text.startswith(b'{"type":"connection_ack"'):
            self._say(self.subscribe)
        elif text == b'{"type":"ping"}':
            self._say(b'{"type":"pong"}')
        else:
            raise ConnectionError(f"an unknown message: {text[:300]!r}")

    def _opened(self, version: int) -> None:
        self.version = version
        self.init = self.subscribe = b""

    def _say(self, payload: bytes, opcode: int = 1) -> None:
        """The mask is all zeros, which the protocol allows and leaves the payload as it is."""
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
        self.socket.sendall(bytes([0x80 | opcode]) + size + bytes(4) + payload)


class Watchers:
    """All sockets to one server."""

    def __init__(self) -> None:
        self.selector = selectors.EpollSelector()
        self.all: list[Watcher] = []

    def open(self, port: int, messages: list[list[str]], others: list["Watchers"]) -> None:
        began = looked = time.monotonic()
        coming = iter(messages)
        opening, wanted = 0, len(self.all) + len(messages)
        while opening or len(self.all) < wanted:
            if time.monotonic() - began > SECONDS_TO_OPEN:
                raise ConnectionError(f"{len(self.all) - opening} views were open after {SECONDS_TO_OPEN} s")
            while opening < AT_ONCE and (said := next(coming, None)) is not None:
                watcher = Watcher(port, said[0].encode(), said[1].encode())
                self.selector.register(watcher.socket, selectors.EVENT_READ, watcher)
                self.all.append(watcher)
                opening += 1
            if time.monotonic() - looked > 1.0:
                for each in others:
                    each.read_what_is_there()
                looked = time.monotonic()
            for key, _ in self.selector.select(1.0):
                was_open = key.data.is_open
                key.data.read()
                opening -= key.data.is_open and not was_open

    def read_what_is_there(self) -> None:
        """Pings, mostly."""
        while ready := self.selector.select(0):
            for key, _ in ready:
                key.data.read()

    def watch(self, version: int) -> list[float]:
        """When it had arrived at the first, the middle and the last of them; they must have been read before."""
        epoll, of_number = self.selector._selector, {each.socket.fileno(): each for each in self.all}  # type: ignore[attr-defined]
        missing, ends = len(self.all), time.monotonic() + SECONDS_TO_WATCH
        first = middle = 0.0
        while missing:
            ready = epoll.poll(1.0)
            for number, _ in ready:
                watcher = of_number[number]
                before = watcher.version
                watcher.read()
                if watcher.version >= version > before:
                    missing -= 1
                    first = first or time.monotonic()
                    middle = middle or (time.monotonic() if missing <= len(self.all) // 2 else 0.0)
            if time.monotonic() > ends:
                raise ConnectionError(f"{missing} of {len(self.all)} views had not heard after {SECONDS_TO_WATCH} s")
        return [first, middle, time.monotonic()]


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    groups: dict[str, Watchers] = {}

    def read_all() -> None:
        for each in groups.values():
            each.read_what_is_there()

    readable = selectors.DefaultSelector()
    readable.register(sys.stdin, selectors.EVENT_READ)
    while True:
        while not readable.select(0.2):
            read_all()
        line = sys.stdin.readline()
        if not line:
            return
        asked: dict[str, Any] = orjson.loads(line)
        try:
            if "open" in asked:
                messages = orjson.loads(Path(asked["file"]).read_bytes())
                watchers = groups.setdefault(asked["open"], Watchers())
                watchers.open(asked["port"], messages, [each for each in groups.values() if each is not watchers])
                gc.freeze()
                _answer({"open": len(messages)})
            else:
                watchers = groups[asked["watch"]]
                read_all()
                _answer({"ready": True})
                _answer({"arrived": watchers.watch(asked["version"])})
        except (ConnectionError, OSError) as failure:
            _answer({"failed": str(failure)})


def _answer(answer: dict[str, Any]) -> None:
    print(orjson.dumps(answer).decode(), flush=True)


if __name__ == "__main__":
    main()
