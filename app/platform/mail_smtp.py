"""Mail by SMTP: a few connections, used again in a burst, and a bound on every wait."""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)

from app.platform.clock import Clock, system_clock
from app.platform.mail import Mail, Undelivered, address_on_the_wire, read_sender, written

AT_ONCE: Final = 10
_PORTS: Final = {"smtp": 587, "smtps": 465}
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST: Final = 300
_WHOSE: Final = re.compile(r"[^\s<>()\[\]:;,\"]+(?=@)")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    is_tls: bool

    @property
    def starts_tls(self) -> bool | None:
        """A password travels by TLS only; without one, TLS is used where it is offered, and not to this machine."""
        if self.is_tls or self.host in _HERE:
            return False
        return True if self.username is not None else None


def read_smtp_url(value: str) -> SmtpServer:
    """Raises `ValueError`, which does not repeat the value."""
    parts = urlsplit(value)
    if parts.scheme not in _PORTS:
        raise ValueError("must begin with smtp:// or smtps://")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has a port that is none") from None
    if not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("must look like smtp://user:password@host:587, with %40 for an @ in the password")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("must have a user and a password, or neither")
    username = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    return SmtpServer(parts.hostname, port or _PORTS[parts.scheme], username, password, parts.scheme == "smtps")


@dataclass(frozen=True, slots=True)
class _Idle:
    connection: SMTP
    closing: asyncio.TimerHandle


class SmtpMailer:
    """At most `at_once` mails at the same time; one takes `mail_seconds` at most, and each step `step_seconds`."""

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        *,
        clock: Clock = system_clock,
        at_once: int = AT_ONCE,
        step_seconds: float = 10.0,
        mail_seconds: float = 30.0,
        idle_seconds: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server, self._sender, self._clock = server, read_sender(sender), clock
        self._turns = asyncio.Semaphore(at_once)
        self._step_seconds, self._mail_seconds, self._idle_seconds = step_seconds, mail_seconds, idle_seconds
        self._tls = tls
        self._idle: list[_Idle] = []

    async def send(self, mail: Mail) -> None:
        """After a wait that is cut off, nobody knows whether the server has taken it: it is the same mail again."""
        content = written(mail, self._sender, self._clock)
        to = address_on_the_wire(mail.to)
        async with self._turns:
            try:
                async with asyncio.timeout(self._mail_seconds):
                    await self._hand_over(await self._connected(), to, content)
            except TimeoutError:
                raise Undelivered(f"the mail server took longer than {self._mail_seconds:g} seconds") from None

    async def _connected(self) -> SMTP:
        """One that is open already, if it still answers, or a new one."""
        while self._idle:
            idle = self._idle.pop()
            idle.closing.cancel()
            try:
                await idle.connection.rset()
            except (SMTPException, OSError):
                idle.connection.close()
            else:
                return idle.connection
        server = self._server
        connection = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.is_tls,
            start_tls=server.starts_tls,
            tls_context=self._tls,
            timeout=self._step_seconds,
        )
        try:
            await connection.connect()
        except (SMTPException, OSError, ValueError) as failure:
            connection.close()
            raise Undelivered(_said(failure)) from failure
        except BaseException:
            connection.close()
            raise
        return connection

    async def _hand_over(self, connection: SMTP, to: str, content: bytes) -> None:
        options = [] if to.isascii() else ["SMTPUTF8"]
        try:
            await connection.sendmail(self._sender.addr_spec, [to], content, mail_options=options)
        except BaseException as failure:
            connection.close()
            if isinstance(failure, SMTPException | OSError | ValueError):
                raise Undelivered(_said(failure), is_final=_is_final(failure)) from None
            raise
        closing = asyncio.get_running_loop().call_later(self._idle_seconds, self._close_idle, connection)
        self._idle.append(_Idle(connection, closing))

    def _close_idle(self, connection: SMTP) -> None:
        self._idle = [idle for idle in self._idle if idle.connection is not connection]
        connection.close()

    async def close(self) -> None:
        while self._idle:
            idle = self._idle.pop()
            idle.closing.cancel()
            idle.connection.close()


def _is_final(failure: BaseException) -> bool:
    """Of a mail on an open connection: 5xx says that this mail will never be taken."""
    if isinstance(failure, SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in failure.recipients)
    if isinstance(failure, SMTPResponseException):
        return failure.code >= 500
    return isinstance(failure, SMTPNotSupported | ValueError)


def _said(failure: BaseException) -> str:
    """For people and logs to read: what the server said, in one line. Of an address that it repeats, not whose."""
    if isinstance(failure, SMTPRecipientsRefused):
        return _said(failure.recipients[0])
    if isinstance(failure, SMTPResponseException):
        said = f"the mail server said {failure.code} {failure.message}"
    elif isinstance(failure, SMTPTimeoutError):
        said = f"the mail server did not answer in time: {failure}"
    else:
        said = f"the mail server could not be asked: {failure or type(failure).__name__}"
    said = _WHOSE.sub("***", said)
    return "".join(each if each.isprintable() else " " for each in said)[:_LONGEST]
