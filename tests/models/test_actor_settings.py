"""Who asks ends with the transaction, and a transfer hands on the history but not what comes after it."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.actor import SYSTEM, Actor, Standing
from app.platform import migrations
from app.platform.database import Database, make_engine
from app.platform.ids import new_id
from app.platform.settings import Settings
from tests.operations import ASSIGN, add_window, booked
from tests.practice import Person, Practice

ADMIN = Actor(Standing.ADMIN, user_id=new_id(), coach_id=new_id(), member_id=new_id())
SETTINGS = tuple(ADMIN.settings())
NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """One connection for all that follows."""
    engine = make_engine(settings.database_url, pool_size=1, assume_role=migrations.assumed_role(settings))
    database = Database(engine)
    yield database
    await database.close()


async def left_over(connection: AsyncConnection) -> tuple[int, dict[str, str]]:
    """The backend's number, and the settings that it still holds."""
    values = [await connection.scalar(text("SELECT current_setting(:name, true)"), {"name": name}) for name in SETTINGS]
    pid = await connection.scalar(text("SELECT pg_backend_pid()"))
    return int(pid or 0), {name: value for name, value in zip(SETTINGS, values, strict=True) if value}


@pytest.mark.parametrize("actor", [ADMIN, SYSTEM], ids=["admin", "system"])
async def test_nothing_of_an_actor_is_left_on_the_connection_after_a_commit(database: Database, actor: Actor) -> None:
    async with database.transaction(actor.settings()) as db:
        pid, held = await left_over(await db.connection())
        assert held == {name: value for name, value in actor.settings().items() if value}

    async with database.engine.connect() as connection:
        assert await left_over(connection) == (pid, {})


async def test_nothing_of_an_actor_is_left_after_a_failure(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction(SYSTEM.settings()) as db:
            await db.execute(text("SELECT 1 / 0"))

    async with database.engine.connect() as connection:
        before, _ = await left_over(connection)
    with pytest.raises(DBAPIError, match="division by zero"):
        await fail()
    async with database.engine.connect() as connection:
        assert await left_over(connection) == (before, {})


async def test_nothing_is_left_of_a_function_that_acted_for_the_system_and_failed(practice: Practice) -> None:
    """The trigger that counts members takes up the rights of the system; a full coach makes it fail half-way."""
    coach = await practice.coach(max_members=0)
    await practice.member(coach, status="ARCHIVED")
    async with practice.as_actor(coach.actor) as db:
        savepoint = await db.begin_nested()
        with pytest.raises(DBAPIError, match="no free place"):
            await db.execute(text("UPDATE members SET status = 'ACTIVE'"))
        await savepoint.rollback()

        _, held = await left_over(await db.connection())
    assert "app.system" not in held


async def test_an_actor_replaces_every_setting_of_the_one_before(database: Database) -> None:
    for actor in (ADMIN, SYSTEM, Actor(Standing.STRANGER)):
        async with database.transaction(actor.settings()) as db:
            _, held = await left_over(await db.connection())
        assert held == {name: value for name, value in actor.settings().items() if value}


async def _sees(practice: Practice, who: Person, table: str) -> set[object]:
    async with practice.as_actor(who.actor) as db:
        return set((await db.execute(text(f"SELECT coach_id FROM {table}"))).scalars())


async def test_a_transfer_hands_on_the_history_and_hides_what_comes_after(practice: Practice) -> None:
    old, new, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(old)
    for coach in (old, new):
        await add_window(practice, coach)
    await booked(practice, member, old, NINE)

    moved = await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": new.id})
    assert moved["__typename"] == "Member"
    await booked(practice, member, new, TEN)

    assert old.coach is not None
    assert new.coach is not None
    was, now = old.coach.id, new.coach.id
    for table in ("sessions", "session_changes"):
        assert await _sees(practice, old, table) == {was}, table
        assert await _sees(practice, new, table) == {was, now}, table
        assert await _sees(practice, member, table) == {was, now}, table
        assert set(await practice.rows(f"SELECT member_coach_id FROM {table}")) == {(now,)}, table
    assert await _sees(practice, old, "bookings") == {was}
    assert await _sees(practice, new, "bookings") == {now}
    assert await _sees(practice, old, "assignments") == {was}
    assert await _sees(practice, old, "members") == set()


async def test_a_coach_reads_but_does_not_change_what_a_new_member_brought(practice: Practice) -> None:
    old, new, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(old)
    await add_window(practice, old)
    await booked(practice, member, old, NINE)
    await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": new.id})

    async with practice.as_actor(new.actor) as db:
        assert len((await db.execute(text("SELECT id FROM sessions"))).all()) == 1
        assert (await db.execute(text("UPDATE sessions SET note = 'mine now'"))).rowcount == 0
        assert (await db.execute(text("DELETE FROM session_changes"))).rowcount == 0


async def test_the_members_coach_is_the_databases_to_say(practice: Practice) -> None:
    """A copy that came with the row is replaced, else whoever writes a session could show it to any coach."""
    coach, stranger = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    assert coach.coach is not None
    assert stranger.coach is not None
    assert member.member is not None
    values = {"id": new_id(), "coach": coach.coach.id, "member": member.member.id, "forged": stranger.coach.id}
    await practice.rows(
        "INSERT INTO sessions (id, coach_id, member_id, member_coach_id, member_name, starts_at, ends_at, kind, format,"
        " status, version, cancelled_at) VALUES (:id, :coach, :member, :forged, 'A', '2026-03-02 09:00Z',"
        " '2026-03-02 10:00Z', 'REGULAR', 'INDIVIDUAL', 'CANCELLED', 1, now()) RETURNING id",
        **values,
    )

    assert await practice.rows("SELECT member_coach_id FROM sessions") == [(coach.coach.id,)]
    for who in (member, coach):
        async with practice.as_actor(who.actor) as db:
            with pytest.raises(DBAPIError, match="follows its member"):
                await db.execute(text("UPDATE sessions SET member_coach_id = :forged"), values)
