"""Requests to addresses that people give: no answer costs more time or memory than was meant for it."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.platform.outgoing import GuardedClient, OutgoingFailed, OutgoingRefused
from tests.web import Web, until, web


@pytest.fixture
async def elsewhere() -> AsyncIterator[Web]:
    async with web() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    """May ask this machine, which stands for the world in these tests."""
    client = GuardedClient(allow=["127.0.0.1"])
    yield client
    await client.close()


async def test_a_request_and_its_answer_go_through(elsewhere: Web, client: GuardedClient) -> None:
    elsewhere.answers("/hook?a=1", b"thanks", "201 Created", ETag='"1"')

    answer = await client.request("POST", elsewhere.url("/hook?a=1"), headers={"X-Id": "7"}, content=b"{}")

    assert (answer.status, answer.body, answer.is_cut, answer.headers["etag"]) == (201, b"thanks", False, '"1"')
    (asked,) = elsewhere.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/hook?a=1", b"{}")
    assert asked.headers["host"] == f"127.0.0.1:{elsewhere.port}"
    assert asked.headers["x-id"] == "7"
    assert asked.headers["accept-encoding"] == "identity"


async def test_a_proxy_of_the_environment_is_not_used(
    elsewhere: Web, client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    elsewhere.answers("/", b"direct")

    assert (await client.request("GET", elsewhere.url())).body == b"direct"


async def test_a_redirect_is_an_answer_and_is_not_followed(elsewhere: Web, client: GuardedClient) -> None:
    elsewhere.answers("/", b"", "302 Found", Location=elsewhere.url("/secret"), Set_Cookie="a=b")

    assert (await client.request("GET", elsewhere.url())).status == 302
    await client.request("GET", elsewhere.url())

    assert [asked.path for asked in elsewhere.asked] == ["/", "/"]
    assert "cookie" not in elsewhere.asked[1].headers


async def _endless(writer: asyncio.StreamWriter) -> None:
    """Says that 1 GB comes, and sends until nobody takes it."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(1_000):
        writer.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
        await writer.drain()


async def test_of_an_answer_of_a_gigabyte_only_the_beginning_is_read(elsewhere: Web, client: GuardedClient) -> None:
    elsewhere.said["/"] = _endless

    answer = await client.request("GET", elsewhere.url(), most_bytes=1_000)

    assert (answer.body, answer.is_cut) == (b"x" * 1_000, True)
    await until(lambda: elsewhere.open_connections == 0)


async def test_an_answer_exactly_as_long_as_wanted_is_whole(elsewhere: Web, client: GuardedClient) -> None:
    elsewhere.answers("/", b"x" * 1_000)

    answer = await client.request("GET", elsewhere.url(), most_bytes=1_000)

    assert (len(answer.body), answer.is_cut) == (1_000, False)


async def _hangs(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _drips_a_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _drips_a_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("speak", [_hangs, _drips_a_head, _drips_a_body])
async def test_a_server_that_takes_its_time_has_none_left(elsewhere: Web, client: GuardedClient, speak: Any) -> None:
    elsewhere.said["/"] = speak

    with pytest.raises(OutgoingFailed, match=r"no answer within 0\.2 seconds"):
        await client.request("GET", elsewhere.url(), seconds=0.2)

    if speak is not _hangs:  # who waits without sending does not notice
        await until(lambda: elsewhere.open_connections == 0)


async def test_a_server_that_never_agrees_on_tls_has_no_time_left(client: GuardedClient) -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1_000):
            pass
        gone.set()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    with pytest.raises(OutgoingFailed, match="no answer within"):
        await client.request("GET", url, seconds=0.5)

    async with asyncio.timeout(5):
        await gone.wait()
    server.close()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffffffff\r\nx",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\xff" * 1_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
        b"",
    ],
)
async def test_an_answer_that_is_none_fails(elsewhere: Web, client: GuardedClient, said: bytes) -> None:
    elsewhere.said["/"] = said

    with pytest.raises(OutgoingFailed):
        await client.request("GET", elsewhere.url())


async def test_what_comes_after_the_promised_length_is_not_read(elsewhere: Web, client: GuardedClient) -> None:
    elsewhere.said["/"] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshort and a lot more"

    assert (await client.request("GET", elsewhere.url())).body == b"short"


@pytest.mark.parametrize(
    "around", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
)
async def test_an_answer_that_is_all_wrapping_is_refused(elsewhere: Web, client: GuardedClient, around: bytes) -> None:
    wrapping = around if b"100" in around else b"1;" + b"y" * 10_000 + b"\r\nx\r\n"
    elsewhere.said["/"] = around + wrapping * (2_000_000 // len(wrapping))

    with pytest.raises(OutgoingRefused, match="around it"):
        await client.request("GET", elsewhere.url())


async def test_a_packed_answer_is_left_packed(elsewhere: Web, client: GuardedClient) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000, 1)
    elsewhere.answers("/", bomb, Content_Encoding="gzip")

    answer = await client.request("GET", elsewhere.url(), most_bytes=1_000)

    assert (answer.body, answer.is_cut) == (bomb[:1_000], True)


async def test_a_header_cannot_carry_another_one(elsewhere: Web, client: GuardedClient) -> None:
    with pytest.raises(OutgoingRefused):
        await client.request("GET", elsewhere.url(), headers={"X-Id": "7\r\nX-Smuggled: 1"})

    assert elsewhere.asked == []


async def test_one_host_is_asked_four_things_at_once_and_others_do_not_wait_for_it(
    elsewhere: Web, client: GuardedClient
) -> None:
    may_answer = asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        await may_answer.wait()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    elsewhere.said["/slow"] = slow
    elsewhere.answers("/", b"quick")
    slow_ones = [asyncio.create_task(client.request("GET", elsewhere.url("/slow"))) for _ in range(10)]
    await until(lambda: elsewhere.open_connections == 4)

    assert (await client.request("GET", elsewhere.url("/", host="127.1"))).body == b"quick"

    may_answer.set()
    assert [answer.status for answer in await asyncio.gather(*slow_ones)] == [204] * 10
    assert elsewhere.most_connections == 5


async def test_tls_and_host_name_the_name_and_not_the_address(tmp_path: Path) -> None:
    server_side, trusted = _certificate(tmp_path, "calendar.example")
    told: list[str | None] = []
    server_side.sni_callback = lambda socket, name, context: told.append(name)

    async def this_machine(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    client = GuardedClient(allow=["127.0.0.1"], resolve=this_machine, ssl_context=trusted)
    async with web(server_side) as secure:
        secure.answers("/", b"secret")

        answer = await client.request("GET", secure.url(host="calendar.example.", scheme="https"))
        with pytest.raises(OutgoingFailed, match="certificate"):
            await client.request("GET", secure.url(host="another.example", scheme="https"))

    assert answer.body == b"secret"
    assert told == ["calendar.example", "another.example"]
    assert [asked.headers["host"] for asked in secure.asked] == [f"calendar.example:{secure.port}"]


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side with a certificate of its own making, and a client's that trusts nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(secret + certificate.public_bytes(pem))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(folder / "both.pem")
    trusted = ssl.create_default_context(cadata=certificate.public_bytes(pem).decode())
    return server_side, trusted
