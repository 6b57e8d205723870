"""What was not done by the end of its day, where the member is, is overdue: at that moment, and told once."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.events import ActionItemOverdue
from app.jobs.growth import OVERDUE
from app.services.growth import overdue
from tests.interventions import ADD_ITEM, COMPLETE_ITEM, REOPEN_ITEM, UPDATE_ITEM, item
from tests.operations import nothing_written
from tests.practice import Person, Practice

NOTIFICATIONS = "{ notifications { edges { node { kind } } } }"


@pytest.fixture
async def member(practice: Practice) -> Person:
    return await practice.member(await practice.coach())


async def lives_in(practice: Practice, zone: str) -> None:
    await practice.rows("UPDATE users SET time_zone = :zone WHERE role = 'MEMBER' RETURNING id", zone=zone)


async def statuses(practice: Practice) -> list[str]:
    await OVERDUE.work(practice.context())
    return [status for (status,) in await practice.rows("SELECT status::text FROM action_items ORDER BY id")]


async def told(practice: Practice) -> int:
    return sum(isinstance(event, ActionItemOverdue) for event in await practice.told())


@pytest.mark.parametrize(
    ("zone", "due", "last_moment"),
    [
        ("UTC", "2026-03-10", "2026-03-10T23:59:59"),
        ("Pacific/Kiritimati", "2026-03-10", "2026-03-10T09:59:59"),
        ("America/Los_Angeles", "2026-03-08", "2026-03-09T06:59:59"),  # a day of 23 hours
        ("Europe/Berlin", "2026-03-29", "2026-03-29T21:59:59"),  # the same
        ("Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59"),  # a day of 25
        ("Pacific/Niue", "2026-03-10", "2026-03-11T10:59:59"),
    ],
)
async def test_a_day_ends_where_the_member_is(
    practice: Practice, member: Person, zone: str, due: str, last_moment: str
) -> None:
    await lives_in(practice, zone)
    await item(practice, member, dueDate=due)
    await item(practice, member)

    practice.clock.now = datetime.fromisoformat(last_moment).replace(tzinfo=UTC)
    assert await statuses(practice) == ["PENDING", "PENDING"]
    practice.clock.move(seconds=1)
    assert await statuses(practice) == ["OVERDUE", "PENDING"]


async def test_however_many_look_it_is_told_once_and_the_member_hears_of_it(
    practice: Practice, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overdue, "AT_ONCE", 2)
    for _ in range(5):
        await item(practice, member, dueDate="2026-03-02")
    practice.clock.move(days=1)
    await asyncio.gather(*(OVERDUE.work(practice.context()) for _ in range(4)))
    practice.clock.move(days=1)

    assert await statuses(practice) == ["OVERDUE"] * 5
    assert await told(practice) == 5
    (event,) = {type(event) for event in await practice.told()} - {ActionItemOverdue}
    assert event.__name__ == "ActionItemAdded"
    await practice.work()
    kinds = [edge["node"]["kind"] for edge in (await practice.ask(NOTIFICATIONS, member))["edges"]]
    assert kinds == ["ACTION_ITEM_OVERDUE"] * 5


async def test_a_later_day_none_or_doing_it_ends_that_it_is_overdue(practice: Practice, member: Person) -> None:
    later, never, done = [await item(practice, member, dueDate="2026-03-02") for _ in range(3)]
    practice.clock.move(days=1)
    assert await statuses(practice) == ["OVERDUE"] * 3
    worded = await practice.ask(UPDATE_ITEM, member, input={"id": never["id"], "expectedVersion": 1, "title": "Words"})
    assert worded["status"] == "OVERDUE"
    for which, version, day in ((later, 1, "2026-03-05"), (never, 2, None)):
        asked = {"id": which["id"], "expectedVersion": version, "dueDate": day}
        assert (await practice.ask(UPDATE_ITEM, member, input=asked))["status"] == "PENDING"
    await practice.ask(COMPLETE_ITEM, member, input={"id": done["id"]})
    assert await statuses(practice) == ["PENDING", "PENDING", "COMPLETED"]

    reopened = await practice.ask(REOPEN_ITEM, member, input={"id": done["id"]})
    assert reopened["status"] == "OVERDUE", "its day is over still"
    practice.clock.move(days=3)
    assert await statuses(practice) == ["OVERDUE", "PENDING", "OVERDUE"]
    assert await told(practice) == 4, "the later day is another occasion; what was taken up again is known to be late"


async def test_a_day_that_is_over_is_neither_given_nor_moved_to(practice: Practice, member: Person) -> None:
    await lives_in(practice, "America/Los_Angeles")
    today = await item(practice, member, dueDate="2026-03-02")  # eight in the morning of Monday in UTC, and midnight
    practice.clock.move(days=1)

    async with nothing_written(practice):
        refused = await practice.ask(ADD_ITEM, member, input={"title": "Too late", "dueDate": "2026-03-02"})
        asked = {"id": today["id"], "expectedVersion": 1, "dueDate": "2026-03-01"}
        moved = await practice.ask(UPDATE_ITEM, member, input=asked)
    assert [each["field"] for each in (refused, moved)] == ["dueDate"] * 2


async def test_what_is_done_while_it_becomes_overdue_stays_done(practice: Practice, member: Person) -> None:
    keys = [(await item(practice, member, dueDate="2026-03-02"))["id"] for _ in range(8)]
    practice.clock.move(days=1)
    doing = [practice.ask(COMPLETE_ITEM, member, input={"id": key}) for key in keys]
    await asyncio.gather(OVERDUE.work(practice.context()), *doing, OVERDUE.work(practice.context()))

    assert await statuses(practice) == ["COMPLETED"] * 8
    assert await told(practice) <= 8
