"""Each role straight at the tables, without the services: exactly which rows it sees, changes, takes and adds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.platform import migrations
from app.platform.database import make_engine
from app.platform.settings import Settings
from tests.models.catalogue import guarded_tables
from tests.models.rows import Rows
from tests.models.small_practice import AREAS, NAMED_BY, NOTHING, SmallPractice
from tests.practice import MovableClock, Practice

MEMBERS_OF_ONE = ["anna", "ben", "cleo"]
OF_ONE = {
    "coach_calendars": ["one"],
    "availability_windows": ["one"],
    "time_off": ["one"],
    "calendar_slots": ["one/10", "one/9"],
    "calendar_seats": ["one/10/1", "one/9/1", "one/9/2"],
}
PLANS_OF_ONE = {
    "outside_calendars": ["one/Family"],
    "session_plans": ["one/anna/False"],
    "plan_items": ["one/anna/Hidden"],
    "plan_templates": ["one/Mine"],
}
PLANS_OF_OTHER = {
    "outside_calendars": ["other/Family"],
    "session_plans": ["other/carl/True"],
    "plan_items": ["other/carl/Shared"],
    "plan_templates": ["other/Mine"],
}
SHARED_WITH_CARL = {table: PLANS_OF_OTHER[table] for table in ("session_plans", "plan_items")}
OF_OTHER = {
    "coach_calendars": ["other"],
    "availability_windows": ["other"],
    "time_off": ["other"],
    "calendar_slots": ["other/10", "other/9"],
    "calendar_seats": ["other/10/1", "other/9/1"],
}
HELD_BY_ONE = {
    "bookings": [
        "one/anna/CONFIRMED",
        "one/anna/REJECTED",
        "one/ben/CONFIRMED",
        "one/cleo/CONFIRMED",
    ],
    "sessions": ["one/anna/SCHEDULED", "one/ben/COMPLETED", "one/cleo/CANCELLED"],
    "session_ratings": ["one/ben/4"],
    "session_changes": ["one/anna/BOOKED", "one/ben/BOOKED", "one/cleo/BOOKED", "one/cleo/CANCELLED"],
    "slot_holds": ["one/anna"],
    "waiting_list_entries": ["one/anna/LEFT", "one/cleo/WAITING"],
    "session_series": ["one/anna"],
}
HELD_BY_OTHER = {
    "bookings": ["other/carl/CONFIRMED", "other/carl/REJECTED"],
    "session_ratings": ["other/carl/5"],
    "sessions": ["other/carl/COMPLETED"],
    "session_changes": ["other/carl/BOOKED"],
    "slot_holds": ["other/carl"],
    "waiting_list_entries": ["other/carl/LEFT"],
    "session_series": ["other/carl"],
}
ANNAS = {
    "bookings": ["one/anna/CONFIRMED", "one/anna/REJECTED"],
    "sessions": ["one/anna/SCHEDULED"],
    "session_changes": ["one/anna/BOOKED"],
    "slot_holds": ["one/anna"],
    "waiting_list_entries": ["one/anna/LEFT"],
    "session_series": ["one/anna"],
}
# Who wrote it, about a session of whom, for whom, and whether it is a draft.
BY_COACH_ONE = ["one/anna/PRIVATE/False", "one/anna/SHARED/False", "one/anna/SHARED/True"]
BY_COACH_OTHER = ["other/carl/PRIVATE/False", "other/carl/SHARED/False", "other/carl/SHARED/True"]
BY_ANNA = ["anna/anna/SHARED/False", "anna/anna/SHARED/True"]
BY_CARL = ["carl/carl/SHARED/False", "carl/carl/SHARED/True"]


def used(name: str) -> Rows:
    return {"used_quotas": [f"{name}/CALENDAR_FETCHES", f"{name}/MESSAGES"]}


PUBLIC = {"coaches": ["one"]}
PROFILES = {"coaches": ["one", "other"]}

SEEN = {
    "stranger": PUBLIC,
    "anna": PROFILES
    | ANNAS
    | {
        "users": ["anna"],
        "members": ["anna"],
        "assignments": ["one/anna"],
        "user_permissions": ["anna"],
        "remembered_requests": ["anna"],
        "session_notes": [*BY_ANNA, "one/anna/SHARED/False"],
        "calendar_feeds": ["anna"],
    },
    "carl": PROFILES
    | HELD_BY_OTHER
    | SHARED_WITH_CARL
    | {
        "users": ["carl"],
        "members": ["carl"],
        "assignments": ["other/carl"],
        "user_permissions": ["carl"],
        "remembered_requests": ["carl"],
        "session_notes": [*BY_CARL, "other/carl/SHARED/False"],
        "calendar_feeds": ["carl"],
    },
    "one": PROFILES
    | OF_ONE
    | HELD_BY_ONE
    | PLANS_OF_ONE
    | used("one")
    | {
        "users": [*MEMBERS_OF_ONE, "one"],
        "members": MEMBERS_OF_ONE,
        "assignments": ["one/anna", "one/ben", "one/cleo"],
        "user_permissions": ["one"],
        "session_notes": ["anna/anna/SHARED/False", *BY_COACH_ONE],
        "note_templates": ["one/Own"],
        "calendar_feeds": ["one"],
    },
    "other": PROFILES
    | OF_OTHER
    | HELD_BY_OTHER
    | PLANS_OF_OTHER
    | used("other")
    | {
        "users": ["carl", "other"],
        "members": ["carl"],
        "assignments": ["other/carl"],
        "session_notes": ["carl/carl/SHARED/False", *BY_COACH_OTHER],
        "note_templates": ["other/Own"],
    },
}
NOTES_OF_ONE = {"session_notes": BY_COACH_ONE, "note_templates": ["one/Own"]}
NOTES_OF_OTHER = {"session_notes": BY_COACH_OTHER, "note_templates": ["other/Own"]}
UPDATED = {
    "stranger": {},
    "anna": {
        "members": ["anna"],
        "remembered_requests": ["anna"],
        "sessions": ["one/anna/SCHEDULED"],
        "slot_holds": ["one/anna"],
        "waiting_list_entries": ["one/anna/LEFT"],
        "session_notes": BY_ANNA,
    },
    "carl": {
        "members": ["carl"],
        "remembered_requests": ["carl"],
        "sessions": ["other/carl/COMPLETED"],
        "session_ratings": ["other/carl/5"],
        "slot_holds": ["other/carl"],
        "waiting_list_entries": ["other/carl/LEFT"],
        "session_notes": BY_CARL,
    },
    "one": OF_ONE
    | PLANS_OF_ONE
    | NOTES_OF_ONE
    | used("one")
    | {"coaches": ["one"], "members": MEMBERS_OF_ONE, "sessions": HELD_BY_ONE["sessions"]},
    "other": OF_OTHER
    | PLANS_OF_OTHER
    | NOTES_OF_OTHER
    | used("other")
    | {"coaches": ["other"], "members": ["carl"], "sessions": HELD_BY_OTHER["sessions"]},
}
# Whoever is logged in tells of what they did, and has things sent as their coach; nobody but the system reads it.
TOLD = {
    "outbox": sorted(
        [
            "BookingRejected/anna",
            "BookingRejected/carl",
            "SessionBooked/anna",
            "SessionBooked/ben",
            "SessionBooked/carl",
            "SessionBooked/cleo",
            "SessionCancelled/cleo",
            "SessionNoteShared/anna",
            "SessionNoteShared/carl",
            "SessionNoteShared/one",
            "SessionNoteShared/other",
            "SessionPlanShared/carl",
            "SessionRated/ben",
            "SessionRated/carl",
            *(told for area in AREAS for told in getattr(area, "TOLD", ())),
        ]
    )
}


def asked_by(member: str, coach: str) -> Rows:
    return {"outbox": sorted([*TOLD["outbox"], f"MessageQueued/{member}", f"OutsideCalendarDue/{coach}"])}


# Members add with their coach's calendar open, as every service has it; what is booked is theirs alone to ask for.
SEATS_OF_ONE = {table: OF_ONE[table] for table in ("calendar_slots", "calendar_seats")}
SEATS_OF_OTHER = {table: OF_OTHER[table] for table in ("calendar_slots", "calendar_seats")}
# A coach books for members, and neither holds, waits nor rates for them; what was refused is the members' own.
NOT_BY_COACHES: Rows = {"slot_holds": [], "waiting_list_entries": [], "session_ratings": []}
BOOKED_BY_ONE = {"bookings": [name for name in HELD_BY_ONE["bookings"] if name.endswith("CONFIRMED")]}
BOOKED_BY_OTHER = {"bookings": ["other/carl/CONFIRMED"]}
INSERTED = {
    "stranger": {},
    "anna": ANNAS
    | TOLD
    | SEATS_OF_ONE
    | {"remembered_requests": ["anna"], "session_notes": BY_ANNA, "calendar_feeds": ["anna"]},
    "carl": HELD_BY_OTHER
    | TOLD
    | SEATS_OF_OTHER
    | {"remembered_requests": ["carl"], "session_notes": BY_CARL, "calendar_feeds": ["carl"]},
    "one": OF_ONE
    | HELD_BY_ONE
    | PLANS_OF_ONE
    | NOTES_OF_ONE
    | asked_by("anna", "one")
    | NOT_BY_COACHES
    | BOOKED_BY_ONE
    | used("one")
    | {"calendar_feeds": ["one"]},
    "other": OF_OTHER
    | HELD_BY_OTHER
    | PLANS_OF_OTHER
    | NOTES_OF_OTHER
    | asked_by("carl", "other")
    | NOT_BY_COACHES
    | BOOKED_BY_OTHER
    | used("other"),
}
for area in AREAS:
    for expected, of_area in ((SEEN, area.SEEN), (UPDATED, area.UPDATED), (INSERTED, area.INSERTED)):
        for who, rows in of_area.items():
            expected[who] = expected[who] | rows
OPEN_TO = {"anna": "one", "carl": "other"}
ACTORS = ["stranger", "anna", "carl", "one", "other"]


@pytest.fixture(scope="module")
async def small(settings: Settings) -> AsyncIterator[SmallPractice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield await SmallPractice.made_in(practice)


async def open_to(db: AsyncSession, coach_id: str) -> None:
    """What `open_calendar` does for whom it lets in."""
    await db.execute(text("SELECT set_config('app.calendar_id', :id, true)"), {"id": coach_id})


@asynccontextmanager
async def fresh_session(settings: Settings) -> AsyncIterator[AsyncSession]:
    engine = make_engine(settings.database_url, pool_size=1, assume_role=migrations.assumed_role(settings))
    async with AsyncSession(engine) as db:
        yield db
    await engine.dispose()


@pytest.fixture(scope="module")
async def everything(small: SmallPractice) -> Rows:
    async with small.practice.as_system() as db:
        return await small.seen(db)


async def test_the_practice_has_rows_with_names_of_their_own_in_every_guarded_table(everything: Rows) -> None:
    assert everything.keys() == set(guarded_tables())
    for table, names in everything.items():
        assert len(names) == len(set(names)) >= 2, f"{table}: {names}"


@pytest.mark.parametrize("who", ACTORS)
async def test_who_sees_which_rows(small: SmallPractice, who: str) -> None:
    async with small.practice.as_actor(small.actor(who)) as db:
        assert await small.seen(db) == NOTHING | SEEN[who]


async def test_an_admin_sees_and_changes_everything(small: SmallPractice, everything: Rows) -> None:
    async with small.practice.as_actor(small.actor("admin")) as db:
        assert await small.seen(db) == everything
        assert await small.updated(db) == everything


@pytest.mark.parametrize("who", ACTORS)
async def test_who_changes_which_rows(small: SmallPractice, who: str) -> None:
    async with small.practice.as_actor(small.actor(who)) as db:
        assert await small.updated(db) == NOTHING | UPDATED[who]


@pytest.mark.parametrize("who", ACTORS)
async def test_nobody_takes_away_what_is_not_their_own(small: SmallPractice, who: str) -> None:
    mine = f"'{small.coach_id(who)}'" if who in {"one", "other"} else "NULL"
    async with small.practice.as_actor(small.actor(who)) as db:
        assert await small.deleted(db, mine) == dict.fromkeys(NAMED_BY, 0)


async def test_a_coach_takes_away_their_own_windows_time_off_and_plans(small: SmallPractice) -> None:
    async with small.practice.as_actor(small.actor("one")) as db:
        for table in ("availability_windows", "time_off", *reversed(PLANS_OF_ONE)):
            assert (await db.execute(text(f"DELETE FROM {table}"))).rowcount == 1
        await db.rollback()


@pytest.mark.parametrize("who", ACTORS)
async def test_who_adds_which_rows(small: SmallPractice, who: str) -> None:
    stored = await small.stored()
    async with small.practice.as_actor(small.actor(who)) as db:
        if who in OPEN_TO:
            await open_to(db, small.coach_id(OPEN_TO[who]))
        assert await small.insertable(db, stored) == NOTHING | INSERTED[who]


async def test_without_any_setting_there_is_what_a_stranger_sees_and_no_error(
    small: SmallPractice, settings: Settings
) -> None:
    stored = await small.stored()
    # A connection of its own: one that had a setting once answers '' for it, and not null.
    async with fresh_session(settings) as db:
        were = await db.execute(text("SELECT current_setting('app.role', true), current_setting('app.system', true)"))
        assert were.one() == (None, None)
        assert await small.seen(db) == NOTHING | PUBLIC
        assert await small.updated(db) == NOTHING
        assert await small.deleted(db) == dict.fromkeys(NAMED_BY, 0)
        assert await small.insertable(db, stored) == NOTHING


@pytest.mark.parametrize("who", ["stranger", "carl", "other"])
async def test_an_opened_calendar_adds_that_coachs_calendar_and_nothing_else(small: SmallPractice, who: str) -> None:
    before = NOTHING | SEEN[who]
    opened = {table: sorted({*before[table], *names}) for table, names in (OF_ONE | PUBLIC).items()}
    async with small.practice.as_actor(small.actor(who)) as db:
        await open_to(db, small.coach_id("one"))
        assert await small.seen(db) == before | opened


async def test_an_opened_calendar_lets_seats_be_taken_and_its_version_rise_and_no_more(small: SmallPractice) -> None:
    stored = await small.stored()
    async with small.practice.as_actor(small.actor("stranger")) as db:
        await open_to(db, small.coach_id("one"))
        assert await small.updated(db) == NOTHING | SEATS_OF_ONE | {"coach_calendars": ["one"]}
        assert await small.insertable(db, stored) == NOTHING | SEATS_OF_ONE
