"""The functions that act for the system, asked in SQL: whom they answer, and that they leave nothing open behind."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.actor import SYSTEM, Actor
from app.platform.settings import Settings
from tests.models.small_practice import SmallPractice
from tests.practice import MovableClock, Practice

ALLOWED = {
    "ASSIGNED": {"anna", "one", "admin"},
    "MEMBERS": {"anna", "carl", "one", "admin"},
    "PUBLIC": {"stranger", "anna", "carl", "one", "other", "admin"},
}
ASKING = ["stranger", "anna", "carl", "one", "other", "admin"]


@pytest.fixture(scope="module")
async def small(settings: Settings) -> AsyncIterator[SmallPractice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield await SmallPractice.made_in(practice)


@pytest.fixture
async def db(small: SmallPractice) -> AsyncIterator[AsyncSession]:
    """A transaction in which one asks as several actors; it is rolled back."""
    async with small.practice.as_system() as db:
        yield db
        await db.rollback()


async def become(db: AsyncSession, actor: Actor) -> None:
    for name, value in actor.settings().items():
        await db.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})


async def setting(db: AsyncSession, name: str) -> str:
    return str((await db.execute(text("SELECT current_setting(:name, true)"), {"name": name})).scalar_one())


async def opened(db: AsyncSession, coach_id: str | None, *, locking: bool = False, own: bool = False) -> int | None:
    asked = {"coach": coach_id, "locking": locking, "own": own}
    version = await db.execute(text("SELECT open_calendar(:coach, :locking, :own)"), asked)
    found: int | None = version.scalar_one()
    return found


async def set_audience(db: AsyncSession, coach_id: str, audience: str) -> None:
    await become(db, SYSTEM)
    changed = text("UPDATE coaches SET booking_audience = :audience WHERE id = :id")
    await db.execute(changed, {"audience": audience, "id": coach_id})


@pytest.mark.parametrize("locking", [False, True])
@pytest.mark.parametrize("audience", ALLOWED)
async def test_the_audience_decides_who_opens_a_calendar(
    small: SmallPractice, db: AsyncSession, audience: str, locking: bool
) -> None:
    one = small.coach_id("one")
    await set_audience(db, one, audience)
    stored = (await db.execute(text("SELECT version FROM coach_calendars WHERE coach_id = :id"), {"id": one})).scalar()

    for name in ASKING:
        await become(db, small.actor(name))
        version = await opened(db, one, locking=locking)

        may = name in ALLOWED[audience]
        assert version == (stored if may else None), name
        assert await setting(db, "app.calendar_id") == (one if may else ""), name
        assert await setting(db, "app.system") == "", f"{name} is left with the rights of the system"


async def test_a_member_who_left_opens_it_for_a_live_session_or_place_in_line_of_their_own_only(
    small: SmallPractice, db: AsyncSession
) -> None:
    one = small.coach_id("one")
    await become(db, SYSTEM)
    moved = text("UPDATE members SET coach_id = :coach WHERE id = ANY(:members)")
    left = [small.member_id("anna"), small.member_id("cleo")]
    await db.execute(moved, {"coach": small.coach_id("other"), "members": left})

    await become(db, small.actor("cleo"))
    assert await opened(db, one, own=True) is not None, "she waits"
    await become(db, SYSTEM)
    await db.execute(text("UPDATE waiting_list_entries SET status = 'LEFT', closed_at = now() WHERE closed_at IS NULL"))

    answers = {}
    for name, own in (("anna", False), ("anna", True), ("cleo", True), ("carl", True), ("stranger", True)):
        await become(db, small.actor(name))
        answers[name, own] = await opened(db, one, own=own) is not None

    assert answers == {
        ("anna", False): False,
        ("anna", True): True,
        ("cleo", True): False,  # hers is cancelled, and she has left the line
        ("carl", True): False,
        ("stranger", True): False,
    }


@pytest.mark.parametrize("coach_id", ["01920000-0000-7000-8000-000000000000", None])
@pytest.mark.parametrize("who", ["anna", "admin"])
async def test_a_calendar_that_is_not_there_is_answered_as_one_that_is_closed(
    small: SmallPractice, db: AsyncSession, who: str, coach_id: str | None
) -> None:
    await become(db, small.actor(who))

    assert await opened(db, coach_id) is None
    assert await setting(db, "app.calendar_id") == ""


async def test_a_refusal_closes_the_calendar_that_was_open_before(small: SmallPractice, db: AsyncSession) -> None:
    await become(db, small.actor("anna"))
    await opened(db, small.coach_id("one"))
    assert (await db.execute(text("SELECT count(*) FROM availability_windows"))).scalar_one() == 1

    assert await opened(db, small.coach_id("other")) is None

    assert (await db.execute(text("SELECT count(*) FROM availability_windows"))).scalar_one() == 0


async def test_a_second_calendar_closes_the_first(small: SmallPractice, db: AsyncSession) -> None:
    for name in ("one", "other"):
        await set_audience(db, small.coach_id(name), "PUBLIC")
    await become(db, small.actor("stranger"))

    seen = []
    for name in ("one", "other"):
        await opened(db, small.coach_id(name))
        seen.append((await small.seen(db))["coach_calendars"])

    assert seen == [["one"], ["other"]]


async def test_the_calendar_is_open_until_the_end_of_the_transaction_only(small: SmallPractice) -> None:
    async with small.practice.as_actor(small.actor("anna")) as db:
        assert await opened(db, small.coach_id("one")) is not None
    async with small.practice.as_actor(small.actor("anna")) as db:
        assert await setting(db, "app.calendar_id") == ""
        assert (await small.seen(db))["coach_calendars"] == []


BUSY = text("SELECT * FROM busy_times(CAST(:member AS uuid), '2026-03-02 00:00Z', '2026-03-03 00:00Z')")
NINE_TO_TEN = [(1772442000, 1772445600)]


@pytest.mark.parametrize("who", ["stranger", "anna", "ben", "carl", "one", "other", "admin"])
async def test_when_a_member_is_busy_is_told_to_them_to_their_coach_and_to_admins(
    small: SmallPractice, db: AsyncSession, who: str
) -> None:
    await become(db, small.actor(who))

    busy = (await db.execute(BUSY, {"member": small.member_id("anna")})).all()

    assert busy == (NINE_TO_TEN if who in {"anna", "one", "admin"} else [])
    assert await setting(db, "app.system") == "", "left with the rights of the system"


async def test_a_cancelled_session_keeps_nobody_busy(small: SmallPractice, db: AsyncSession) -> None:
    await become(db, small.actor("cleo"))

    assert (await db.execute(BUSY, {"member": small.member_id("cleo")})).all() == []
