"""Where requests to addresses that people give may lead: a table of what is refused before any connection."""

from collections.abc import Sequence
from typing import Any

import httpcore2
import pytest

from app.platform.outgoing import GuardedClient, OutgoingFailed, OutgoingRefused
from app.platform.outgoing_guard import SystemResolver

NAMES = {
    "public.example": ["93.184.215.14"],
    "inside.example": ["10.1.2.3"],
    "loopback.example": ["127.0.0.1"],
    "link-local.example": ["fe80::1%eth0"],
    "both.example": ["93.184.215.14", "192.168.0.1"],
    "both-ways.example": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:169.254.169.254"],
    "nothing.example": [],
    "xn--mnchen-3ya.example": ["172.16.0.1"],
}

HOSTILE = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://2130706433/",
    "https://0/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://127.0.0.1./",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::7f00:1]/",
    "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://192.0.0.1/",
    "https://192.0.0.192/",
    "https://168.63.129.16/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://192.88.99.1/",
    "https://224.0.0.1/",
    "https://224.0.1.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[fc00::1]/",
    "https://[fd12:3456:789a::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://inside.example/",
    "https://loopback.example/",
    "https://link-local.example/",
    "https://both.example/",
    "https://both-ways.example/",
    "https://münchen.example/",
    "http://public.example/",
    "https://public.example@127.0.0.1/",
    "https://user:password@public.example/",
    "https://127.0.0.1\\@public.example/",
    "https://public.example\\@127.0.0.1/",
    "https://127.0.0.1#@public.example/",
    "https://127.0.0.1?@public.example/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://public.example%00.inside.example/",
    "https://public.example/\r\nX-Smuggled: 1",
    "https://public example/",
    "https://public.example:22/",
    "https://public.example:25/",
    "https://public.example:0/",
    "https://public.example:99999/",
    "https:///etc/passwd",
    "https://./",
    "https:public.example",
    "//public.example/",
    "public.example",
    "",
    "file:///etc/passwd",
    "gopher://public.example/",
    "ftp://public.example/",
    "unix:///var/run/docker.sock",
    "webcal://public.example/",
    "javascript:alert(1)",
    "https://[::1",
    "https://public.example/" + "a" * 2_048,
]


async def named(host: str, port: int) -> Sequence[str]:
    """Names of the table; whatever is a number, or this machine's own name, as the system reads it."""
    if host.endswith(".example"):
        return NAMES[host]
    resolver = SystemResolver()
    try:
        return await resolver(host, port)
    finally:
        resolver.close()


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that a connection was made to; none is really made."""
    addresses: list[str] = []

    async def connect_tcp(self: object, host: str, *rest: Any) -> None:
        addresses.append(host)
        raise httpcore2.ConnectError

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect_tcp)
    return addresses


@pytest.mark.parametrize("url", HOSTILE)
async def test_what_is_not_public_is_refused_before_any_connection(url: str, connected: list[str]) -> None:
    client = GuardedClient(resolve=named)

    with pytest.raises(OutgoingRefused):
        await client.request("GET", url)

    assert connected == []


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("public.example", "93.184.215.14"),
        ("PUBLIC.example.", "93.184.215.14"),
        ("93.184.215.14", "93.184.215.14"),
        ("[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"),
        ("[64:ff9b::5db8:d70e]", "64:ff9b::5db8:d70e"),
    ],
)
async def test_what_is_public_is_connected_to(host: str, address: str, connected: list[str]) -> None:
    with pytest.raises(OutgoingFailed):
        await GuardedClient(resolve=named).request("GET", f"https://{host}/")

    assert connected == [address]


async def test_a_name_that_changes_its_address_is_resolved_once(connected: list[str]) -> None:
    answers = [["93.184.215.14"], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    client = GuardedClient(resolve=rebinding)

    with pytest.raises(OutgoingFailed):
        await client.request("GET", "https://rebinding.example/")
    assert (connected, answers) == (["93.184.215.14"], [["127.0.0.1"]])

    with pytest.raises(OutgoingRefused):
        await client.request("GET", "https://rebinding.example/")
    assert connected == ["93.184.215.14"]


async def test_a_name_that_nobody_knows_fails_and_may_be_tried_again(connected: list[str]) -> None:
    with pytest.raises(OutgoingFailed):
        await GuardedClient(resolve=named).request("GET", "https://nothing.example/")

    assert connected == []


async def test_only_what_is_allowed_is_reached_inside(connected: list[str]) -> None:
    client = GuardedClient(allow=["inside.example", "127.0.0.0/8"], resolve=named)

    for url in ("http://inside.example/", "http://INSIDE.example./", "https://loopback.example/", "http://127.1:5678/"):
        with pytest.raises(OutgoingFailed):
            await client.request("GET", url)
    assert connected == ["10.1.2.3", "10.1.2.3", "127.0.0.1", "127.0.0.1"]

    for url in ("http://10.1.2.3/", "https://both.example/", "http://public.example/", "http://192.168.1.1/"):
        with pytest.raises(OutgoingRefused):
            await client.request("GET", url)
    assert len(connected) == 4


async def test_public_addresses_are_asked_without_tls_only_where_that_is_allowed(connected: list[str]) -> None:
    client = GuardedClient(allow_http=True, resolve=named)

    with pytest.raises(OutgoingFailed):
        await client.request("GET", "http://public.example/")
    with pytest.raises(OutgoingRefused):
        await client.request("GET", "http://inside.example/")

    assert connected == ["93.184.215.14"]
