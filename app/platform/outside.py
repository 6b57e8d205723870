"""Whoever takes what leaves the house, put together from the settings."""

from dataclasses import dataclass
from typing import Any, Protocol

from app.platform.mail import Mailer, MailFolder
from app.platform.mail_smtp import SmtpMailer, read_smtp_url
from app.platform.outgoing import GuardedClient, Outgoing
from app.platform.phrasing import ChatPhrasing, Phrasing
from app.platform.settings import Settings
from app.platform.sms import SmsSender, TwilioSms

MAIL_FOLDER = "mail"


@dataclass(slots=True)
class Outside:
    """`sms` and `phrasing` are None where none is configured."""

    mailer: Mailer
    sms: SmsSender | None
    outgoing: Outgoing
    phrasing: Phrasing | None = None

    async def close(self) -> None:
        await self.mailer.close()
        await self.outgoing.close()
        if isinstance(self.sms, TwilioSms):
            await self.sms.close()


class Carrier(Protocol):
    @property
    def info(self) -> dict[Any, Any]: ...


def outside_of(db: Carrier) -> Outside:
    """What a transaction carries along of it."""
    found: Outside = db.info["outside"]
    return found


def outside(settings: Settings) -> Outside:
    outgoing = GuardedClient(allow=settings.outgoing_allow_private, allow_http=settings.outgoing_allow_http)
    return Outside(mailer(settings), sms_sender(settings), outgoing, phrasing(settings, outgoing))


def phrasing(settings: Settings, outgoing: Outgoing) -> Phrasing | None:
    if not settings.phrasing_url:
        return None
    return ChatPhrasing(outgoing, settings.phrasing_url, settings.phrasing_model, settings.phrasing_key)


def mailer(settings: Settings) -> Mailer:
    if settings.smtp_url:
        return SmtpMailer(read_smtp_url(settings.smtp_url), settings.mail_from)
    folder = settings.data_dir / MAIL_FOLDER
    return MailFolder(folder, settings.mail_from) if settings.mail_from else MailFolder(folder)


def sms_sender(settings: Settings) -> SmsSender | None:
    if not settings.twilio_account_sid:
        return None
    return TwilioSms(
        settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from, settings.twilio_base_url
    )
