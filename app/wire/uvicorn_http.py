"""uvicorn's HTTP, with an end for clients that stop half-way: in what they ask, or in reading the answer."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0
SEND_SECONDS = 30.0
MOST_HEAD_BYTES = 64 * 1_024
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """A request line with its headers has to arrive in time, and what was written has to be read in time.

    uvicorn waits for both without end: for the first before a request exists that anything of ours could look after,
    for the second even after the application is done, since the transport still holds what nobody takes.
    """

    head_seconds = HEAD_SECONDS
    send_seconds = SEND_SECONDS

    _is_in_head = False
    _head_bytes = 0
    _unfinished_bytes = 0
    _unread = 0
    _head_deadline: asyncio.TimerHandle | None = None
    _send_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_deadline = self.loop.call_later(self.head_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._cancel_head_deadline()
        self._cancel_send_deadline()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MOST_HEAD_BYTES:
            raise ValueError("the head is too large")  # the parser stops, and uvicorn answers 400

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._cancel_head_deadline()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        was_in_head = self._is_in_head
        super().data_received(data)
        # A line without an end reaches no callback of the parser. What comes with the end of a head is mostly body.
        self._unfinished_bytes = self._unfinished_bytes + len(data) if was_in_head and self._is_in_head else 0
        if self._unfinished_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
            return
        # A timer only for a head that came in pieces: nearly all come whole.
        if self._is_in_head and self._head_deadline is None:
            self._head_deadline = self.loop.call_later(self.head_seconds, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_send_deadline()

    def timeout_keep_alive_handler(self) -> None:
        """It closes the connection, which takes until the last answer was read."""
        super().timeout_keep_alive_handler()
        self._watch_reader()

    def shutdown(self) -> None:
        """A stream would last as long as its client wants; the others are waited for."""
        cycle = self.cycle
        if cycle is not None and cycle.response_started and cycle.chunked_encoding and not cycle.response_complete:
            self.transport.close()
            return
        super().shutdown()

    def _watch_reader(self) -> None:
        if self._send_deadline is None:
            self._unread = self.transport.get_write_buffer_size()
            self._send_deadline = self.loop.call_later(self.send_seconds, self._look_at_reader)

    def _look_at_reader(self) -> None:
        """One that is slow gets more time, one that has taken nothing does not."""
        self._send_deadline = None
        if self.transport.get_write_buffer_size() >= self._unread:
            self.transport.abort()
        else:
            self._watch_reader()

    def _cancel_head_deadline(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _cancel_send_deadline(self) -> None:
        if self._send_deadline is not None:
            self._send_deadline.cancel()
            self._send_deadline = None
