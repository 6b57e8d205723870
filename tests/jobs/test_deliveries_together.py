"""Deliveries of one moment are claimed and written down together, and each is judged alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from app.models.notifications import Notification
from app.services.notifications import rendering
from app.services.notifications.deliveries import Claim, Sms
from tests.jobs.delivering import K, tell
from tests.jobs.working import until, working
from tests.platform.smtp_server import MailServer
from tests.practice import Practice

COUNT = 12
EACH = "SELECT status, attempts, reason FROM deliveries ORDER BY status, reason"


async def claims(practice: Practice) -> list[Claim]:
    return [Claim(*row) for row in await practice.rows("SELECT id, sending FROM deliveries ORDER BY id")]


async def test_of_many_at_once_each_comes_once_or_says_why_not(
    practice: Practice, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await practice.member(await practice.coach()) for _ in range(COUNT)]
    for person in people:
        await tell(practice, person, starts_at="2026-03-03T10:00:00Z")
    broken, off = people[0].user.id, people[1].user.id
    await practice.rows("UPDATE users SET is_active = false WHERE id = :id RETURNING 1", id=off)

    async def texts_of(db: Any, notifications: Sequence[Notification]) -> list[rendering.Texts]:
        if any(each.user_id == broken for each in notifications):
            raise KeyError("of whatever kind")
        return await rendering.texts_of(db, notifications)

    monkeypatch.setattr("app.services.notifications.deliveries.texts_of", texts_of)
    async with working(practice):
        await until(lambda: len(server.taken) == COUNT - 2)
        await until(practice_is_done(practice))

    kept = [tuple(row) for row in await practice.rows(EACH)]
    assert kept == [
        ("PENDING", 1, "It could not be handed over: KeyError"),
        *[("SENT", 1, None)] * (COUNT - 2),
        ("SKIPPED", 1, "This account is switched off"),
    ]
    assert {mail["To"] for mail in server.taken} == {person.user.email for person in people[2:]}


def practice_is_done(practice: Practice) -> Any:
    async def look() -> bool:
        return await practice.count("deliveries", "tried_at IS NULL OR (status = 'PENDING' AND reason IS NULL)") == 0

    return look


async def test_a_claim_of_another_sending_is_void_beside_one_that_is_good(practice: Practice) -> None:
    await tell(practice, await practice.member(await practice.coach()), K.BOOKING_CONFIRMED)
    (good,) = await claims(practice)
    leaving = practice.house.leaving

    void, mail = await asyncio.gather(leaving.claim(Claim(good.delivery_id, 2)), leaving.claim(good))

    assert void is None
    assert mail is not None
    assert not isinstance(mail, Sms)
    assert mail.key == str(good.delivery_id)
    await asyncio.gather(leaving.record_sent(Claim(good.delivery_id, 2)), leaving.record_sent(good))
    assert await practice.count("deliveries", "status = 'SENT' AND sent_at IS NOT NULL") == 1
