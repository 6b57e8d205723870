"""What the tests of grouped requests share: asking in one moment, and holding a calendar or a group up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from app.services.scheduling import Booked, BookSession
from app.services.scheduling import writer as writing_together
from app.services.scheduling.requests import Asked, Change, Decision, Earlier, Found
from app.services.scheduling.writing import open_requests
from tests.operations import add_window
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
PATIENCE_SECONDS = 20.0
TRANSACTIONS = "SELECT DISTINCT xmin::text FROM bookings"


def wish(coach: Person, starts_at: str = NINE, **more: Any) -> BookSession:
    assert coach.coach is not None
    return BookSession.read(coach_id=coach.coach.id, starts_at=starts_at, **more)


def book(practice: Practice, who: Person, coach: Person, starts_at: str = NINE, **more: Any) -> Awaitable[Booked]:
    return practice.context(who).book(wish(coach, starts_at, **more))


async def at_once(*asked: Awaitable[Any]) -> list[Any]:
    """Their answers, refusals too; all are asked in one round of the loop."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return list(await asyncio.gather(*asked, return_exceptions=True))


@contextmanager
def at_the_first_try() -> Iterator[None]:
    """Nothing is refused by the schema and decided again, which would hide a wrong decision."""
    with structlog.testing.capture_logs() as lines:
        yield
    again = ("write lost a race", "requests are tried apart", "requests were cut off")
    assert not [line for line in lines if line["event"] in again]


def kinds(answers: list[Any]) -> list[type]:
    return [type(answer) for answer in answers]


async def open_coach(practice: Practice, seats: int = 1, **changes: Any) -> Person:
    coach = await practice.coach(**changes)
    await add_window(practice, coach, seats=seats)
    return coach


def key_of(person: Person) -> Any:
    profile = person.coach or person.member
    assert profile is not None
    return profile.id


async def version_of(practice: Practice, coach: Person) -> int:
    ((version,),) = await practice.rows("SELECT version FROM coach_calendars WHERE coach_id = :id", id=key_of(coach))
    return int(version)


async def events_of(practice: Practice, member: Person) -> list[str]:
    rows = await practice.rows(
        "SELECT event_type FROM outbox WHERE event ->> 'member_id' = :id ORDER BY id", id=str(key_of(member))
    )
    return [row[0] for row in rows]


@asynccontextmanager
async def calendar_held(practice: Practice, coach: Person) -> AsyncIterator[None]:
    """Somebody else, in another process perhaps, has this calendar's turn."""
    async with practice.as_system() as db:
        statement = text("SELECT FROM coach_calendars WHERE coach_id = :id FOR UPDATE")
        await db.execute(statement, {"id": key_of(coach)})
        yield


class Gate:
    """Lets no group begin to read until it is opened; says when one has come, and how large the groups were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has_come, self.is_open = asyncio.Event(), asyncio.Event()
        self.groups: list[int] = []
        monkeypatch.setattr(writing_together, "open_requests", self._open_requests)

    async def _open_requests(self, db: Any, group: list[Asked], *, waiting: bool) -> list[Found | None]:
        self.groups.append(len(group))
        self.has_come.set()
        await self.is_open.wait()
        return await open_requests(db, group, waiting=waiting)


async def joined(practice: Practice, waiting: int) -> None:
    """Returns when so many wait behind the group that is under way."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(practice.house.calendars._waiting) < waiting:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.001)


def change_of(decision: Decision | Earlier) -> Change:
    assert isinstance(decision, Decision)
    return decision.change
