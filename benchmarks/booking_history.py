"""What a practice has behind it: past sessions, so that PostgreSQL plans for tables that hold something."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.platform.settings import Settings
from benchmarks.practice import as_owner
from tests.practice import Person

WEEKS = 25
TABLES = "calendar_slots, calendar_seats, slot_holds, sessions, session_changes, bookings, outbox, remembered_requests"

_MADE = """
    CREATE TEMP TABLE made AS
      SELECT gen_random_uuid() AS id, coach_id, member_id, user_id,
        $1::timestamptz - week * interval '7 days' AS starts_at
      FROM unnest($2::uuid[]) WITH ORDINALITY AS c (coach_id, nth), generate_series(2, $5::int + 1) AS week,
        LATERAL (SELECT ($3::uuid[])[place] AS member_id, ($4::uuid[])[place] AS user_id
                 FROM (SELECT 1 + (nth + week * 199) % array_length($3::uuid[], 1) AS place) p) m
"""
_ROWS = (
    "INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)"
    " SELECT coach_id, starts_at, starts_at + interval '1 hour', starts_at + interval '1 hour', 10 FROM made",
    "INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)"
    " SELECT coach_id, starts_at, 1, starts_at + interval '1 hour', 10 FROM made",
    "INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,"
    " seat_no, version, completed_at)"
    " SELECT id, coach_id, member_id, 'Member Of Ours', starts_at, starts_at + interval '1 hour',"
    " 'REGULAR', 'INDIVIDUAL', 'COMPLETED', starts_at, 1, 1, starts_at + interval '1 hour' FROM made",
    "INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind, to_starts_at, changed_by_user_id)"
    " SELECT gen_random_uuid(), id, coach_id, member_id, 1, 'BOOKED', starts_at, user_id FROM made",
    "INSERT INTO bookings (id, coach_id, member_id, session_id, starts_at, status)"
    " SELECT gen_random_uuid(), coach_id, member_id, id, starts_at, 'CONFIRMED' FROM made",
)
_FORGET = (
    "DELETE FROM bookings WHERE starts_at > now()",
    "DELETE FROM session_changes WHERE to_starts_at > now()",
    "DELETE FROM sessions WHERE starts_at > now()",
    "DELETE FROM slot_holds",
    "DELETE FROM calendar_seats WHERE starts_at > now()",
    "DELETE FROM calendar_slots WHERE starts_at > now()",
    "DELETE FROM remembered_requests",
    "DELETE FROM outbox",
    "UPDATE coach_calendars SET version = 0 WHERE version <> 0",
)


async def make_history(
    settings: Settings, coaches: Sequence[UUID], members: Sequence[Person], starts_at: datetime
) -> None:
    """A past session of each coach in each of the weeks, at this time of the week."""
    member_ids = [person.actor.member_id for person in members]
    user_ids = [person.actor.user_id for person in members]
    async with as_owner(settings) as owner:
        await owner.execute(_MADE, starts_at, list(coaches), member_ids, user_ids, WEEKS)
        for statement in _ROWS:
            await owner.execute(statement)
        await owner.execute("DROP TABLE made")
        await owner.execute("VACUUM (ANALYZE)")


async def forget_the_future(settings: Settings) -> None:
    """Empties the calendars of what was booked in them."""
    async with as_owner(settings) as owner:
        for statement in _FORGET:
            await owner.execute(statement)
        await owner.execute(f"VACUUM {TABLES}, coach_calendars")
