"""Partners that take what a practice sends."""

from collections.abc import AsyncIterator

import pytest

from app.platform.mail_smtp import SmtpMailer, read_smtp_url
from tests.jobs.delivering import SmsPartner
from tests.platform.smtp_server import MailServer, mail_server
from tests.practice import Practice


@pytest.fixture
async def server(practice: Practice) -> AsyncIterator[MailServer]:
    """The practice's mail server."""
    async with mail_server() as server:
        mailer = SmtpMailer(read_smtp_url(server.url), "A practice <hello@practice.example>", step_seconds=5.0)
        practice.house.outside.mailer = mailer
        practice.house.links.public_url = "https://practice.example"
        yield server
        await mailer.close()


@pytest.fixture
def sms(practice: Practice) -> SmsPartner:
    practice.house.outside.sms = partner = SmsPartner()
    return partner
