"""A practice to test with: the application without a socket, people made quickly, and a clock that can be moved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import STRANGER, SYSTEM, Actor
from app.api import schema
from app.context import Context
from app.events import EVENTS, Event
from app.models.coaches import Coach, CoachStatus
from app.models.identity import Role, User
from app.models.members import Assignment, Member
from app.models.scheduling import CoachCalendar
from app.platform.settings import Settings
from app.server import Application
from app.services.identity import Viewer, find_viewer
from app.services.identity.viewing import permissions_of
from app.wire.relay import global_id
from app.worker import Worker
from tests.connections import KeptConnections, owner_engine

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)

# A tenth of the time of TRUNCATE, which makes new files for every table and index.
_GUARDED = [table.name for table in reversed(SQLModel.metadata.sorted_tables) if "policies" in table.info]
_EMPTY = ";".join(
    [
        "BEGIN",
        # What a test has left behind must not hold up the next one.
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()",
        "SELECT set_config('app.system', 'on', true)",
        *(f"DELETE FROM {table}" for table in ("pgqueuer", "pgqueuer_log", *_GUARDED)),
        "COMMIT",
    ]
)


async def empty(owner: AsyncEngine) -> None:
    """In one trip."""
    async with owner.begin() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute(_EMPTY)


class MovableClock:
    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Person:
    """Somebody who can log in; `id` is the global id of the profile, or of the user for admins."""

    user: User
    coach: Coach | None
    member: Member | None
    actor: Actor
    token: str

    @property
    def id(self) -> str:
        if self.coach is not None:
            return global_id("Coach", self.coach.id)
        if self.member is not None:
            return global_id("Member", self.member.id)
        return global_id("User", self.user.id)


class Practice:
    def __init__(self, application: Application, clock: MovableClock, owner: AsyncEngine) -> None:
        self.application = application
        self.clock = clock
        self.owner = owner
        self.house = application.house
        self.worker = Worker(application.house)
        self._made = 0

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: Settings, clock: MovableClock, *, emptied: bool = True) -> AsyncIterator[Self]:
        """`emptied=False` joins a practice that another one has opened, as a second server process does."""
        application = Application(settings, clock, KeptConnections())
        owner = owner_engine(settings)
        if emptied:
            await empty(owner)
        async with application.lifespan(application.asgi()):
            await application.settling.stop()  # a test does it when it means to
            yield cls(application, clock, owner)

    # People

    async def admin(self) -> Person:
        async with self.as_system() as db:
            user = await self._user(db, Role.ADMIN)
        return await self._person(user)

    async def coach(self, **changes: Any) -> Person:
        """Active, in UTC, sessions of an hour without a buffer, bookable by assigned members, unless changed."""
        async with self.as_system() as db:
            user = await self._user(db, Role.COACH)
            defaults = {"display_name": f"Coach {self._made}", "time_zone": "UTC", "status": CoachStatus.ACTIVE}
            coach = Coach(user_id=user.id, **(defaults | changes))
            db.add(coach)
            await db.flush()
            db.add(CoachCalendar(coach_id=coach.id))
            await db.flush()
        return await self._person(user)

    async def member(self, coach: Person | None = None, **changes: Any) -> Person:
        async with self.as_system() as db:
            user = await self._user(db, Role.MEMBER)
            names = {"first_name": "Member", "last_name": str(self._made)}
            coach_id = coach.coach.id if coach is not None and coach.coach is not None else None
            member = Member(user_id=user.id, coach_id=coach_id, **(names | changes))
            db.add(member)
            await db.flush()
            if coach_id is not None:
                db.add(Assignment(member_id=member.id, coach_id=coach_id))
        return await self._person(user)

    async def members(self, count: int, coach: Person | None = None) -> list[Person]:
        """Many at once, quickly."""
        made: list[tuple[User, Member]] = []
        coach_id = coach.coach.id if coach is not None and coach.coach is not None else None
        async with self.as_system() as db:
            for _ in range(count):
                self._made += 1
                user = User(email=f"member{self._made}@example.com", role=Role.MEMBER, time_zone="UTC")
                member = Member(user_id=user.id, coach_id=coach_id, first_name="Member", last_name=str(self._made))
                made.append((user, member))
            db.add_all([user for user, _ in made])
            await db.flush()
            db.add_all([member for _, member in made])
            await db.flush()
            if coach_id is not None:
                db.add_all([Assignment(member_id=member.id, coach_id=coach_id) for _, member in made])
            permissions = await permissions_of(db, made[0][0])
        return [self._as_person(Viewer(user, member, None, permissions)) for user, member in made]

    async def _user(self, db: AsyncSession, role: Role) -> User:
        self._made += 1
        user = User(email=f"{role.value.lower()}{self._made}@example.com", role=role, time_zone="UTC")
        db.add(user)
        await db.flush()
        return user

    async def _person(self, user: User) -> Person:
        async with self.as_system() as db:
            viewer = await find_viewer(db, user.id)
        assert viewer is not None
        return self._as_person(viewer)

    def _as_person(self, viewer: Viewer) -> Person:
        token, _ = self.house.token_making.access_tokens.issue(viewer.claims, self.clock())
        return Person(viewer.user, viewer.coach, viewer.member, viewer.actor, token)

    # Asking

    async def execute(self, query: str, who: Person | None = None, **variables: Any) -> dict[str, Any]:
        """The whole answer, data and errors, as a client reads it."""
        result = await schema.execute(query, variable_values=variables, context_value=self.context(who))
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return answer

    async def ask(self, query: str, who: Person | None = None, **variables: Any) -> Any:
        """The value of the only root field; fails on any error."""
        answer = await self.execute(query, who, **variables)
        assert "errors" not in answer, answer["errors"]
        (value,) = answer["data"].values()
        return value

    async def refusal(self, query: str, who: Person | None = None, **variables: Any) -> dict[str, Any]:
        """The extensions of the only error."""
        answer = await self.execute(query, who, **variables)
        (error,) = answer["errors"]
        extensions: dict[str, Any] = error["extensions"]
        return extensions

    async def subscribe(self, query: str, who: Person | None = None, **variables: Any) -> list[dict[str, Any]]:
        """The errors that a refused subscription ends with."""
        stream = await schema.subscribe(query, variable_values=variables, context_value=self.context(who))
        refused: list[dict[str, Any]] = []
        async for result in stream:  # type: ignore[union-attr]
            assert result.errors, "the subscription was not refused"
            refused += [error.formatted for error in result.errors]
        return refused

    def context(self, who: Person | None = None) -> Context:
        return Context(self.house, who.actor if who is not None else STRANGER)

    async def work(self) -> None:
        """Hands on what the outbox holds, and does the jobs that are due: what a worker does all the time."""
        await self.worker.once()

    # The database

    @asynccontextmanager
    async def as_system(self) -> AsyncIterator[AsyncSession]:
        async with self.house.database.transaction(SYSTEM.settings()) as db:
            yield db

    @asynccontextmanager
    async def as_actor(self, actor: Actor) -> AsyncIterator[AsyncSession]:
        async with self.house.database.transaction(actor.settings()) as db:
            yield db

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """What is really stored."""
        async with self.as_system() as db:
            return list((await db.execute(text(statement), values)).all())

    async def count(self, table: str, condition: str = "true", **values: Any) -> int:
        ((number,),) = await self.rows(f"SELECT count(*) FROM {table} WHERE {condition}", **values)
        return int(number)

    async def told(self) -> list[Event]:
        """What the outbox holds."""
        rows = await self.rows("SELECT event_type, event FROM outbox ORDER BY id")
        return [EVENTS[event_type](**event) for event_type, event in rows]

    async def nobody_is_overbooked(self) -> None:
        """The invariants of every calendar, asked of the rows themselves."""
        overfull = await self.rows(
            "SELECT s.coach_id, s.starts_at, count(*), c.capacity FROM sessions s LEFT JOIN calendar_slots c"
            " ON c.coach_id = s.coach_id AND c.starts_at = s.starts_at WHERE s.status <> 'CANCELLED'"
            " GROUP BY 1, 2, 4 HAVING c.capacity IS NULL OR count(*) > c.capacity"
        )
        overlapping = await self.rows(
            "SELECT a.id, b.id FROM sessions a JOIN sessions b ON a.coach_id = b.coach_id AND a.starts_at < b.starts_at"
            " AND b.starts_at < a.ends_at WHERE a.status <> 'CANCELLED' AND b.status <> 'CANCELLED'"
        )
        twice = await self.rows(
            "SELECT a.id, b.id FROM sessions a JOIN sessions b ON a.member_id = b.member_id AND a.id < b.id"
            " AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
            " WHERE a.status <> 'CANCELLED' AND b.status <> 'CANCELLED'"
        )
        empty_seats = await self.rows(
            "SELECT t.coach_id, t.starts_at FROM calendar_seats t LEFT JOIN sessions s ON s.coach_id = t.coach_id"
            " AND s.held_start = t.starts_at AND s.seat_no = t.seat_no LEFT JOIN slot_holds h"
            " ON h.coach_id = t.coach_id AND h.starts_at = t.starts_at AND h.seat_no = t.seat_no"
            " WHERE (s.id IS NULL) = (h.id IS NULL)"
            " OR t.held_until IS DISTINCT FROM h.expires_at"
        )
        with_gaps = await self.rows(
            "SELECT coach_id, starts_at FROM calendar_seats GROUP BY 1, 2 HAVING max(seat_no) <> count(*)"
        )
        assert (overfull, overlapping, twice, empty_seats, with_gaps) == ([], [], [], [], [])
