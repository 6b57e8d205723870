"""Whoever takes what leaves the house, put together from the settings."""

from dataclasses import dataclass

from app.platform.mail import Mailer, MailFolder
from app.platform.outgoing import GuardedClient, Outgoing
from app.platform.settings import Settings
from app.platform.sms import SmsSender


@dataclass(slots=True)
class Outside:
    """`sms` is None where none is configured."""

    mailer: Mailer
    sms: SmsSender | None
    outgoing: Outgoing

    async def close(self) -> None:
        await self.outgoing.close()


def outside(settings: Settings) -> Outside:
    outgoing = GuardedClient(allow=settings.outgoing_allow_private, allow_http=settings.outgoing_allow_http)
    return Outside(MailFolder(settings.data_dir / "mail"), None, outgoing)
