"""Holds and lines straight at the tables and functions: whoever is let in changes what is their own, and no more."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.platform.settings import Settings
from tests.models.small_practice import SmallPractice, refused_with
from tests.models.test_row_security import open_to
from tests.practice import MovableClock, Practice

NINE, TEN = "'2026-03-02 09:00Z'::timestamptz", "'2026-03-02 10:00Z'::timestamptz"
IN_LINE = (
    "INSERT INTO waiting_list_entries (id, coach_id, member_id, starts_at, status, place)"
    f" VALUES (gen_random_uuid(), CAST(:coach AS uuid), CAST(:member AS uuid), {NINE}, 'WAITING', 0)"
)
HOLD = (
    "INSERT INTO slot_holds (id, coach_id, member_id, starts_at, ends_at, seat_no, expires_at, is_extended, created_at)"
    " SELECT gen_random_uuid(), coach_id, CAST(:member AS uuid), starts_at, ends_at, seat_no, {until}, false, {made}"
    " FROM calendar_seats WHERE coach_id = CAST(:coach AS uuid) AND {seat}"
)
REFUSED = "42501"


@pytest.fixture(scope="module")
async def small(settings: Settings) -> AsyncIterator[SmallPractice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield await SmallPractice.made_in(practice)


async def refused_as(
    small: SmallPractice, who: str, statement: str, *, opened: str | None = None, member: str = "cleo"
) -> str | None:
    """With the calendar open, if one is named; it is coach one's in the statement."""
    values = {"coach": small.coach_id("one"), "member": small.member_id(member)}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    async with small.practice.as_actor(small.actor(who)) as db:
        if opened is not None:
            await open_to(db, small.coach_id(opened))
        state = await refused_with(db, statement, **used)
        assert (await db.execute(text("SELECT current_setting('app.system', true)"))).scalar_one() == ""
        return state


SETTLING = (
    "SELECT settle_calendar(CAST(:coach AS uuid), '2030-01-01')",
    "SELECT end_expired_holds(CAST(:coach AS uuid), '2030-01-01')",
    f"SELECT close_queue(CAST(:coach AS uuid), {TEN}, '2030-01-01')",
    f"SELECT fit_queue(CAST(:coach AS uuid), {TEN}, {TEN} + interval '1 hour', 1)",
)


@pytest.mark.parametrize("statement", SETTLING)
@pytest.mark.parametrize("who", ["stranger", "anna", "carl", "other"])
async def test_nobody_settles_a_calendar_that_is_not_open_to_them(
    small: SmallPractice, who: str, statement: str
) -> None:
    assert await refused_as(small, who, statement) == REFUSED
    assert await refused_as(small, who, statement, opened="other") == REFUSED


@pytest.mark.parametrize("statement", SETTLING[2:])
async def test_what_is_offered_is_not_changed_by_whom_it_is_offered_to(small: SmallPractice, statement: str) -> None:
    assert await refused_as(small, "anna", statement, opened="one") == REFUSED
    for who in ("one", "admin"):
        assert await refused_as(small, who, statement) is None


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("cleo", "UPDATE waiting_list_entries SET place = 0"),
        ("cleo", f"UPDATE waiting_list_entries SET starts_at = {TEN}"),
        ("cleo", "UPDATE waiting_list_entries SET coach_id = gen_random_uuid()"),
        ("cleo", "UPDATE waiting_list_entries SET status = 'OFFERED', offered_at = now()"),
        ("cleo", "UPDATE waiting_list_entries SET status = 'BOOKED', closed_at = now()"),
        ("anna", "UPDATE waiting_list_entries SET status = 'WAITING', closed_at = NULL"),
        ("anna", IN_LINE),
    ],
)
async def test_nobody_steps_forward_in_a_line(small: SmallPractice, who: str, statement: str) -> None:
    assert await refused_as(small, who, statement, opened="one", member=who) == REFUSED


@pytest.mark.parametrize("who", ["stranger", "anna", "one"])
async def test_nobody_says_how_long_a_line_is(small: SmallPractice, who: str) -> None:
    for number in (0, 9):
        counted = f"UPDATE calendar_slots SET waiting = {number} WHERE waiting = 1"
        assert await refused_as(small, who, counted, opened="one") == "23514"


async def test_who_is_in_line_may_leave_it(small: SmallPractice) -> None:
    leave = "UPDATE waiting_list_entries SET status = 'LEFT', closed_at = now()"

    assert await refused_as(small, "cleo", leave, opened="one") is None


HELD = "held_until IS NOT NULL"
LATER = "now() + interval '1 hour'"


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        # Who looks at the calendar of one, in which a place is held for anna.
        ("carl", "DELETE FROM calendar_seats WHERE held_until IS NOT NULL"),
        ("ben", "DELETE FROM calendar_seats WHERE held_until IS NOT NULL"),
        ("ben", "UPDATE calendar_seats SET held_until = now() - interval '1 hour' WHERE held_until IS NOT NULL"),
        ("ben", "UPDATE calendar_seats SET held_until = now() WHERE held_until IS NULL"),
        # A seat in which somebody sits, or one for longer than it is held.
        ("cleo", HOLD.format(until="now() + interval '5 minutes'", made="now()", seat="held_until IS NULL LIMIT 1")),
        ("cleo", HOLD.format(until=LATER, made=LATER, seat=HELD)),
        ("cleo", HOLD.format(until="held_until", made=LATER, seat=HELD)),
        ("anna", f"UPDATE slot_holds SET created_at = {LATER}, expires_at = {LATER}"),
        ("anna", "UPDATE slot_holds SET seat_no = 2"),
        ("anna", f"UPDATE slot_holds SET starts_at = {NINE}, seat_no = 1"),
        ("anna", "UPDATE slot_holds SET coach_id = gen_random_uuid()"),
        ("anna", "UPDATE slot_holds SET ends_at = ends_at + interval '1 hour'"),
        ("anna", "UPDATE slot_holds SET entry_id = (SELECT id FROM waiting_list_entries)"),
    ],
)
async def test_a_hold_keeps_its_own_place_for_its_own_time(small: SmallPractice, who: str, statement: str) -> None:
    assert await refused_as(small, who, statement, opened="one", member=who) == REFUSED


async def test_no_series_is_booked_for_somebody_elses_member(small: SmallPractice) -> None:
    series = (
        "INSERT INTO session_series (id, coach_id, member_id, first_starts_at, every_weeks, occurrences)"
        f" VALUES (gen_random_uuid(), CAST(:coach AS uuid), CAST(:member AS uuid), {TEN}, 1, 2)"
    )

    assert await refused_as(small, "one", series, member="carl") == REFUSED
    assert await refused_as(small, "one", series, member="cleo") is None


async def test_a_session_keeps_the_notice_that_it_was_booked_with(small: SmallPractice) -> None:
    async with small.practice.as_system() as db:
        await db.execute(text("UPDATE sessions SET cancellation_notice_hours = 24"))

    for who in ("anna", "one"):
        for hours in ("23", "NULL"):
            softer = f"UPDATE sessions SET cancellation_notice_hours = {hours}"
            assert await refused_as(small, who, softer) == REFUSED


@pytest.mark.parametrize("who", ["one", "anna"])
@pytest.mark.parametrize("change", ["member_coach_id = CAST(:coach AS uuid)", "is_later = true"])
async def test_nobody_says_who_else_reads_their_notes(small: SmallPractice, who: str, change: str) -> None:
    values = {"coach": small.coach_id("other")} if ":coach" in change else {}
    async with small.practice.as_actor(small.actor(who)) as db:
        for note in ("content = content, ", ""):
            assert await refused_with(db, f"UPDATE session_notes SET {note}{change}", **values) == REFUSED
