"""A practice with millions of sessions, made by set-based statements: several years back, one year ahead."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, TypeAlias

import asyncpg

from app.platform.settings import Settings
from benchmarks.common import NoFigure, say
from benchmarks.practice import as_owner

YEARS_BACK_WEEKS, WEEKS = 4 * 52, 5 * 52
STARTS = WEEKS * 5 * 8  # of a coach: eight a day, from Monday to Friday
OF_A_COACH, MEMBERS_OF_A_COACH = 2_500, 60
BUSY_COACH = 1  # has a session at each of the starts

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

TABLES = ("calendar_slots", "calendar_seats", "sessions", "bookings", "session_changes")
LOADED = (*TABLES, "members", "users", "coaches", "assignments")

# Ids as the application makes them: the moment first, so that new rows stand at the end of an index.
_ID = """
    CREATE FUNCTION pg_temp.made_at(moment timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
      SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7'
              || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid $$
"""
_PEOPLE = (
    """
    CREATE TABLE made_coaches AS
      SELECT n, pg_temp.made_at({first}) AS id, pg_temp.made_at({first}) AS user_id,
        CASE WHEN n % 10 = 0 THEN 4 ELSE 1 END AS capacity, CASE WHEN n % 10 = 0 THEN 2 ELSE 1 END AS seats,
        CASE WHEN n = {busy} THEN {starts} ELSE {of_a_coach} END AS sessions
      FROM generate_series(1, {coaches}) n
    """,
    """
    CREATE TABLE made_members AS
      SELECT c.n AS coach_n, m, pg_temp.made_at({first}) AS id, pg_temp.made_at({first}) AS user_id,
        format('Member %s of %s', m, c.n) AS name,
        CASE WHEN m % 20 = 0 THEN coalesce(next.id, c.id) ELSE c.id END AS coach_id
      FROM made_coaches c LEFT JOIN made_coaches next ON next.n = c.n + 1, generate_series(1, {members}) m
    """,
    """
    INSERT INTO users (id, email, role, time_zone, is_active, is_email_verified, coach_id, created_at)
      SELECT user_id, format('coach%s@example.com', n), 'COACH', 'UTC', true, true, NULL::uuid, {first}
      FROM made_coaches
      UNION ALL
      SELECT user_id, format('member%s.%s@example.com', coach_n, m), 'MEMBER', 'UTC', true, true, coach_id, {first}
      FROM made_members
    """,
    """
    INSERT INTO coaches (id, user_id, display_name, specialties, time_zone, status, is_accepting_members, max_members,
      member_count, booking_audience, session_minutes, buffer_minutes, min_notice_minutes, booking_window_days)
      SELECT c.id, c.user_id, format('Coach %s', n), '{{}}', 'UTC', 'ACTIVE', true, 1000,
        (SELECT count(*) FROM made_members m WHERE m.coach_n BETWEEN c.n - 1 AND c.n AND m.coach_id = c.id),
        'MEMBERS', 60, 0, 0, 365
      FROM made_coaches c
    """,
    "INSERT INTO coach_calendars (coach_id, version) SELECT id, sessions FROM made_coaches",
    """
    INSERT INTO availability_windows (id, coach_id, day_no, start_time, end_time, max_sessions_per_slot)
      SELECT pg_temp.made_at({first}), id, day_no, start_time, end_time, capacity
      FROM made_coaches, generate_series(1, 5) day_no,
        (VALUES ('09:00'::time, '12:00'::time), ('13:00', '18:00')) span (start_time, end_time)
    """,
    """
    INSERT INTO members (id, user_id, coach_id, first_name, last_name, goals, status, onboarding_status, created_at)
      SELECT id, user_id, coach_id, 'Member', substr(name, 8), '{{}}', 'ACTIVE', 'COMPLETED', {first} FROM made_members
    """,
    """
    INSERT INTO assignments (id, member_id, coach_id, started_at)
      SELECT pg_temp.made_at({first}), id, coach_id, {first} FROM made_members
    """,
)
# A tenth is cancelled, a twentieth of those held was missed, a fifteenth was moved once; booked a week or so ahead.
_SESSIONS = """
    CREATE UNLOGGED TABLE made_sessions AS
      SELECT pg_temp.made_at(booked_at) AS id, coach_id, member_id, member_coach_id, name, user_id, booked_at,
        starts_at, starts_at + interval '1 hour' AS ends_at, capacity, seat_no,
        CASE WHEN k % 10 = 3 THEN 'CANCELLED' WHEN starts_at > {now} THEN 'SCHEDULED' WHEN k % 20 = 7 THEN 'NO_SHOW'
             ELSE 'COMPLETED' END AS status,
        k % 15 = 1 AS is_moved
      FROM (
        SELECT c.id AS coach_id, c.capacity, m.id AS member_id, m.coach_id AS member_coach_id, m.name, m.user_id, s.k,
          s.seat_no, s.starts_at,
          least(s.starts_at, {now}) - make_interval(mins => 1440 + (s.k * 7919 + c.n * 104729) % 20160)
            AS booked_at
        FROM made_coaches c
        CROSS JOIN LATERAL (
          SELECT k, seat_no, {first} + make_interval(days => place / 40 * 7 + place % 40 / 8,
            hours => (ARRAY[9, 10, 11, 13, 14, 15, 16, 17])[place % 8 + 1]) AS starts_at
          FROM (SELECT k, floor((k + CASE WHEN c.sessions = {starts} THEN 0 ELSE c.n * 0.618 % 1 END)
                  * {starts} / (c.sessions / c.seats))::int AS place
                FROM generate_series(0, c.sessions / c.seats - 1) k) AS spread, generate_series(1, c.seats) AS seat_no
        ) s
        JOIN made_members m ON m.coach_n = c.n AND m.m = (s.k * c.seats + s.seat_no) % {members} + 1
      ) AS booked ORDER BY booked_at
"""
_ROWS = (
    """
      INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)
      SELECT coach_id, starts_at, ends_at, ends_at, capacity FROM made_sessions
      WHERE status <> 'CANCELLED' AND seat_no = 1
    """,
    """
      INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)
      SELECT coach_id, starts_at, seat_no, ends_at, capacity FROM made_sessions WHERE status <> 'CANCELLED'
    """,
    """
      INSERT INTO sessions (id, coach_id, member_id, member_coach_id, member_name, starts_at, ends_at, kind, format,
        status, held_start, seat_no, version, cancelled_at, completed_at, no_show_at, created_at, updated_at)
      SELECT id, coach_id, member_id, member_coach_id, name, starts_at, ends_at, 'REGULAR',
        CASE WHEN capacity > 1 THEN 'GROUP' ELSE 'INDIVIDUAL' END, status,
        CASE WHEN status <> 'CANCELLED' THEN starts_at END, CASE WHEN status <> 'CANCELLED' THEN seat_no END,
        1 + is_moved::int + (status = 'CANCELLED')::int, CASE WHEN status = 'CANCELLED' THEN booked_at END,
        CASE WHEN status = 'COMPLETED' THEN ends_at END, CASE WHEN status = 'NO_SHOW' THEN ends_at END, booked_at,
        booked_at
      FROM made_sessions
    """,
    """
      INSERT INTO bookings (id, coach_id, member_id, session_id, starts_at, status, reason, created_at)
      SELECT pg_temp.made_at(booked_at), coach_id, member_id, CASE WHEN try = 1 THEN id END, starts_at,
        CASE WHEN try = 1 THEN 'CONFIRMED' ELSE 'REJECTED' END, CASE WHEN try = 2 THEN 'SLOT_FULL' END, booked_at
      FROM made_sessions, generate_series(1, CASE WHEN hashtext(id::text) % 10 = 0 THEN 2 ELSE 1 END) try
    """,
    """
      INSERT INTO session_changes (id, session_id, coach_id, member_id, member_coach_id, version, kind, from_starts_at,
        to_starts_at, changed_by_user_id, changed_at)
      SELECT pg_temp.made_at(booked_at), id, coach_id, member_id, member_coach_id, v,
        CASE WHEN v = 1 THEN 'BOOKED' WHEN v = 2 AND is_moved THEN 'RESCHEDULED' ELSE 'CANCELLED' END,
        CASE WHEN v > 1 THEN starts_at END, CASE WHEN v = 1 OR (v = 2 AND is_moved) THEN starts_at END, user_id,
        booked_at
      FROM made_sessions, generate_series(1, 1 + is_moved::int + (status = 'CANCELLED')::int) v
    """,
)

_CONSTRAINTS = """
    SELECT conrelid::regclass::text AS table, conname AS name, contype::text AS type,
      pg_get_constraintdef(oid) AS definition
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'x', 'f') AND conparentid = 0
      AND (conrelid = ANY ($1::regclass[]) OR confrelid = ANY ($1::regclass[]))
    ORDER BY contype <> 'f', contype, conname
"""
_INDEXES = """
    SELECT i.indrelid::regclass::text AS table, i.indexrelid::regclass::text AS name,
      pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i
    WHERE i.indrelid = ANY ($1::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""
_INVALID = """
    SELECT conname FROM pg_constraint WHERE NOT convalidated
    UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid
"""


async def load_sessions(settings: Settings, sessions: int, now: datetime) -> None:
    """About so many sessions with all that belongs to them, indexed, checked and vacuumed."""
    began = time.monotonic()
    words = {
        "coaches": max(2, 1 + round((sessions - STARTS) / OF_A_COACH)),
        "busy": BUSY_COACH,
        "starts": STARTS,
        "of_a_coach": OF_A_COACH,
        "members": MEMBERS_OF_A_COACH,
        "first": f"'{first_monday(now).isoformat()}'::timestamptz",
        "now": f"'{now.isoformat()}'::timestamptz",
    }
    async with loading(settings) as owner:
        bare = await Bare.made(owner)
        await owner.execute(_ID)
        for statement in (*_PEOPLE, "ANALYZE made_coaches, made_members", _SESSIONS, *_ROWS):
            await owner.execute(statement.format(**words))
        say.print(f"  rows: {time.monotonic() - began:.0f} s", style="dim")
        await owner.execute("DROP TABLE made_sessions, made_members, made_coaches")
        await bare.made_whole(settings, owner)
        say.print(f"  indexed and checked: {time.monotonic() - began:.0f} s", style="dim")
        await owner.execute("VACUUM (ANALYZE)")


@asynccontextmanager
async def loading(settings: Settings) -> AsyncIterator[Owner]:
    """The owner, with memory to sort in; nothing here needs to outlive a crash."""
    async with as_owner(settings) as owner:
        for setting in ("maintenance_work_mem = '1GB'", "work_mem = '256MB'", "synchronous_commit = off"):
            await owner.execute(f"SET {setting}")
        yield owner


@dataclass(frozen=True)
class Bare:
    """Tables without triggers, indexes and constraints, which are made again over all rows at once and check each."""

    by_table: Mapping[str, Sequence[str]]  # what makes the indexes and constraints of each again
    references: Sequence[str]

    @classmethod
    async def made(cls, owner: Owner) -> Self:
        constraints = await owner.fetch(_CONSTRAINTS, list(TABLES))
        indexes = await owner.fetch(_INDEXES, list(TABLES))
        by_table: dict[str, list[str]] = {}
        references: list[str] = []
        for row in constraints:
            again = f'ALTER TABLE {row["table"]} ADD CONSTRAINT "{row["name"]}" {row["definition"]}'
            (references if row["type"] == "f" else by_table.setdefault(row["table"], [])).append(again)
        for row in indexes:
            by_table.setdefault(row["table"], []).append(row["definition"])
        for row in constraints:
            await owner.execute(f'ALTER TABLE {row["table"]} DROP CONSTRAINT "{row["name"]}"')
        for row in indexes:
            await owner.execute(f"DROP INDEX {row['name']}")
        for table in LOADED:
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return cls(by_table, references)

    async def made_whole(self, settings: Settings, owner: Owner) -> None:
        # Without statistics each reference would be checked row by row.
        await owner.execute(f"ANALYZE {', '.join(LOADED)}")
        await asyncio.gather(*(self._index(settings, statements) for statements in self.by_table.values()))
        for statement in self.references:
            await owner.execute(statement)
        for table in LOADED:
            await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        invalid = [row[0] for row in await owner.fetch(_INVALID)]
        if invalid:
            raise NoFigure(f"not valid: {', '.join(invalid)}")

    async def _index(self, settings: Settings, statements: Sequence[str]) -> None:
        async with loading(settings) as owner:
            for statement in statements:
                await owner.execute(statement)


def first_monday(now: datetime) -> datetime:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday(), weeks=YEARS_BACK_WEEKS)
