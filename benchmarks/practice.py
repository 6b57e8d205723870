"""A practice with many people in it, made in bulk, and a lean client of the server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

import asyncpg
import orjson

from app.models.identity import Role, User
from app.models.members import Member
from app.platform import migrations
from app.platform.settings import Settings
from app.services.identity import Viewer
from benchmarks.common import NoFigure, plain_connection
from tests.connections import close_all
from tests.practice import MovableClock, Person, Practice


@asynccontextmanager
async def practice_of_today(settings: Settings) -> AsyncIterator[Practice]:
    """The application in this process, on the database of a server process beside it."""
    async with Practice.opened(settings, MovableClock(datetime.now(UTC)), emptied=False) as practice:
        try:
            yield practice
        finally:
            await practice.owner.dispose()
            await practice.house.database.engine.dispose()
            await close_all()  # what tests keep open would keep the database from being dropped


@asynccontextmanager
async def as_owner(settings: Settings) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The owner of the tables, whom the policies let through as the system."""
    settings_of_system = {"app.system": "on", "timezone": "UTC"}
    async with plain_connection(migrations.owner_url(settings), **settings_of_system) as owner:
        yield owner


_MEMBERS = """
    WITH made AS (
      INSERT INTO users (id, email, role, time_zone, is_active, is_email_verified)
      SELECT gen_random_uuid(), format('member%s@example.com', n), 'MEMBER', 'UTC', true, true
      FROM generate_series(1, $1::int) n RETURNING id
    )
    INSERT INTO members (id, user_id, first_name, last_name, goals, status, onboarding_status)
    SELECT gen_random_uuid(), id, 'Member', 'Of Ours', '{}', 'ACTIVE', 'COMPLETED' FROM made RETURNING id, user_id
"""
_COACHES = """
    WITH made AS (
      INSERT INTO users (id, email, role, time_zone, is_active, is_email_verified)
      SELECT gen_random_uuid(), format('coach-%s@example.com', gen_random_uuid()), 'COACH', $2, true, true
      FROM generate_series(1, $1::int) RETURNING id
    ), coach AS (
      INSERT INTO coaches (id, user_id, display_name, specialties, time_zone, status, is_accepting_members,
        max_members, booking_audience, session_minutes, buffer_minutes, min_notice_minutes, booking_window_days)
      SELECT gen_random_uuid(), id, 'Coach', '{}', $2, 'ACTIVE', true, 1000, 'MEMBERS', 60, 0, 0, 60 FROM made
      RETURNING id
    ), calendar AS (
      INSERT INTO coach_calendars (coach_id, version) SELECT id, 0 FROM coach RETURNING coach_id
    )
    INSERT INTO availability_windows (id, coach_id, day_no, start_time, end_time, max_sessions_per_slot)
    SELECT gen_random_uuid(), coach_id, day_no, start_time, end_time, $3
    FROM calendar, unnest($4::int[]) AS day_no, unnest($5::time[], $6::time[]) AS span (start_time, end_time)
    RETURNING coach_id
"""
SPANS = ((time(9), time(12)), (time(13), time(18)))  # eight hours a day


async def make_members(settings: Settings, practice: Practice, count: int) -> list[Person]:
    """People who may book with every coach made here, each with an access token."""
    async with as_owner(settings) as owner:
        rows = await owner.fetch(_MEMBERS, count)
        of_role = await owner.fetch("SELECT permission FROM role_permissions WHERE role = 'MEMBER'")
    permissions = sorted(row["permission"] for row in of_role)
    return [_member(practice, row["id"], row["user_id"], permissions) for row in rows]


def _member(practice: Practice, member_id: UUID, user_id: UUID, permissions: list[str]) -> Person:
    user = User(id=user_id, email="", role=Role.MEMBER, time_zone="UTC")
    member = Member(id=member_id, user_id=user_id, first_name="Member", last_name="Of Ours")
    viewer = Viewer(user, member, None, permissions)
    token, _ = practice.house.token_making.access_tokens.issue(viewer.claims, practice.clock())
    return Person(user, None, member, viewer.actor, token)


async def make_coaches(
    settings: Settings, count: int, seats: int, *, days: Sequence[int] = range(1, 8), zone: str = "UTC"
) -> list[UUID]:
    """Coaches with a slot for so many at each hour from 9 to 12 and 13 to 18 of these ISO days of the week."""
    starts, ends = zip(*SPANS, strict=True)
    async with as_owner(settings) as owner:
        rows = await owner.fetch(_COACHES, count, zone, seats, list(days), list(starts), list(ends))
    return sorted({row["coach_id"] for row in rows})


def monday_after_next(now: datetime, hour: int = 0) -> datetime:
    """A Monday between 7 and 14 days from now, in UTC."""
    day = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return day + timedelta(days=14 - day.weekday())


# Asking over HTTP


def request_body(query: str, **variables: Any) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


class KeepAlive:
    """One connection of a lean HTTP client: a request at a time, an answer of known length, nothing decoded."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def opened(cls, port: int) -> AsyncIterator[Self]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    async def post(self, body: bytes, token: str) -> bytes:
        """The answer's body; raises `NoFigure` for any status but 200."""
        head = (
            "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answered = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answered.partition(b"content-length:")[2].partition(b"\r\n")[0])
        content = await self._reader.readexactly(length)
        if not answered.startswith(b"http/1.1 200"):
            raise NoFigure(f"the server answered {answered[9:12].decode()}: {content[:300].decode()}")
        return content
