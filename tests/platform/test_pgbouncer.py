"""Behind pgbouncer in transaction mode: each transaction may meet another connection of PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import make_url, text

from app.actor import Actor, Standing
from app.platform import migrations
from app.platform.clock import system_clock
from app.platform.database import Database, UnsafeRole, connection_options, make_engine
from app.platform.direct import DirectDatabase
from app.platform.ids import new_id
from app.platform.settings import InvalidSettings, Settings, read_settings
from tests.connections import owner_engine
from tests.live.views import WATCH
from tests.operations import BOOK, EVERY_DAY, LOG_IN, SESSIONS, SIGN_UP, add_window
from tests.platform.pgbouncer_server import running_pgbouncer, why_not
from tests.practice import MovableClock, Person, Practice, empty
from tests.server.serving import ServerProcess, Socket, server_processes

POOL = 4
PATIENCE_SECONDS = 60.0
WHO_IS_SET = "SELECT current_setting('app.user_id', true), current_setting('app.member_id', true), current_user"


@pytest.fixture(autouse=True)
def _pgbouncer(settings: Settings) -> None:
    if (reason := why_not()) is not None:
        pytest.skip(f"nothing was asked behind a pooler: {reason}")
    if not settings.database_owner_url:
        pytest.skip("nothing was asked behind a pooler: DATABASE_OWNER_URL is not set")


@pytest.fixture
async def pooled(settings: Settings) -> AsyncIterator[Settings]:
    """The settings of a server behind a pooler of four connections, on an empty database."""
    await empty(owner_engine(settings))
    with running_pgbouncer(settings.database_url, pool_size=POOL) as url:
        yield settings.model_copy(update={"database_url": url, "database_pooler": "transaction"})


@asynccontextmanager
async def serving(settings: Settings, count: int = 1) -> AsyncIterator[list[ServerProcess]]:
    """Server processes, each of more connections than the pooler has."""
    given = {"DATABASE_POOLER": "transaction", "DATABASE_POOL_SIZE": "100", "SWEEP_SECONDS": "500"}
    async with server_processes(settings, count, **given) as servers:
        yield servers


@asynccontextmanager
async def practice_of_today(settings: Settings) -> AsyncIterator[Practice]:
    """The server's clock cannot be moved, so the practice lives now; it asks PostgreSQL itself."""
    async with Practice.opened(settings, MovableClock(system_clock())) as practice:
        yield practice


async def ask(client: httpx2.AsyncClient, query: str, who: Person | None = None, **variables: Any) -> Any:
    headers = {"authorization": f"Bearer {who.token}"} if who is not None else {}
    body = {"query": query, "variables": variables}
    answer = await client.post("/graphql", json=body, headers=headers, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 200, answer.text
    assert "errors" not in answer.json(), answer.text
    (value,) = answer.json()["data"].values()
    return value


async def open_all_week(practice: Practice, coach: Person, seats: int) -> str:
    """A start in two days."""
    for day in EVERY_DAY:
        await add_window(practice, coach, day, "08:00", "20:00", seats)
    start = practice.clock() + timedelta(days=2)
    return start.replace(hour=10, minute=0, second=0, microsecond=0).isoformat()


async def test_people_sign_up_and_log_in(pooled: Settings) -> None:
    account = {"email": "new@example.com", "password": "correct horse battery staple"}
    async with serving(pooled) as [server], server.client() as client:
        names = {"firstName": "New", "lastName": "Member", "timeZone": "UTC"}
        signed_up = await ask(client, SIGN_UP, input={**account, **names})
        assert signed_up["__typename"] == "AuthSession", signed_up

        logged_in = await ask(client, LOG_IN, input=account)

        assert logged_in["viewer"]["user"]["email"] == "new@example.com"


async def test_a_rush_for_five_places_is_won_by_five(settings: Settings, pooled: Settings) -> None:
    async with practice_of_today(settings) as practice, serving(pooled) as [server]:
        coach = await practice.coach(max_members=100)
        start = await open_all_week(practice, coach, seats=5)
        members = await practice.members(100, coach)

        async with server.client() as client:
            wanted = {"coachId": coach.id, "startsAt": start}
            answers = await asyncio.gather(*(ask(client, BOOK, member, input=wanted) for member in members))

        assert Counter(answer["__typename"] for answer in answers) == {"Booking": 5, "SlotFull": 95}
        assert await practice.count("sessions") == 5
        await practice.nobody_is_overbooked()


async def test_an_open_view_is_told_of_a_booking(settings: Settings, pooled: Settings) -> None:
    async with practice_of_today(settings) as practice, serving(pooled) as [server]:
        coach = await practice.coach()
        member = await practice.member(coach)
        start = await open_all_week(practice, coach, seats=1)
        end = (practice.clock() + timedelta(days=4)).isoformat()

        variables = {"coachId": coach.id, "from": start, "to": end}
        async with Socket.connected(server.ws_url, coach.token) as ws, server.client() as client:
            watched = await ws.subscribe(WATCH, variables)
            snapshot = (await watched.next())["data"]["slotAvailability"]
            booking = await ask(client, BOOK, member, input={"coachId": coach.id, "startsAt": start})
            change = (await watched.next())["data"]["slotAvailability"]

        assert booking["__typename"] == "Booking"
        assert change["version"] == snapshot["version"] + 1
        assert [slot["remaining"] for slot in change["slots"]] == [0]


async def test_two_hundred_at_once_see_their_own_and_nothing_else(settings: Settings, pooled: Settings) -> None:
    # Of two processes: what each prepares would have the names of the other's.
    async with practice_of_today(settings) as practice, serving(pooled, 2) as [here, there]:
        coach = await practice.coach(max_members=200)
        start = await open_all_week(practice, coach, seats=200)
        members = await practice.members(200, coach)

        async with here.client() as at_one, there.client() as at_other:
            turns = [((at_one, at_other)[number % 2], member) for number, member in enumerate(members)]
            wanted = {"coachId": coach.id, "startsAt": start}
            await asyncio.gather(*(ask(client, BOOK, member, input=wanted) for client, member in turns))
            pages = await asyncio.gather(*(ask(client, SESSIONS, member) for client, member in turns))

        seen = [[edge["node"]["member"]["id"] for edge in page["edges"]] for page in pages]
        assert seen == [[member.id] for member in members]


async def test_the_settings_of_one_transaction_are_never_met_by_another(pooled: Settings) -> None:
    database = Database(make_engine(pooled.database_url, pool_size=100, pooled=True))
    direct = DirectDatabase(pooled.database_url, connection_options(pooled=True), connections=50)
    await direct.open()
    people = [Actor(Standing.MEMBER, user_id=new_id(), member_id=new_id()) for _ in range(200)]
    role = make_url(pooled.database_url).username

    async def by_session(actor: Actor) -> tuple[Any, ...]:
        async with database.transaction(actor.settings()) as db:
            await db.execute(text("SELECT pg_sleep(0.002)"))
            return tuple((await db.execute(text(WHO_IS_SET))).one())

    async def by_driver(actor: Actor) -> tuple[Any, ...]:
        async with direct.transaction() as connection:
            for name, value in actor.settings().items():
                await connection.execute("SELECT set_config($1, $2, true)", name, value)
            return tuple(await connection.fetchrow(WHO_IS_SET) or ())

    async def by_nobody() -> tuple[Any, ...]:
        async with direct.connection() as connection:
            return tuple(await connection.fetchrow(WHO_IS_SET) or ())

    try:
        asked = [each for actor in people for each in (by_session(actor), by_driver(actor), by_nobody())]
        answers = await asyncio.gather(*asked)
    finally:
        await direct.close()
        await database.close()

    own = [(str(actor.user_id), str(actor.member_id), role) for actor in people]
    assert answers[0::3] == own
    assert answers[1::3] == own
    assert {(user or "", member or "", works_as) for user, member, works_as in answers[2::3]} == {("", "", role)}


async def test_nothing_prepared_is_left_to_who_has_the_connection_next(settings: Settings) -> None:
    with running_pgbouncer(settings.database_url, pool_size=1) as url:
        database = Database(make_engine(url, pool_size=1, pooled=True))
        direct = DirectDatabase(url, connection_options(pooled=True))
        await direct.open()
        try:
            async with database.transaction({"app.user_id": ""}) as db:
                await db.execute(text("SELECT CAST(:given AS int)"), {"given": 1})
            async with direct.connection() as connection:
                left = await connection.fetch("SELECT name, statement FROM pg_prepared_statements")
        finally:
            await direct.close()
            await database.close()

    assert left == []


async def test_a_pooler_that_logs_in_as_the_owner_is_refused(settings: Settings) -> None:
    owner = str(make_url(settings.database_owner_url).username)
    with running_pgbouncer(settings.database_url, login=owner) as url:
        behind = settings.model_copy(update={"database_url": url, "database_pooler": "transaction"})

        with pytest.raises(UnsafeRole, match=f"^DATABASE_URL: its connections work as the role {owner}, not as "):
            await migrations.confirm_application_role(behind)


async def test_a_pooler_that_drops_the_role_to_be_assumed_is_refused(settings: Settings) -> None:
    """One login for both, a pooler that was told to overlook what it does not know, and no setting that names it."""
    ignored = {"ignore_startup_parameters": "jit,role"}
    with running_pgbouncer(settings.database_owner_url, **ignored) as url:
        behind = settings.model_copy(update={"database_url": url, "database_owner_url": ""})

        with pytest.raises(UnsafeRole, match=f"not as {migrations.DEFAULT_ROLE};"):
            await migrations.confirm_application_role(behind)


@pytest.mark.parametrize("named", [{}, {"database_url": "postgresql://rapport_app@pooler/rapport"}])
def test_a_pooler_without_a_login_of_the_applications_own_is_refused(named: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings, match=r"^DATABASE_POOLER: .*DATABASE_OWNER_URL"):
        read_settings(database_pooler="transaction", _env_file=None, **named)


def test_no_connection_behind_a_pooler_assumes_a_role() -> None:
    with pytest.raises(ValueError, match="none can be assumed"):
        connection_options(assume_role="rapport_app", pooled=True)
