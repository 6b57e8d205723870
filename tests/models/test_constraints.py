"""What the schema itself refuses, by the name of the constraint, whoever writes and however."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.platform.database import violated_constraint
from app.platform.settings import Settings
from tests.practice import MovableClock, Person, Practice


@dataclass(frozen=True)
class Ids:
    coach: UUID
    anna: UUID
    ben: UUID


def slot(starts: str, ends: str, blocked: str = "", capacity: int = 2) -> str:
    blocked = blocked or ends
    return (
        "INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)"
        f" VALUES (:coach, '2026-03-02 {starts}Z', '2026-03-02 {ends}Z', '2026-03-02 {blocked}Z', {capacity})"
    )


def seat(starts: str, number: int, capacity: int = 2) -> str:
    start = f"'2026-03-02 {starts}Z'::timestamptz"
    return f"INSERT INTO calendar_seats VALUES (:coach, {start}, {number}, {start} + '1 h', {capacity})"


def session(
    member: str, starts: str, ends: str, number: int | None = 1, status: str = "SCHEDULED", held: str = ""
) -> str:
    held_start = f"'2026-03-02 {held or starts}Z'" if number is not None or held else "NULL"
    return (
        "INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, version,"
        " held_start, seat_no, cancelled_at)"
        f" VALUES (gen_random_uuid(), :coach, :{member}, 'A', '2026-03-02 {starts}Z',"
        f" '2026-03-02 {ends}Z', 'REGULAR', 'INDIVIDUAL', '{status}', 1, {held_start}, {number or 'NULL'},"
        f" {'now()' if status == 'CANCELLED' else 'NULL'})"
    )


def hold(member: str, number: int, minutes: int = 5, starts: str = "09:00") -> str:
    return (
        "INSERT INTO slot_holds (id, coach_id, member_id, starts_at, ends_at, seat_no, expires_at, is_extended)"
        f" VALUES (gen_random_uuid(), :coach, :{member}, '2026-03-02 {starts}Z', '2026-03-02 10:00Z', {number},"
        f" now() + interval '{minutes} minutes', false)"
    )


def in_line(member: str, starts: str = "09:00", status: str = "WAITING") -> str:
    return (
        "INSERT INTO waiting_list_entries (id, coach_id, member_id, starts_at, status)"
        f" VALUES (gen_random_uuid(), :coach, :{member}, '2026-03-02 {starts}Z', '{status}')"
    )


def window(starts: str, ends: str, day: int = 1) -> str:
    return (
        "INSERT INTO availability_windows (id, coach_id, day_no, start_time, end_time, max_sessions_per_slot)"
        f" VALUES (gen_random_uuid(), :coach, {day}, '{starts}', '{ends}', 1)"
    )


def booking(status: str, reason: str) -> str:
    return (
        "INSERT INTO bookings (id, coach_id, member_id, starts_at, status, reason) VALUES (gen_random_uuid(), :coach,"
        f" :anna, '2026-03-02 09:00Z', '{status}', {reason})"
    )


def told_of(member: str) -> str:
    """A change of the session that is stored, told as if it were of that member."""
    return (
        "INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind)"
        f" SELECT gen_random_uuid(), id, coach_id, CAST(:{member} AS uuid), 1, 'BOOKED' FROM sessions"
    )


def booked_for(member: str) -> str:
    return (
        "INSERT INTO bookings (id, coach_id, member_id, session_id, starts_at, status)"
        f" SELECT gen_random_uuid(), coach_id, CAST(:{member} AS uuid), id, starts_at, 'CONFIRMED' FROM sessions"
    )


def rating(stars: int = 5, member: str = "anna", changed: str = "0 h") -> str:
    return (
        "INSERT INTO session_ratings (session_id, coach_id, member_id, stars, created_at, updated_at)"
        f" SELECT id, coach_id, CAST(:{member} AS uuid), {stars}, '2026-03-02 12:00Z',"
        f" '2026-03-02 12:00Z'::timestamptz + interval '{changed}' FROM sessions"
    )


def plan(member: str = "anna", shared: str = "false, NULL") -> str:
    return (
        "INSERT INTO session_plans (id, session_id, coach_id, member_id, is_shared, shared_at, version, created_at,"
        f" updated_at) SELECT gen_random_uuid(), id, coach_id, CAST(:{member} AS uuid), {shared}, 1, now(), now()"
        " FROM sessions"
    )


def items(rank: str = "'i'", minutes: int = 5, count: int = 1) -> str:
    """As many as that: `n` is the number of each."""
    return (
        "INSERT INTO plan_items (id, plan_id, rank, title, minutes, created_at, updated_at)"
        f" SELECT gen_random_uuid(), p.id, {rank}, 'A', {minutes}, now(), now()"
        f" FROM session_plans p, generate_series(1, {count}) n"
    )


def templates(items: str = "[]", count: int = 1) -> str:
    return (
        "INSERT INTO plan_templates (id, coach_id, name, items, created_at, updated_at)"
        f" SELECT gen_random_uuid(), :coach, 'A', '{items}', now(), now() FROM generate_series(1, {count})"
    )


A_SLOT = [slot("09:00", "10:00"), seat("09:00", 1)]
ANNAS = [*A_SLOT, session("anna", "09:00", "10:00")]
COMPLETED = [*ANNAS, "UPDATE sessions SET status = 'COMPLETED', completed_at = now()"]
A_PLAN = [*ANNAS, plan()]

REFUSED = {
    "calendar_seats_within_capacity": [
        [*A_SLOT, seat("09:00", 3)],
        [*A_SLOT, seat("09:00", 0)],
        # Fewer seats than are taken: the seats follow their slot and refuse.
        [*A_SLOT, seat("09:00", 2), "UPDATE calendar_slots SET capacity = 1"],
    ],
    "calendar_seats_pkey": [[*A_SLOT, seat("09:00", 1)]],
    # A seat cannot claim more room than its slot has, nor be without a slot.
    "calendar_seats_slot_fkey": [[*A_SLOT, seat("09:00", 3, capacity=3)], [seat("09:00", 1)]],
    "calendar_slots_keep_apart": [
        [slot("09:00", "10:00"), slot("09:30", "10:30")],
        [slot("09:00", "10:00", "10:15"), slot("10:00", "11:00")],
        [slot("10:00", "11:00"), slot("09:00", "10:00", "10:01")],
        [slot("09:00", "12:00"), slot("10:00", "11:00")],
        [
            slot("09:00", "10:00"),
            slot("10:00", "11:00"),
            "UPDATE calendar_slots SET blocked_until = '2026-03-02 11:30Z'",
        ],
    ],
    "calendar_slots_pkey": [[slot("09:00", "10:00"), slot("09:00", "10:00", capacity=9)]],
    "calendar_slots_times_in_order": [[slot("10:00", "09:00")], [slot("09:00", "10:00", "09:30")]],
    "calendar_slots_capacity_range": [[slot("09:00", "10:00", capacity=0)]],
    "sessions_one_per_seat": [[*ANNAS, session("ben", "09:00", "10:00")]],
    "sessions_seat_fkey": [
        [session("anna", "09:00", "10:00")],
        [*A_SLOT, session("anna", "09:00", "10:00", number=2)],
        # A seat that somebody sits in stays, and so does its slot.
        [*ANNAS, "DELETE FROM calendar_seats"],
    ],
    "sessions_member_in_one_place": [
        [*ANNAS, seat("09:00", 2), session("anna", "09:00", "10:00", number=2)],
        [
            *ANNAS,
            slot("10:00", "11:00"),
            seat("10:00", 1),
            session("anna", "10:00", "11:00"),
            "UPDATE sessions SET ends_at = ends_at + interval '1 minute'",
        ],
    ],
    "sessions_hold_a_seat_unless_cancelled": [
        [session("anna", "09:00", "10:00", number=None)],
        [*A_SLOT, session("anna", "09:00", "10:00", status="CANCELLED")],
        [*A_SLOT, session("anna", "09:30", "10:30", held="09:00")],
        [session("anna", "09:00", "10:00", number=None, held="09:00")],
        [*ANNAS, "UPDATE sessions SET status = 'CANCELLED', cancelled_at = now()"],
        [*ANNAS, "UPDATE sessions SET held_start = NULL, seat_no = NULL"],
        [*ANNAS, "UPDATE sessions SET held_start = NULL, seat_no = NULL, status = 'NO_SHOW', no_show_at = now()"],
    ],
    "sessions_stamped_as_they_stand": [
        [*ANNAS, "UPDATE sessions SET status = 'COMPLETED'"],
        [*ANNAS, "UPDATE sessions SET completed_at = now()"],
        [*ANNAS, "UPDATE sessions SET status = 'NO_SHOW', completed_at = now()"],
        [*ANNAS, "UPDATE sessions SET held_start = NULL, seat_no = NULL, status = 'CANCELLED'"],
    ],
    "sessions_late_only_if_cancelled": [[*ANNAS, "UPDATE sessions SET is_late_cancellation = true"]],
    "sessions_transitions": [
        [
            *ANNAS,
            "UPDATE sessions SET status = 'COMPLETED', completed_at = now()",
            "UPDATE sessions SET status = 'NO_SHOW', completed_at = NULL, no_show_at = now()",
        ],
        [
            *ANNAS,
            "UPDATE sessions SET status = 'COMPLETED', completed_at = now()",
            "UPDATE sessions SET status = 'SCHEDULED', completed_at = NULL",
        ],
    ],
    "slot_holds_seat_fkey": [[*A_SLOT, hold("anna", 2)]],
    "slot_holds_entry_fkey": [
        [
            *A_SLOT,
            in_line("ben"),
            "INSERT INTO slot_holds (id, coach_id, member_id, starts_at, ends_at, seat_no, expires_at, is_extended,"
            " entry_id) SELECT gen_random_uuid(), coach_id, :anna, starts_at, starts_at + interval '1 hour', 1, now(),"
            " false, id FROM waiting_list_entries",
        ]
    ],
    "slot_holds_one_per_seat": [[*A_SLOT, hold("anna", 1), hold("ben", 1)]],
    "slot_holds_once": [[*A_SLOT, seat("09:00", 2), hold("anna", 1), hold("anna", 2)]],
    "slot_holds_are_short": [
        [*A_SLOT, hold("anna", 1, minutes=11)],
        [*A_SLOT, hold("anna", 1), "UPDATE slot_holds SET expires_at = expires_at + interval '6 minutes'"],
    ],
    "calendar_slots_count_the_line": [
        [*A_SLOT, "UPDATE calendar_slots SET waiting = 1"],
        [*A_SLOT, in_line("anna"), "UPDATE calendar_slots SET waiting = 0"],
    ],
    "waiting_list_once": [[*A_SLOT, in_line("anna"), in_line("anna")]],
    "waiting_list_for_a_taken_slot": [[in_line("anna")], [*A_SLOT, in_line("anna", starts="10:00")]],
    "waiting_list_entries_closed_if_over": [[*A_SLOT, in_line("anna", status="LEFT")]],
    "sessions_times_in_order": [[*A_SLOT, session("anna", "09:00", "09:00")]],
    "availability_windows_do_not_overlap": [
        [window("09:00", "12:00"), window("11:59", "13:00")],
        [window("09:00", "12:00"), window("10:00", "11:00")],
        [
            window("09:00", "12:00"),
            window("12:00", "13:00"),
            "UPDATE availability_windows SET end_time = '12:30' WHERE start_time = '09:00'",
        ],
    ],
    "availability_windows_times_in_order": [[window("12:00", "09:00")], [window("12:00", "12:00")]],
    "coaches_members_within_limit": [
        ["UPDATE coaches SET max_members = 1 WHERE id = :coach", "UPDATE members SET coach_id = :coach"],
        ["UPDATE coaches SET max_members = 0 WHERE id = :coach", "UPDATE members SET coach_id = :coach"],
        [
            "UPDATE coaches SET max_members = 1 WHERE id = :coach",
            "UPDATE members SET status = 'ARCHIVED' WHERE id = :ben",
            "UPDATE members SET coach_id = :coach",
            "UPDATE members SET status = 'PAUSED' WHERE id = :ben",
        ],
    ],
    "session_changes_session_fkey": [[*ANNAS, told_of("ben")]],
    "session_changes_in_order": [[*ANNAS, told_of("anna"), told_of("anna")]],
    "bookings_session_fkey": [[*ANNAS, booked_for("ben")]],
    "bookings_session_id_key": [[*ANNAS, booked_for("anna"), booked_for("anna")]],
    "bookings_confirmed_has_a_session": [[booking("CONFIRMED", "NULL")]],
    "bookings_rejected_has_a_reason": [[booking("REJECTED", "NULL")]],
    "session_ratings_of_completed_sessions": [
        [*ANNAS, rating()],
        [*ANNAS, "UPDATE sessions SET status = 'NO_SHOW', no_show_at = now()", rating()],
    ],
    "session_plans_one_per_session": [[*A_PLAN, plan()]],
    "session_plans_session_fkey": [[*ANNAS, plan("ben")]],
    "session_plans_shared_since": [
        [*ANNAS, plan(shared="true, NULL")],
        [*A_PLAN, "UPDATE session_plans SET shared_at = now()"],
    ],
    "session_plans_reminded_when_due": [
        [*A_PLAN, "UPDATE session_plans SET reminded_at = now(), remind_at = now() + interval '1 minute'"]
    ],
    "plan_items_in_order": [[*A_PLAN, items(), items()]],
    "plan_items_rank_is_a_fraction": [[*A_PLAN, items(each)] for each in ("'i0'", "''", "'I'", "'a b'")],
    "plan_items_minutes_range": [[*A_PLAN, items(minutes=0)], [*A_PLAN, items(minutes=721)]],
    "plan_items_at_most": [
        [*A_PLAN, items("'i' || n || 'i'", count=100), items()],
        [*A_PLAN, items("n || 'i'", count=101)],
    ],
    # An item is shared as its plan is.
    "plan_items_plan_fkey": [[*A_PLAN, items(), "UPDATE plan_items SET is_shared = true"]],
    "plan_templates_items_are_a_list": [[templates("{}")], [templates("[" + "1, " * 100 + "1]")]],
    "plan_templates_at_most": [[templates(count=50), templates()], [templates(count=51)]],
    "session_ratings_pkey": [[*COMPLETED, rating(), rating()]],
    "session_ratings_session_fkey": [[*COMPLETED, rating(member="ben")]],
    "session_ratings_stars_range": [[*COMPLETED, rating(0)], [*COMPLETED, rating(6)]],
    "session_ratings_change_in_time": [[*COMPLETED, rating(changed="24 h 1 s")], [*COMPLETED, rating(changed="-1 s")]],
}
ACCEPTED = {
    "seats of one start": [
        *A_SLOT,
        seat("09:00", 2),
        session("anna", "09:00", "10:00"),
        session("ben", "09:00", "10:00", number=2),
    ],
    "one start right behind the blocked end": [slot("09:00", "10:00", "10:15"), slot("10:15", "11:15")],
    "a cancelled session beside a live one": [*ANNAS, session("anna", "09:00", "10:00", None, "CANCELLED")],
    "windows that touch": [window("09:00", "12:00"), window("12:00", "13:00"), window("09:00", "12:00", day=2)],
    "somebody who has come after all": [
        *ANNAS,
        "UPDATE sessions SET status = 'NO_SHOW', no_show_at = now()",
        "UPDATE sessions SET status = 'COMPLETED', completed_at = now(), no_show_at = NULL",
    ],
    "a place that is held": [*A_SLOT, hold("anna", 1)],
    "somebody in line for a taken slot": [*A_SLOT, in_line("anna")],
    "a completed session keeps its seat": COMPLETED,
    "a rating changed after a day": [*COMPLETED, rating(changed="24 h"), "UPDATE session_ratings SET stars = 1"],
    "ranks that are alike on the way": [
        *A_PLAN,
        items(),
        items("'j'"),
        "UPDATE plan_items SET rank = CASE rank WHEN 'i' THEN 'j' ELSE 'k' END",
    ],
    "as many items and templates as there may be": [*A_PLAN, items("n || 'i'", count=100), templates(count=50)],
    "as many members as the limit": [
        "UPDATE coaches SET max_members = 2 WHERE id = :coach",
        "UPDATE members SET coach_id = :coach",
        "UPDATE coaches SET max_members = 0 WHERE id = :coach",
    ],
}


@pytest.fixture(scope="module")
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield practice


@pytest.fixture(scope="module")
async def ids(practice: Practice) -> Ids:
    coach, (anna, ben) = await practice.coach(), await practice.members(2)
    assert coach.coach is not None
    assert anna.member is not None
    assert ben.member is not None
    return Ids(coach.coach.id, anna.member.id, ben.member.id)


async def run(db: AsyncSession, statements: list[str], ids: Ids) -> None:
    for statement in statements:
        used = {name: getattr(ids, name) for name in ("coach", "anna", "ben") if f":{name}" in statement}
        await db.execute(text(statement), used)


@pytest.mark.parametrize(
    ("constraint", "statements"),
    [pytest.param(name, each, id=f"{name}-{n}") for name, cases in REFUSED.items() for n, each in enumerate(cases)],
)
async def test_the_schema_refuses(practice: Practice, ids: Ids, constraint: str, statements: list[str]) -> None:
    async with practice.as_system() as db:
        await run(db, statements[:-1], ids)
        with pytest.raises(IntegrityError) as refused:
            await run(db, statements[-1:], ids)
        await db.rollback()

    assert violated_constraint(refused.value) == constraint


@pytest.mark.parametrize("statements", ACCEPTED.values(), ids=ACCEPTED)
async def test_the_schema_accepts(practice: Practice, ids: Ids, statements: list[str]) -> None:
    async with practice.as_system() as db:
        await run(db, statements, ids)
        await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await db.rollback()


async def test_a_seat_between_two_sessions_is_looked_at_again_at_the_commit(practice: Practice, ids: Ids) -> None:
    """The constraint of a session to its seat waits, and does not wait for ever."""
    async with practice.as_system() as db:
        await run(db, ["SET CONSTRAINTS ALL DEFERRED", session("anna", "09:00", "10:00")], ids)
        with pytest.raises(IntegrityError) as refused:
            await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await db.rollback()

    assert violated_constraint(refused.value) == "sessions_seat_fkey"


async def test_a_coachs_limit_holds_for_members_who_come_at_once(practice: Practice) -> None:
    coach, members = await practice.coach(max_members=3), await practice.members(9)
    assert coach.coach is not None
    coach_id = coach.coach.id

    async def refusal(who: Person) -> str | None:
        assert who.member is not None
        joined = text("UPDATE members SET coach_id = :coach WHERE id = :id")
        try:
            async with practice.as_system() as db:
                await db.execute(joined, {"coach": coach_id, "id": who.member.id})
        except IntegrityError as refused:
            return violated_constraint(refused)
        return None

    refusals = await asyncio.gather(*(refusal(each) for each in members))

    assert sorted(map(str, refusals)) == ["None"] * 3 + ["coaches_members_within_limit"] * 6
    assert await practice.count("members", "coach_id = :id", id=coach_id) == 3
    assert await practice.rows("SELECT member_count FROM coaches WHERE id = :id", id=coach_id) == [(3,)]
