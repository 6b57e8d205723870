"""What ends a view, and what does not though it goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from app.platform.direct import DirectDatabase
from tests.live.test_joined_views import all_have_joined, joined, until
from tests.live.views import View, watching
from tests.operations import add_window, transferred
from tests.practice import Person, Practice
from tests.server.serving import Served, start_serving

NINE, TEN, ELEVEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
WEEK = ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")


@pytest.fixture
async def served(practice: Practice) -> AsyncIterator[Served]:
    async with start_serving(practice.application) as served:
        yield served


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tries again does so soon."""
    monkeypatch.setattr("app.live.calendars.random.uniform", lambda least, most: 0.01)


async def raised(practice: Practice, coach: Person) -> int:
    """A version more, of which nobody hears."""
    assert coach.coach is not None
    statement = "UPDATE coach_calendars SET version = version + 1 WHERE coach_id = :c RETURNING version"
    ((version,),) = await practice.rows(statement, c=coach.coach.id)
    return int(version)


def codes(view: View) -> list[str]:
    return [error["extensions"]["code"] for error in view.errors]


async def test_views_of_a_coach_who_is_gone_end(practice: Practice, served: Served) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    await add_window(practice, coach)
    assert coach.coach is not None
    live = practice.house.live
    async with (
        joined(served, None, coach) as one,
        joined(served, coach, coach) as other,
        watching(practice, None, coach, *WEEK) as waiting,
    ):
        await all_have_joined(practice, 2)
        await practice.rows("DELETE FROM coach_calendars WHERE coach_id = :c RETURNING 1", c=coach.coach.id)
        await live._compare([coach.coach.id])  # as the sweep does
        await asyncio.gather(*(view.reaches(2) for view in (one, other, waiting)))

        assert codes(one) == codes(other) == codes(waiting) == ["FORBIDDEN"]
        await until(lambda: live.open_views == 0)


async def test_who_is_another_coachs_now_is_told_of_no_more_when_time_moves(practice: Practice, served: Served) -> None:
    practice.clock.move(minutes=25)
    coach, next_coach = await practice.coach(min_notice_minutes=30), await practice.coach()
    staying, leaving = await practice.member(coach), await practice.member(coach)
    await add_window(practice, coach)
    async with joined(served, staying, coach) as stays, joined(served, leaving, coach) as leaves:
        await all_have_joined(practice, 2)
        await transferred(practice, leaving, next_coach)
        practice.clock.move(minutes=6)
        await practice.house.live.move_time()
        async with asyncio.timeout(5), stays.changed:
            await stays.changed.wait_for(lambda: stays.messages == 2)
        await leaves.reaches(99)

        assert stays.bookable == [TEN, ELEVEN]
        assert leaves.bookable == [NINE, TEN, ELEVEN]
        assert (codes(stays), codes(leaves)) == ([], ["FORBIDDEN"])


class Failing:
    """Connections whose first statement fails."""

    def __init__(self, direct: DirectDatabase, failure: Exception) -> None:
        self._direct, self._failures = direct, [failure]

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        async with self._direct.connection() as db:
            if self._failures:
                raise self._failures.pop()
            yield db


@pytest.mark.parametrize(
    "failure",
    [asyncpg.QueryCanceledError("timeout"), asyncpg.TooManyConnectionsError("full"), OSError("gone")],
    ids=str,
)
@pytest.mark.usefixtures("at_once")
async def test_a_reading_that_fails_ends_no_view(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    assert coach.coach is not None
    async with watching(practice, coach, coach, *WEEK) as view:
        monkeypatch.setattr(practice.house.live, "_direct", Failing(practice.house.live._direct, failure))
        version = await raised(practice, coach)
        practice.house.live.tell(coach.coach.id, version)
        await view.reaches(version)

        assert (view.version, view.errors) == (version, [])


class Held:
    """Connections whose answers come late."""

    def __init__(self, direct: DirectDatabase) -> None:
        self._direct = direct
        self.is_read, self.may_come = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Held"]:
        async with self._direct.connection() as self._db:
            yield self

    async def fetchrow(self, *asked: Any) -> Any:
        row = await self._db.fetchrow(*asked)
        self.is_read.set()
        await self.may_come.wait()
        return row


async def test_what_was_lost_while_a_view_was_first_read_is_read(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    assert coach.coach is not None
    held = Held(practice.house.live._direct)
    monkeypatch.setattr(practice.house.live, "_direct", held)

    async def change() -> int:
        await held.is_read.wait()
        version = await raised(practice, coach)
        await practice.house.live._compare([coach.coach.id])  # type: ignore[union-attr]  # as after a hint was lost
        held.may_come.set()
        return version

    changing = asyncio.create_task(change())
    async with watching(practice, coach, coach, *WEEK) as view:
        version = await changing
        await view.reaches(version)

        assert view.version == version


@pytest.mark.parametrize("forged", ["9" * 5_000, "10000000000"], ids=["very long", "too long"])
async def test_a_hint_that_no_process_gave_makes_versions_be_compared_and_no_more(
    practice: Practice, forged: str
) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    assert coach.coach is not None
    channel, live = f"calendar:{coach.coach.id}", practice.house.live
    async with watching(practice, coach, coach, *WEEK) as view:
        readings = live.readings
        version = await raised(practice, coach)
        await practice.application.bus.publish(channel, forged)
        await view.reaches(version)
        assert live.readings == readings + 1

        version = await raised(practice, coach)
        await practice.application.bus.publish(channel, str(version))
        await view.reaches(version)

        assert view.version == version
