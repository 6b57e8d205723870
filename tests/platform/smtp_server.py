"""A mail server that speaks SMTP, and does with mail what it is told to."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "a p@ssword:/?"


class MailServer:
    """`taken` are the mails that came whole, whatever was then said of them; `at_data` says what is."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.connections = 0
        self.at_rcpt = "250 OK"
        self.at_data: Callable[[SMTP], Any] = lambda smtp: "250 OK"

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_rcpt

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(cast(EmailMessage, message_from_bytes(cast(bytes, envelope.content), policy=default)))
        self.envelopes.append(envelope)
        said = self.at_data(smtp)
        return str(await said if asyncio.iscoroutine(said) else said)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


def drop(smtp: SMTP) -> str:
    """The connection is cut after the mail has come, and before that is said."""
    assert smtp.transport is not None
    smtp.transport.abort()
    return "250 nobody hears this"


async def hang(smtp: SMTP) -> str:
    await asyncio.Event().wait()
    return ""


def knows(server: object, session: object, envelope: object, mechanism: str, login: LoginPassword) -> AuthResult:
    is_right = (login.login, login.password) == (b"practice", PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@asynccontextmanager
async def mail_server(*, with_password: bool = False, tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """On a free port of 127.0.0.1."""
    handler = MailServer()
    loop = asyncio.get_running_loop()
    transports: list[asyncio.BaseTransport] = []

    class Tracked(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transports.append(transport)
            handler.connections += 1
            super().connection_made(transport)

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # that passwords should not travel like this
            return Tracked(
                handler,
                hostname="mail.example",
                enable_SMTPUTF8=True,
                auth_required=with_password,
                auth_require_tls=False,
                authenticator=knows if with_password else None,
                loop=loop,
            )

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()
        for transport in transports:
            transport.abort()  # type: ignore[attr-defined]
        await server.wait_closed()
        await asyncio.sleep(0)


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """The port of one that takes connections and never says a word."""
    writers: list[asyncio.StreamWriter] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.read()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()
