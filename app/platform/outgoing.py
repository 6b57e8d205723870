"""Requests to addresses that people have given: guarded in the connection, bounded in time and size."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpcore2
import httpx2

from app.platform.outgoing_guard import (
    Allowed,
    Guard,
    OutgoingFailed,
    OutgoingRefused,
    Resolve,
    SystemResolver,
    refuse_written,
)

__all__ = ["Answer", "GuardedClient", "Outgoing", "OutgoingBusy", "OutgoingFailed", "OutgoingRefused", "checked_url"]

LONGEST_URL: Final = 2_048
WEB_PORTS: Final = frozenset({80, 443})
"""Of those below 1024; a request to another one may speak to a service that is no web server."""

AT_ONCE: Final = 64
AT_ONCE_FOR_A_HOST: Final = 4
AROUND_A_BODY: Final = 262_144
"""Bytes that an answer may have besides twice those of its body that are wanted: heads, and what frames chunks."""

_NAME_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_ADDRESS_CHARACTERS: Final = frozenset("0123456789abcdef:.")


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` has at most as many bytes as were asked for, and `is_cut` says that there were more.

    It is as it came: nothing is unpacked, whatever `content-encoding` says. Names in `headers` are of any case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool


class OutgoingBusy(OutgoingFailed):
    """Nothing was asked: so many others ask the same host, or at all, that there was no place in time."""


class Outgoing(Protocol):
    def look_at(self, url: str) -> None:
        """Raises `OutgoingRefused` of an address that no request will be sent to, whatever its name will stand for."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        seconds: float = 10.0,
        most_bytes: int = 65_536,
    ) -> Answer:
        """Follows no redirect. Raises `OutgoingRefused`, `OutgoingFailed` or, of what was not asked, `OutgoingBusy`."""

    async def close(self) -> None: ...


def checked_url(url: str) -> httpx2.URL:
    """What can be said of an address without asking for its name; raises `OutgoingRefused` with a reason for people."""
    if len(url) > LONGEST_URL:
        raise OutgoingRefused(f"an address has at most {LONGEST_URL} characters")
    if "\\" in url or any(character.isspace() or not character.isprintable() for character in url):
        raise OutgoingRefused("the address has characters that none may have")
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        raise OutgoingRefused("this is not an address") from None
    if parsed.scheme not in ("http", "https"):
        raise OutgoingRefused("an address begins with https://")
    if parsed.userinfo:
        raise OutgoingRefused("an address must not have a user name or a password")
    host = parsed.raw_host.decode("ascii").rstrip(".")
    if not host or not set(host) <= (_ADDRESS_CHARACTERS if ":" in host else _NAME_CHARACTERS):
        raise OutgoingRefused("the address has no host name that can be asked for")
    if parsed.port is not None and parsed.port not in WEB_PORTS and not 1_024 <= parsed.port <= 65_535:
        raise OutgoingRefused("the address has a port that is not for the web")
    return parsed.copy_with(host=host, fragment=None)


class GuardedClient:
    """One connection for each request, to an address that was looked at after the name was resolved, once.

    `allow`: host names and networks of the practice's own, which are asked even if they are not public, and without
    TLS; others only by https unless `allow_http`.
    """

    def __init__(
        self,
        *,
        allow: Iterable[str] = (),
        allow_http: bool = False,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = Allowed.read(allow)
        self._allow_http = allow_http
        self._resolver = SystemResolver()
        self._resolve = resolve or self._resolver
        self._ssl_context = ssl_context
        self._places = asyncio.Semaphore(AT_ONCE)
        self._places_by_host: dict[str, tuple[asyncio.Semaphore, set[object]]] = {}

    def look_at(self, url: str) -> None:
        address = checked_url(url)
        refuse_written(
            address.raw_host.decode("ascii"),
            self._allowed,
            needs_allowance=address.scheme != "https" and not self._allow_http,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        seconds: float = 10.0,
        most_bytes: int = 65_536,
    ) -> Answer:
        """`seconds` is for all of it: finding the name, connecting, sending and reading; and before it as many for a
        place, without which `OutgoingBusy` is raised."""
        request = httpx2.Request(method, checked_url(url), headers=_said(headers or {}), content=content)
        try:
            async with self._place(request.url.host, seconds), asyncio.timeout(seconds):
                return await self._ask(request, seconds, most_bytes)
        except TimeoutError:
            raise OutgoingFailed(f"no answer within {seconds:g} seconds") from None
        except httpcore2.LocalProtocolError:
            raise OutgoingRefused("this is not a request that can be sent") from None
        except (httpcore2.ProtocolError, httpcore2.NetworkError, httpcore2.TimeoutException) as failure:
            raise OutgoingFailed(_reason(failure)) from None

    async def close(self) -> None:
        self._resolver.close()

    async def _ask(self, request: httpx2.Request, seconds: float, most_bytes: int) -> Answer:
        is_secure = request.url.scheme == "https"
        guard = Guard(
            self._resolve,
            self._allowed,
            needs_allowance=not is_secure and not self._allow_http,
            seconds=seconds,
            most_bytes=2 * most_bytes + AROUND_A_BODY,
        )
        url = request.url
        port = url.port or (443 if is_secure else 80)
        origin = httpcore2.Origin(url.raw_scheme, url.raw_host, port)
        connection = httpcore2.AsyncHTTPConnection(
            origin, ssl_context=await self._tls() if is_secure else None, network_backend=guard
        )
        try:
            response = await connection.handle_async_request(
                httpcore2.Request(
                    request.method,
                    httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                )
            )
            body, is_cut = await _read(response.stream, most_bytes)
            return Answer(response.status, httpx2.Headers(response.headers), body, is_cut)
        finally:
            await guard.close()

    async def _tls(self) -> ssl.SSLContext:
        # Reading the machine's certificates takes too long for a start, and for the event loop.
        if self._ssl_context is None:
            self._ssl_context = await asyncio.to_thread(httpcore2.default_ssl_context)
        return self._ssl_context

    @asynccontextmanager
    async def _place(self, host: str, seconds: float) -> AsyncIterator[None]:
        """Who waits for a slow host takes no place that another host could be asked in."""
        mine = object()
        places, users = self._places_by_host.setdefault(host, (asyncio.Semaphore(AT_ONCE_FOR_A_HOST), set()))
        users.add(mine)
        try:
            async with AsyncExitStack() as taken:
                try:
                    async with asyncio.timeout(seconds):
                        await taken.enter_async_context(places)
                        await taken.enter_async_context(self._places)
                except TimeoutError:
                    raise OutgoingBusy("others kept every place for as long as this could wait") from None
                yield
        finally:
            users.discard(mine)
            if not users:
                self._places_by_host.pop(host, None)


def _said(headers: Mapping[str, str]) -> dict[str, str]:
    said = {"user-agent": "Rapport", "accept": "*/*"} | {name.lower(): value for name, value in headers.items()}
    # Packed answers are not asked for: a small one may unpack to any size.
    return said | {"accept-encoding": "identity", "connection": "close"}


async def _read(stream: Any, most_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    async with aclosing(aiter(stream)) as parts:
        async for part in parts:
            body += part
            if len(body) > most_bytes:
                return bytes(body[:most_bytes]), True
    return bytes(body), False


def _reason(failure: Exception) -> str:
    if isinstance(failure, httpcore2.ConnectError):
        return f"the connection was not made: {failure}"
    return f"the connection broke: {failure}"
