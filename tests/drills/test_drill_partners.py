"""Drill: partners hang, never end, lead inside or send what nobody can read; all others are served meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from app.platform.calendar_files import Bounds, read_busy_times
from app.platform.mail_smtp import AT_ONCE, SmtpMailer, read_smtp_url
from app.platform.outgoing import GuardedClient
from app.services.notifications import notify
from tests.ics import ics
from tests.jobs.delivering import K, SmsPartner
from tests.jobs.working import until, working
from tests.operations import ADD_OUTSIDE_CALENDAR
from tests.platform.smtp_server import MailServer, hang, mail_server
from tests.practice import Person, Practice
from tests.receiving import Receiver, receiving
from tests.webhooks import SEND_TEST, endpoint

LONGEST_SECONDS = 300.0  # nothing of it ends by itself while the test looks
PREFERS_SMS = (
    "INSERT INTO notification_preferences (user_id, kind, channel, is_on)"
    " SELECT user_id, 'BOOKING_CONFIRMED', channel, channel = 'SMS'"
    " FROM members, (VALUES ('SMS'), ('EMAIL')) c (channel) WHERE user_id = :id RETURNING 1"
)
WHY_NOT = "SELECT status, problem FROM outside_calendars ORDER BY name"
FIFTY_MEGABYTES = 50_000_000


@asynccontextmanager
async def hanging_mail(practice: Practice) -> AsyncIterator[MailServer]:
    """It takes mails and never says so."""
    async with mail_server() as server:
        server.at_data = hang
        times = {"step_seconds": LONGEST_SECONDS, "mail_seconds": LONGEST_SECONDS}
        practice.house.outside.mailer = SmtpMailer(read_smtp_url(server.url), "hello@practice.example", **times)
        yield server


@asynccontextmanager
async def hanging_receivers(count: int) -> AsyncIterator[list[Receiver]]:
    for_ever = asyncio.Event()
    if count == 0:
        yield []
        return
    async with receiving(before=for_ever.wait) as first, hanging_receivers(count - 1) as others:
        yield [first, *others]


async def tell(practice: Practice, *people: Person, occasion: str = "event:1") -> None:
    async with practice.context().unit_of_work() as db:
        ids = [each.user.id for each in people]
        await notify(db, K.BOOKING_CONFIRMED, ids, occasion=occasion, facts={}, now=practice.clock())


async def others_are_served(practice: Practice, coach: Person) -> None:
    """An SMS, a webhook and a notification in the app, all of which begin now."""
    sms = SmsPartner()
    practice.house.outside.sms = sms
    with_phone = await practice.member(coach, phone="+44 20 7946 0000")
    assert len(await practice.rows(PREFERS_SMS, id=with_phone.user.id)) == 2
    async with receiving() as well:
        # By another name: of one host no more than four things are asked at once.
        id_, _ = await endpoint(practice, coach, well.url.replace("127.0.0.1", "localhost"))
        await tell(practice, with_phone)
        await practice.ask(SEND_TEST, coach, input={"id": id_})
        await until(lambda: len(sms.taken) == 1 and len(well.received) == 1)


async def test_a_mail_server_that_hangs_keeps_only_mail_waiting(practice: Practice) -> None:
    practice.house.outside.outgoing = GuardedClient(allow=["127.0.0.1", "localhost"])
    coach = await practice.coach(max_members=50)
    members = await practice.members(3 * AT_ONCE, coach)
    async with hanging_mail(practice) as server, working(practice, farewell=0):
        await tell(practice, *members)
        await until(lambda: len(server.taken) == AT_ONCE)

        await others_are_served(practice, coach)

        assert len(server.taken) == AT_ONCE
        assert await practice.count("deliveries", "status = 'PENDING'") == len(members)


async def test_webhook_endpoints_that_hang_keep_only_themselves_waiting(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.webhooks.sending.SECONDS", LONGEST_SECONDS)
    practice.house.outside.outgoing = GuardedClient(allow=["127.0.0.1", "localhost"])
    coach, other = await practice.coach(), await practice.coach()
    async with hanging_receivers(2) as stuck, working(practice, farewell=0), mail_server() as mails:
        practice.house.outside.mailer = SmtpMailer(read_smtp_url(mails.url), "hello@practice.example")
        for each in stuck:
            id_, _ = await endpoint(practice, coach, each.url)
            for _ in range(4):
                await practice.ask(SEND_TEST, coach, input={"id": id_})
        for each in stuck:
            await each.connected(2)

        await others_are_served(practice, other)
        await tell(practice, await practice.member(other))
        await until(lambda: len(mails.taken) == 1)

        assert [each.most_at_once for each in stuck] == [2, 2]


async def test_calendars_that_nobody_can_read_are_refused_with_their_reasons(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty megabytes, a thousand years of hours, and an address that leads inside; read apart, as in production."""
    practice.house.outside.outgoing = GuardedClient(allow=["127.0.0.1", "localhost"])
    read_briefly = partial(read_busy_times, bounds=Bounds(seconds=1))
    monkeypatch.setattr("app.jobs.scheduling.read_busy_times", read_briefly)
    coach = await practice.coach(max_members=50)
    ages = ics("DTSTART:10260301T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY;UNTIL=20260401T000000Z")
    async with (
        receiving(body=b"x" * FIFTY_MEGABYTES) as large,
        receiving(body=ages) as old,
        receiving(status=302, headers={"location": "http://10.0.0.1/"}) as inside,
        working(practice, farewell=0),
    ):
        for name, url in {"1": large.url, "2": old.url, "3": inside.url}.items():
            added = await practice.ask(ADD_OUTSIDE_CALENDAR, coach, input={"url": url, "name": name})
            assert added["__typename"] == "OutsideCalendar", added
        within = await practice.ask(ADD_OUTSIDE_CALENDAR, coach, input={"url": "http://10.0.0.1/a.ics", "name": "4"})
        assert within["message"] == "the address does not lead to a public one"
        await until(lambda: bool(large.received) and bool(old.received) and bool(inside.received))

        await others_are_served(practice, coach)

        await until(lambda: _all_refused(practice), 120)
    refused = [tuple(row) for row in await practice.rows(WHY_NOT)]
    assert [status for status, _ in refused] == ["FAILED"] * 3
    assert [why for _, why in refused] == [
        "the calendar has more than 5 MB",
        "the calendar cannot be read: it takes too long to read it, or too much memory",
        "the address leads to another one; give that one",
    ]


async def _all_refused(practice: Practice) -> bool:
    return await practice.count("outside_calendars", "problem IS NOT NULL") == 3
