"""Connections to public addresses only: looked at after the name is resolved, once, and then connected to as found."""
# ruff: noqa: ASYNC109 (the interface of the library has timeouts as arguments)

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Self

import httpcore2

MOST_ADDRESSES: Final = 4
"""Of a name, that are tried one after the other."""

A_READ: Final = 16_384
"""Bytes that are taken in at once, so that nothing else waits long for what parses them."""

RESOLVING_THREADS: Final = 8

_NOT_SECURE: Final = "the address must begin with https://"

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host, which may be written as a number in any way that the system reads."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network("2000::/3")
_SPECIAL: Final = (
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("2002::/16"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
"""Ways through other networks, what clouds keep for their machines, and what is for documents: not everywhere known to
be neither private nor global."""


class OutgoingRefused(Exception):
    """The address leads where nothing of ours may be asked for, or the answer is not one that is taken: final."""


class OutgoingFailed(Exception):
    """No answer was to be had; another try may succeed."""


def plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for where a network translates, else itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Of what `plain` gives."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return not any(address.version == network.version and address in network for network in _SPECIAL)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the practice says is its own."""

    names: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def read(cls, entries: Iterable[str]) -> Self:
        """Raises `ValueError` for what is neither a host name nor a network."""
        names: set[str] = set()
        networks: list[IPv4Network | IPv6Network] = []
        for entry in entries:
            try:
                networks.append(ip_network(entry, strict=False))
            except ValueError:
                name = entry.lower().rstrip(".")
                if not name or not all(part.replace("-", "").replace("_", "").isalnum() for part in name.split(".")):
                    raise ValueError(f"{entry} is neither a host name nor a network such as 10.0.0.0/8") from None
                names.add(name)
        return cls(frozenset(names), tuple(networks))

    def names_host(self, host: str) -> bool:
        return host.lower() in self.names

    def holds(self, host: str, address: Address) -> bool:
        return self.names_host(host) or any(
            address.version == network.version and address in network for network in self.networks
        )


def written_address(host: str) -> Address | None:
    """The address that a host is, in any way of writing one that the system reads; None for a name."""
    if host == "localhost" or host.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def refuse_written(host: str, allowed: Allowed, *, needs_allowance: bool) -> None:
    """Raises `OutgoingRefused` of a host that the guard will refuse whatever its name will stand for."""
    address = written_address(host.lower())
    if address is not None:
        refuse(host, plain(address), allowed, needs_allowance=needs_allowance)
    elif needs_allowance and not allowed.names_host(host) and not allowed.networks:
        raise OutgoingRefused(_NOT_SECURE)


def refuse(host: str, address: Address, allowed: Allowed, *, needs_allowance: bool) -> None:
    """Raises `OutgoingRefused` unless this may be asked, of what `plain` gives."""
    if allowed.holds(host, address):
        return
    if not is_public(address):
        raise OutgoingRefused("the address does not lead to a public one")
    if needs_allowance:
        raise OutgoingRefused(_NOT_SECURE)


class SystemResolver:
    """In threads of its own: a name server that does not answer keeps only other names waiting."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVING_THREADS, thread_name_prefix="resolving")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        def look() -> list[str]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))

        return await asyncio.get_running_loop().run_in_executor(self._threads, look)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Guard(httpcore2.AsyncNetworkBackend):
    """Of one request. `needs_allowance`: even a public address is refused unless it is allowed."""

    def __init__(
        self, resolve: Resolve, allowed: Allowed, *, needs_allowance: bool, seconds: float, most_bytes: int
    ) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._needs_allowance = needs_allowance
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._network = httpcore2.AnyIOBackend()
        self._opened: list[httpcore2.AsyncNetworkStream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = (await self._addresses(host, port))[:MOST_ADDRESSES]
        share = self._seconds / len(addresses)
        failure: Exception | None = None
        for address in addresses:
            try:
                stream = await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as refused:
                failure = refused
            else:
                self._opened.append(stream)
                return _Bounded(stream, self._most_bytes)
        raise httpcore2.ConnectError("nobody answers there") from failure

    async def _addresses(self, host: str, port: int) -> list[str]:
        """What the name stands for now; refused unless every one of them may be asked."""
        try:
            found = [ip_address(address) for address in await self._resolve(host, port)]
        except (OSError, UnicodeError, ValueError):
            raise OutgoingFailed("the host name is not known") from None
        if not found:
            raise OutgoingFailed("the host name is not known")
        for address in map(plain, found):
            refuse(host, address, self._allowed, needs_allowance=self._needs_allowance)
        return [str(address) for address in found]

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise OutgoingRefused("the address does not lead to a public one")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Whatever came of the request: also of one that was given up while TLS was being agreed on."""
        for stream in self._opened:
            await stream.aclose()


class _Bounded(httpcore2.AsyncNetworkStream):
    """Reads a little at a time, lets others have their turn between, and stops at a bound of all that came."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream, most_bytes: int) -> None:
        self._stream = stream
        self._left = most_bytes

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._left <= 0:
            raise OutgoingRefused("the answer has far more around it than in it")
        await asyncio.sleep(0)
        data = await self._stream.read(min(max_bytes, A_READ), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        return _Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
