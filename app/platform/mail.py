"""Mail: what is sent, and whoever hands it over."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol


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


class MailFolder:
    """Where no mail server is configured: each mail is a file `.eml`, for a developer to read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, mail: Mail) -> None:
        message = EmailMessage()
        message["To"], message["Subject"] = mail.to, mail.subject
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / f"{mail.key}.eml").write_bytes(message.as_bytes())
