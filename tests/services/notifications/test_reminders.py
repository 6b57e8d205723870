"""Requirements 4.3, 4.4, 11.2 and 11.3: reminders 24 hours and 1 hour before a session, to both, once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.jobs.notifications import REMIND
from app.services.notifications import due_reminders, reminders
from tests.operations import add_window, booked, cancelled, moved
from tests.practice import Person, Practice
from tests.services.notifications.told import mails, worked

NEXT_WEEK, ELEVEN_THEN = "2026-03-09T09:00:00Z", "2026-03-09T11:00:00Z"
START = datetime(2026, 3, 9, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
K24, K1 = "SESSION_REMINDER_24_HOURS", "SESSION_REMINDER_1_HOUR"
SAID = (
    "SELECT n.kind, n.skipped, n.is_listed FROM notifications n WHERE user_id = :id AND kind LIKE 'SESSION_REMINDER%'"
    " ORDER BY n.created_at, n.kind"
)
REASONS = (
    "SELECT d.status, d.reason FROM deliveries d JOIN notifications n ON n.id = d.notification_id"
    " WHERE n.kind LIKE 'SESSION_REMINDER%' ORDER BY n.facts ->> 'version'"
)


async def pair(practice: Practice) -> tuple[Person, Person, str]:
    """A coach, their member, and a session on Monday in a week, at nine."""
    coach = await practice.coach()
    await add_window(practice, coach, end="18:00")
    member = await practice.member(coach)
    return coach, member, await booked(practice, member, coach, NEXT_WEEK)


async def reminded(practice: Practice, who: Person) -> list[str]:
    """Of what kinds, in their order."""
    await worked(practice)
    return [kind for kind, skipped, _ in await practice.rows(SAID, id=who.user.id) if skipped is None]


async def skipped(practice: Practice, who: Person) -> list[tuple[str, str]]:
    await worked(practice)
    rows = await practice.rows(SAID, id=who.user.id)
    assert not any(is_listed for _, why, is_listed in rows if why is not None)
    return [(kind, why) for kind, why, _ in rows if why is not None]


async def test_4_3_and_11_2_both_are_reminded_24_hours_before(practice: Practice) -> None:
    coach, member, _ = await pair(practice)
    practice.clock.now = START - DAY - timedelta(seconds=1)
    assert await reminded(practice, member) == await reminded(practice, coach) == []

    practice.clock.now = START - DAY
    assert await reminded(practice, member) == await reminded(practice, coach) == [K24]
    assert (K24, "PENDING") in await mails(practice, member)
    assert (K24, "PENDING") in await mails(practice, coach)


async def test_4_4_and_11_3_both_are_reminded_1_hour_before(practice: Practice) -> None:
    coach, member, _ = await pair(practice)
    practice.clock.now = START - DAY
    await worked(practice)
    practice.clock.now = START - HOUR - timedelta(seconds=1)
    assert await reminded(practice, member) == await reminded(practice, coach) == [K24]

    practice.clock.now = START - HOUR
    assert await reminded(practice, member) == await reminded(practice, coach) == [K24, K1]
    assert (K1, "PENDING") in await mails(practice, member)
    assert (K1, "PENDING") in await mails(practice, coach)


async def test_nobody_is_reminded_twice(practice: Practice) -> None:
    _, member, _ = await pair(practice)
    practice.clock.now = START - DAY
    for _ in range(3):
        await worked(practice)
        practice.clock.move(minutes=1)

    assert await reminded(practice, member) == [K24]
    assert (await mails(practice, member)).count((K24, "PENDING")) == 1


@pytest.mark.parametrize(
    ("start", "kinds"),
    [
        ("2026-03-02T08:30:00Z", []),
        ("2026-03-02T09:00:00Z", []),
        ("2026-03-02T13:00:00Z", [K1]),
        ("2026-03-03T08:00:00Z", [K1]),
        ("2026-03-03T08:30:00Z", [K24, K1]),
    ],
    ids=["30 minutes before", "1 hour before", "5 hours before", "24 hours before", "24.5 hours before"],
)
async def test_who_books_when_a_reminder_would_be_due_already_is_not_given_it(
    practice: Practice, start: str, kinds: list[str]
) -> None:
    coach = await practice.coach(slot_interval_minutes=30)
    for day in ("MONDAY", "TUESDAY"):
        await add_window(practice, coach, day, "08:00", "18:00")
    member = await practice.member(coach)
    await booked(practice, member, coach, start)
    starts_at = datetime.fromisoformat(start)
    while practice.clock() < starts_at + HOUR:
        await worked(practice)
        practice.clock.move(minutes=30)

    assert await reminded(practice, member) == kinds
    assert await skipped(practice, member) == []


async def test_a_session_that_is_moved_is_reminded_of_anew_and_what_was_not_handed_over_is_skipped(
    practice: Practice,
) -> None:
    coach, member, session = await pair(practice)
    practice.clock.now = START - DAY
    await worked(practice)
    await moved(practice, member, session, "2026-03-16T09:00:00Z")
    await worked(practice)
    assert {tuple(row) for row in await practice.rows(REASONS)} == {("SKIPPED", reminders.OUTDATED)}

    practice.clock.now = START + 6 * DAY
    assert await reminded(practice, member) == await reminded(practice, coach) == [K24, K24]
    assert [status for status, _ in await practice.rows(REASONS)] == ["SKIPPED", "SKIPPED", "PENDING", "PENDING"]


async def test_a_session_that_is_moved_and_moved_back_is_reminded_of_anew(practice: Practice) -> None:
    _, member, session = await pair(practice)
    practice.clock.now = START - DAY
    await worked(practice)
    await moved(practice, member, session, "2026-03-16T09:00:00Z")
    await worked(practice)
    practice.clock.now -= HOUR
    await moved(practice, member, session, NEXT_WEEK)
    practice.clock.now = START - DAY

    assert await reminded(practice, member) == [K24, K24]
    assert [status for status, _ in await practice.rows(REASONS)] == ["SKIPPED", "SKIPPED", "PENDING", "PENDING"]


async def test_of_a_cancelled_session_nobody_is_reminded_and_what_was_not_handed_over_is_skipped(
    practice: Practice,
) -> None:
    coach, member, session = await pair(practice)
    practice.clock.now = START - DAY
    await worked(practice)
    await cancelled(practice, coach, session)
    practice.clock.now = START - HOUR

    assert await reminded(practice, member) == [K24]
    assert [tuple(row) for row in await practice.rows(REASONS)] == [("SKIPPED", reminders.OUTDATED)] * 2


async def test_a_reminder_that_was_handed_over_stays_so(practice: Practice) -> None:
    coach, _, session = await pair(practice)
    practice.clock.now = START - DAY
    await worked(practice)
    await practice.rows("UPDATE deliveries SET status = 'SENT', sent_at = now() RETURNING 1")
    await cancelled(practice, coach, session)
    await worked(practice)

    assert {status for status, _ in await practice.rows(REASONS)} == {"SENT"}


async def test_hours_are_hours_when_the_clocks_change(practice: Practice) -> None:
    """On Sunday, 29 March, ten o'clock in Berlin is 23 hours after ten o'clock on Saturday."""
    coach = await practice.coach(time_zone="Europe/Berlin")
    await add_window(practice, coach, "SUNDAY", "10:00", "11:00")
    member = await practice.member(coach)
    await booked(practice, member, coach, "2026-03-29T08:00:00Z")
    practice.clock.now = datetime(2026, 3, 28, 7, 59, tzinfo=UTC)
    assert await reminded(practice, member) == []
    practice.clock.move(minutes=1)

    assert await reminded(practice, member) == [K24]


async def test_after_an_hour_without_a_worker_reminders_are_late_but_given_once(practice: Practice) -> None:
    coach, member, _ = await pair(practice)
    practice.clock.now = START - DAY + HOUR
    assert await reminded(practice, member) == await reminded(practice, coach) == [K24]
    practice.clock.now = START - timedelta(minutes=1)

    assert await reminded(practice, member) == await reminded(practice, coach) == [K24, K1]
    assert await skipped(practice, member) == []


async def test_nobody_is_reminded_after_the_start_and_it_is_said_why(practice: Practice) -> None:
    _, member, _ = await pair(practice)
    practice.clock.now = START - DAY
    await worked(practice)
    practice.clock.now = START

    assert await skipped(practice, member) == [(K1, reminders.HAD_BEGUN)]
    assert K1 not in dict(await mails(practice, member))


async def test_after_a_day_without_a_worker_one_reminder_is_given_and_not_two(practice: Practice) -> None:
    _, member, _ = await pair(practice)
    practice.clock.now = START - HOUR / 2

    assert await reminded(practice, member) == [K1]
    assert await skipped(practice, member) == [(K24, reminders.OVERTAKEN)]


async def test_two_scans_at_once_remind_each_once(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "AT_ONCE", 3)
    coach = await practice.coach()
    await add_window(practice, coach, seats=10)
    for member in await practice.members(10, coach):
        await booked(practice, member, coach, NEXT_WEEK)
    practice.clock.now = START - DAY
    await asyncio.gather(*(REMIND.work(practice.context()) for _ in range(4)))
    await REMIND.work(practice.context())

    assert await practice.count("notifications") == await practice.count("deliveries") == 20
    assert await practice.count("notifications", "user_id = :id", id=coach.user.id) == 10
    assert await practice.count("pgqueuer", "entrypoint = 'send_mail'") == 20


async def test_a_session_that_is_being_called_off_is_left_to_the_next_scan(practice: Practice) -> None:
    _, member, _ = await pair(practice)
    practice.clock.now = START - DAY
    async with practice.as_system() as db:
        await db.execute(text("SELECT 1 FROM sessions FOR UPDATE"))
        await REMIND.work(practice.context())
        assert await practice.rows(SAID, id=member.user.id) == []

    assert await reminded(practice, member) == [K24]


async def test_who_is_not_active_is_not_reminded_and_the_other_is(practice: Practice) -> None:
    coach, member, _ = await pair(practice)
    await practice.rows("UPDATE users SET is_active = false WHERE id = :id RETURNING 1", id=member.user.id)
    practice.clock.now = START - DAY

    assert (await reminded(practice, member), await reminded(practice, coach)) == ([], [K24])


@pytest.mark.parametrize("count", [1, 2])
async def test_who_is_switched_off_is_not_due_for_ever(practice: Practice, count: int) -> None:
    both = await pair(practice)
    for person in both[:2][-count:]:
        await practice.rows("UPDATE users SET is_active = false WHERE id = :id RETURNING 1", id=person.user.id)
    practice.clock.now = START - DAY
    await worked(practice)

    async with practice.as_system() as db:
        assert (await due_reminders(db, practice.clock())).count == 0


async def test_what_is_due_can_be_told(practice: Practice) -> None:
    coach, member, _ = await pair(practice)
    await booked(practice, member, coach, ELEVEN_THEN)
    await worked(practice)

    async def due() -> tuple[int, datetime | None]:
        async with practice.as_system() as db:
            found = await due_reminders(db, practice.clock())
        return found.count, found.oldest_due_at

    assert await due() == (0, None)
    practice.clock.now = START - DAY + 2 * HOUR
    assert await due() == (2, START - DAY)
    await worked(practice)
    assert await due() == (0, None)
    practice.clock.now = START - HOUR / 2
    assert await due() == (1, START - HOUR)
