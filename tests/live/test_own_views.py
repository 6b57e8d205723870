"""What every view of one's own does, whatever it shows: here the biography of a coach, in a dozen lines."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.live.views import MARKS, Key, Told
from app.models.coaches import Coach
from app.platform.database import Database, DatabaseAway
from app.problems import Forbidden
from tests.practice import Person, Practice


@pytest.fixture(autouse=True)
def biographies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marked by themselves; and what tries again does so soon."""
    monkeypatch.setitem(MARKS, "biography", text("SELECT id, bio FROM coaches WHERE id = ANY(:ids)"))
    monkeypatch.setattr("app.live.views.random.uniform", lambda least, most: 0.01)


def biography(practice: Practice, coach: Person) -> AsyncGenerator[str | None, None]:
    key = Key("biography", id_of(coach))

    async def read(db: AsyncSession, actor: Actor, now: datetime, seen: tuple[str | None] | None) -> Told[str | None]:
        found = await db.get(Coach, key.id)
        if found is None:
            raise Forbidden
        newest = (found.bio,)
        return Told(found.bio if newest != seen else None, newest)

    return practice.house.views.follow(coach.actor, key, read)


def id_of(coach: Person) -> UUID:
    assert coach.coach is not None
    return coach.coach.id


async def written(practice: Practice, coach: Person, words: str) -> None:
    """Of which nobody hears."""
    await practice.rows("UPDATE coaches SET bio = :b WHERE id = :c RETURNING 1", b=words, c=id_of(coach))


async def told(practice: Practice, coach: Person, words: str) -> None:
    await written(practice, coach, words)
    practice.house.views.tell(Key("biography", id_of(coach)))


async def following(view: AsyncIterator[str | None]) -> str | None:
    async with asyncio.timeout(5):
        return await anext(view)


async def test_a_view_needs_a_key_and_a_reading(practice: Practice) -> None:
    coach, other = await practice.coach(bio="One"), await practice.coach(bio="Another")
    async with aclosing(biography(practice, coach)) as view, aclosing(biography(practice, other)) as others:
        assert (await following(view), await following(others)) == ("One", "Another")
        await told(practice, coach, "Two")
        assert await following(view) == "Two"
        await told(practice, other, "Three")
        assert await following(others) == "Three"
        assert practice.house.views.readings == 4


async def test_a_hint_of_nothing_new_makes_nobody_read(practice: Practice) -> None:
    coach = await practice.coach(bio="One")
    async with aclosing(biography(practice, coach)) as view:
        await following(view)
        for hint in ("0", "7", "9" * 5_000, "no number", ""):
            await practice.application.bus.publish(f"biography:{id_of(coach)}", hint)
            practice.house.views.tell(Key("biography", id_of(coach)))
        await told(practice, coach, "Two")

        assert await following(view) == "Two"
        assert practice.house.views.readings == 2


async def test_many_views_that_are_opened_at_once_are_compared_together(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coaches = [await practice.coach(bio=str(number)) for number in range(12)]
    compared: list[int] = []
    live = practice.house.views
    compare = live._compare

    async def comparing(keys: set[Key]) -> None:
        compared.append(len(keys))
        while sum(compared) + len(live._to_look_at) < 12:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
        await compare(keys)

    monkeypatch.setattr(live, "_compare", comparing)
    views = [biography(practice, coach) for coach in coaches]
    shown = await asyncio.gather(*map(following, views))
    for view in views:
        await view.aclose()

    assert shown == [str(number) for number in range(12)]
    assert len(compared) <= 2


class Failing:
    """A database whose next transactions of somebody are lost: before they have read, or as late as it can be."""

    def __init__(self, database: Database, *, of: str, late: bool = False, times: int = 1) -> None:
        self._database, self._late, self._of, self.times = database, late, of, times

    @asynccontextmanager
    async def transaction(self, settings: Mapping[str, str], *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        fails = self.times > 0 and settings["app.role"] == self._of
        self.times -= fails
        if fails and not self._late:
            raise DatabaseAway
        async with self._database.transaction(settings, read_only=read_only) as db:
            yield db
        if fails:
            raise DatabaseAway


@pytest.mark.parametrize("late", [False, True], ids=["before it has read", "after it has read"])
async def test_a_reading_that_fails_loses_nothing(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    coach = await practice.coach(bio="One")
    async with aclosing(biography(practice, coach)) as view:
        await following(view)
        failing = Failing(practice.house.database, of="COACH", late=late)
        monkeypatch.setattr(practice.house.views, "_database", failing)
        await told(practice, coach, "Two")

        assert await following(view) == "Two"
        assert failing.times == 0


async def test_what_could_not_be_compared_is_found_by_the_sweep(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await practice.coach(bio="One")
    async with aclosing(biography(practice, coach)) as view:
        await following(view)
        failing = Failing(practice.house.database, of="SYSTEM")
        monkeypatch.setattr(practice.house.views, "_database", failing)
        await written(practice, coach, "Two")
        await practice.house.views._compare({Key("biography", id_of(coach))})
        assert failing.times == 0
        await practice.house.views._compare({Key("biography", id_of(coach))})  # as the sweep does

        assert await following(view) == "Two"


@pytest.mark.parametrize("of", ["SYSTEM", "COACH"])
async def test_a_view_that_cannot_be_opened_says_so(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    coach = await practice.coach(bio="One")
    monkeypatch.setattr(practice.house.views, "_database", Failing(practice.house.database, of=of, times=99))
    async with aclosing(biography(practice, coach)) as view:
        if of == "COACH":
            with pytest.raises(DatabaseAway):
                await following(view)
        else:  # it reads all the same: only what is new later needs a mark
            assert await following(view) == "One"

    assert practice.house.views.open_views == 0


async def test_a_change_between_the_snapshot_and_the_first_hint_is_not_lost(practice: Practice) -> None:
    """Hints are heard before anything is read."""
    coach = await practice.coach(bio="One")
    async with aclosing(biography(practice, coach)) as view:
        first = asyncio.create_task(following(view))
        for number in range(20):
            await asyncio.sleep(0)
            await told(practice, coach, f"Draft {number}")
        shown = await first
        while shown != "Draft 19":
            shown = await following(view)
