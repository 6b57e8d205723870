"""Mail: what is sent, how it looks on its way, and whoever hands it over."""

import asyncio
import os
import re
from dataclasses import dataclass, field
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from app.platform.clock import Clock, system_clock
from app.platform.private_files import open_private

_KEY = re.compile(r"[A-Za-z0-9.-]{1,80}")
_ALIKE: Final = frozenset(
    {"Date", "Auto-Submitted", "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
)
_WHOLE: Final = frozenset({"list-unsubscribe", "list-unsubscribe-post"})


class Undelivered(Exception):
    """The partner did not take it. `is_final`: trying again is of no use."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        self.reason, self.is_final = reason, is_final
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """`key` makes the Message-ID: the same one again is the same mail."""

    key: str
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Raises `Undelivered`."""

    async def close(self) -> None: ...


class _Headers(HeaderRegistry):
    """Makes a class for each header, and reads what is alike in many mails, once instead of for each mail."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: dict[str, Any] = {}
        self._read = lru_cache(64)(super().__call__)

    def __getitem__(self, name: str) -> Any:
        found = self._classes.get(name)
        if found is None:
            found = self._classes[name] = super().__getitem__(name)
        return found

    def __call__(self, name: str, value: Any) -> Any:
        return self._read(name, value) if name in _ALIKE and "boundary" not in value else super().__call__(name, value)


class _Policy(EmailPolicy):
    """Lines end as SMTP wants them, and an address in a header stays in one piece: folded, it would be encoded."""

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if name.lower() in _WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii") if name.lower() in _WHOLE else super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", raise_on_defect=False, header_factory=_Headers())
_POLICY_UTF8 = _POLICY.clone(utf8=True)


def read_sender(value: str) -> Address:
    """Such as `A practice <hello@example.com>`; raises `ValueError`, which does not repeat the value."""
    name, _, rest = value.rpartition("<") if value.endswith(">") else ("", "", value)
    if any(not character.isprintable() for character in value):
        raise ValueError("holds a character that no mail address has")
    try:
        address = _parts_of(rest.removesuffix(">").strip())
    except EmailNotValidError:
        raise ValueError("is not a mail address; one looks like A practice <hello@example.com>") from None
    if address.ascii_email is None:
        raise ValueError("must have nothing but ASCII characters before the @")
    return Address(name.strip().strip('"'), addr_spec=address.ascii_email)


def _parts_of(address: str) -> ValidatedEmail:
    """A mail server of one's own may know names that nobody else does."""
    return validate_email(address, check_deliverability=False, globally_deliverable=False, test_environment=True)


def address_on_the_wire(value: str) -> str:
    """A recipient's address with its domain in ASCII; raises `Undelivered`."""
    try:
        address = _parts_of(value)
    except EmailNotValidError:
        raise Undelivered("this is no mail address", is_final=True) from None
    return address.ascii_email or f"{address.local_part}@{address.ascii_domain}"


def written(mail: Mail, sender: Address, clock: Clock) -> bytes:
    """The whole mail. Raises `Undelivered` if its recipient's address is none."""
    if not _KEY.fullmatch(mail.key):
        raise ValueError("a key becomes a Message-ID and the name of a file")
    to = address_on_the_wire(mail.to)
    message = EmailMessage(policy=_POLICY if to.isascii() else _POLICY_UTF8)
    message["Date"] = format_datetime(clock())
    message["From"] = sender
    message["To"] = to
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.key}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for attachment in mail.attachments:
        _attach(message, attachment)
    return message.as_bytes()


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    kind, *parameters = (part.strip() for part in attachment.content_type.split(";"))
    main, _, sub = kind.partition("/")
    message.add_attachment(
        attachment.content,
        maintype=main,
        subtype=sub,
        filename=attachment.name,
        params=dict(parameter.split("=", 1) for parameter in parameters),
    )


class MailFolder:
    """Where no mail server is configured: each mail is a file `.eml`, for a developer to read."""

    def __init__(self, folder: Path, sender: str = "Rapport <mail@rapport.test>", clock: Clock = system_clock) -> None:
        self.folder, self._clock = folder, clock
        self._sender = read_sender(sender)

    async def send(self, mail: Mail) -> None:
        """The same mail again takes the place of the first."""
        await asyncio.to_thread(self._write, mail.key, written(mail, self._sender, self._clock))

    def _write(self, key: str, content: bytes) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self.folder / f".{key}.{os.getpid()}"
            with os.fdopen(open_private(unfinished, os.O_WRONLY | os.O_TRUNC), "wb") as file:
                file.write(content)
            unfinished.replace(self.folder / f"{key}.eml")
        except OSError as failure:
            raise Undelivered(f"the folder for mail cannot be written to: {failure.strerror}") from failure

    async def close(self) -> None:
        """Nothing is open."""
