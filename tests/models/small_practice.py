"""A small practice with something in every table, whose rows have names, to say exactly who may do what with which."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.actor import STRANGER, Actor
from tests.beside import beside
from tests.calendars import feed_of
from tests.messaging import said
from tests.models.rows import ASKING_USER, Rows, run
from tests.models.rows_of_goals import set_goals
from tests.operations import (
    ADD_NOTE_TEMPLATE,
    ADD_TIME_OFF,
    CANCEL,
    SHARE_PLAN,
    add_window,
    book,
    booked,
    completed,
    noted,
    outside_calendar,
    planned,
    rated,
    template,
)
from tests.practice import Person, Practice
from tests.risks import assessed

NINE, HALF_PAST, TEN = "2026-03-02T09:00:00Z", "2026-03-02T09:30:00Z", "2026-03-02T10:00:00Z"

AREAS = beside(__file__, "rows_of_")
_HOUR = "extract(hour FROM starts_at AT TIME ZONE 'UTC')::int"
# The columns that a row's name is made of: ids become names of people.
NAMED_BY: dict[str, tuple[str, ...]] = {
    "users": ("id",),
    "credentials": ("user_id",),
    "refresh_tokens": ("user_id",),
    "user_permissions": ("user_id",),
    "remembered_requests": ("user_id",),
    "used_quotas": ("user_id", "quota"),
    "coaches": ("id",),
    "members": ("id",),
    "assignments": ("coach_id", "member_id"),
    "coach_calendars": ("coach_id",),
    "availability_windows": ("coach_id",),
    "outside_calendars": ("coach_id", "name"),
    "time_off": ("coach_id",),
    "calendar_slots": ("coach_id", _HOUR),
    "calendar_seats": ("coach_id", _HOUR, "seat_no"),
    "slot_holds": ("coach_id", "member_id"),
    "waiting_list_entries": ("coach_id", "member_id", "status"),
    "session_series": ("coach_id", "member_id"),
    "bookings": ("coach_id", "member_id", "status"),
    "sessions": ("coach_id", "member_id", "status"),
    "session_changes": ("coach_id", "member_id", "kind"),
    "session_ratings": ("coach_id", "member_id", "stars"),
    "session_plans": ("coach_id", "member_id", "is_shared"),
    "plan_items": ("coach_id", "member_id", "title"),
    "plan_templates": ("coach_id", "name"),
    "master_keys": ("id",),
    "member_keys": ("member_id",),
    "session_notes": ("author_user_id", "member_id", "visibility", "is_draft"),
    "note_templates": ("coach_id", "name"),
    "calendar_feeds": ("user_id",),
    "outbox": ("event_type", "coalesce(event ->> 'author_user_id', event ->> 'member_id', event ->> 'coach_id')"),
}
# An assignment for each table that breaks no rule of any row.
TOUCHED: dict[str, str] = {
    "users": "created_at = now()",
    "credentials": "changed_at = now()",
    "refresh_tokens": "created_at = now()",
    "user_permissions": "is_granted = true",
    "remembered_requests": "created_at = now()",
    "used_quotas": "used = used + 1",
    "coaches": "created_at = now()",
    "members": "updated_at = now()",
    "assignments": "started_at = now()",
    "coach_calendars": "version = 99",
    "availability_windows": "created_at = now()",
    "outside_calendars": "created_at = now()",
    "time_off": "created_at = now()",
    "calendar_slots": "capacity = 2",
    "calendar_seats": "capacity = 2",
    "slot_holds": "is_extended = true",
    "waiting_list_entries": "created_at = now()",
    "session_series": "created_at = now()",
    "bookings": "created_at = now()",
    "sessions": "updated_at = now()",
    "session_changes": "changed_at = now()",
    "session_ratings": "updated_at = created_at",
    "session_plans": "updated_at = now()",
    "plan_items": "updated_at = now()",
    "plan_templates": "updated_at = now()",
    "master_keys": "created_at = now()",
    "member_keys": "created_at = now()",
    "session_notes": "updated_at = now()",
    "note_templates": "updated_at = now()",
    "calendar_feeds": "last_read_at = now()",
    "outbox": "created_at = now()",
}
for area in AREAS:
    NAMED_BY |= area.NAMED_BY
    TOUCHED |= area.TOUCHED
# What a DELETE leaves out, which would be the asker's to take away.
SPARED: dict[str, str] = {
    "session_notes": f"author_user_id IS DISTINCT FROM {ASKING_USER}",
    "calendar_feeds": f"user_id IS DISTINCT FROM {ASKING_USER}",
}
for area in AREAS:
    SPARED |= getattr(area, "SPARED", {})
# At ten a place is held for the member; the other two rows are history.
_QUEUED = (
    "INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)"
    " SELECT :coach, CAST(:ten AS timestamptz), :ten + interval '1 hour', :ten + interval '1 hour', 2",
    "INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity, held_until)"
    " SELECT coach_id, starts_at, 1, ends_at, capacity, now() + interval '5 minutes' FROM calendar_slots"
    " WHERE coach_id = :coach AND starts_at = :ten",
    "INSERT INTO slot_holds (id, coach_id, member_id, starts_at, ends_at, seat_no, expires_at, is_extended)"
    " SELECT gen_random_uuid(), coach_id, :member, starts_at, ends_at, seat_no, held_until, false FROM calendar_seats"
    " WHERE coach_id = :coach AND held_until IS NOT NULL",
    "INSERT INTO waiting_list_entries (id, coach_id, member_id, starts_at, status, closed_at)"
    " VALUES (gen_random_uuid(), :coach, :member, :ten, 'LEFT', now())",
    "INSERT INTO session_series (id, coach_id, member_id, first_starts_at, every_weeks, occurrences)"
    " VALUES (gen_random_uuid(), :coach, :member, :ten, 1, 5)",
)
_IN_LINE = text(
    "INSERT INTO waiting_list_entries (id, coach_id, member_id, starts_at, status)"
    " SELECT gen_random_uuid(), coach_id, :member, starts_at, 'WAITING' FROM calendar_slots"
    " WHERE coach_id = :coach AND starts_at = :nine"
)
NOTHING: Mapping[str, list[str]] = {table: [] for table in NAMED_BY}


@dataclass
class SmallPractice:
    """Coach `one` has anna, ben (in anna's slot) and cleo (who has cancelled, and waits); coach `other` has carl.

    The sessions of ben and carl have taken place, and they have rated them. There is a plan for carl's, which he sees,
    and one for anna's, which is not shared with her.
    """

    practice: Practice
    people: dict[str, Person]
    names: dict[str, str]

    @classmethod
    async def made_in(cls, practice: Practice) -> "SmallPractice":
        one, other = await practice.coach(), await practice.coach(is_accepting_members=False)
        anna, ben, cleo = await practice.members(3, one)
        carl = await practice.member(other)
        people = {"one": one, "other": other, "anna": anna, "ben": ben, "cleo": cleo, "carl": carl}
        people["admin"] = await practice.admin()
        names = {str(person.user.id): name for name, person in people.items()}
        names |= {str(person.coach.id): name for name, person in people.items() if person.coach}
        names |= {str(person.member.id): name for name, person in people.items() if person.member}
        for coach in (one, other):
            await add_window(practice, coach, seats=2)
            away = {"startsAt": "2026-05-01T00:00:00Z", "endsAt": "2026-05-02T00:00:00Z"}
            await practice.ask(ADD_TIME_OFF, coach, input=away)
            await outside_calendar(practice, coach)
        sessions = {}
        for member, coach in ((anna, one), (carl, other)):
            sessions[member.id] = await booked(practice, member, coach, NINE, idempotencyKey="k")
            await book(practice, member, coach, HALF_PAST)
        sessions[ben.id] = await booked(practice, ben, one, NINE)
        await planned(practice, one, sessions[anna.id], "Hidden")
        shared = await planned(practice, other, sessions[carl.id], "Shared")
        await practice.ask(SHARE_PLAN, other, input={"id": shared["id"]})
        for coach in (one, other):
            await template(practice, coach, "Mine", "An item")
        for member, stars in ((ben, 4), (carl, 5)):
            await rated(practice, member, await completed(practice, sessions[member.id]), stars)
        for member, coach in ((anna, one), (carl, other)):
            await noted(practice, coach, sessions[member.id], visibility="PRIVATE")
            for author, is_draft in product((coach, member), (False, True)):
                await noted(practice, author, sessions[member.id], isDraft=is_draft)
            await practice.ask(ADD_NOTE_TEMPLATE, coach, input={"name": "Own", "headings": ["One"]})
        for member, coach in ((anna, one), (carl, other)):
            await said(practice, coach, member)
            await set_goals(practice, coach, member)
            await assessed(practice, coach, member)
        for person in (one, anna, carl):
            await feed_of(practice, person)
        session = await booked(practice, cleo, one, TEN)
        await practice.ask(CANCEL, cleo, input={"sessionId": session})
        small = cls(practice, people, names)
        async with practice.as_system() as db:
            await small._add_logins(db)
            await small._add_queues(db)
            for area in AREAS:
                if hasattr(area, "add_to"):
                    await area.add_to(db, small)
        return small

    async def _add_queues(self, db: AsyncSession) -> None:
        for ids in self.pairs():
            await run(db, _QUEUED, **ids, ten=_instant(TEN))
        await db.execute(
            _IN_LINE, {"coach": self.coach_id("one"), "member": self.member_id("cleo"), "nine": _instant(NINE)}
        )

    async def _add_logins(self, db: AsyncSession) -> None:
        for name, person in self.people.items():
            values = {"id": person.user.id, "name": name}
            await db.execute(text("INSERT INTO credentials VALUES (:id, 'a hash')"), values)
            await db.execute(
                text(
                    "INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at)"
                    " VALUES (gen_random_uuid(), gen_random_uuid(), :id, convert_to(:name, 'UTF8'), now())"
                ),
                values,
            )
            if name in {"one", "anna", "carl"}:
                await db.execute(text("INSERT INTO user_permissions VALUES (:id, 'sessions:read', true)"), values)

    def actor(self, name: str) -> Actor:
        return STRANGER if name == "stranger" else self.people[name].actor

    def member_id(self, name: str) -> str:
        member = self.people[name].member
        assert member is not None
        return str(member.id)

    def coach_id(self, name: str) -> str:
        coach = self.people[name].coach
        assert coach is not None
        return str(coach.id)

    def coaches(self) -> tuple[str, str]:
        return self.coach_id("one"), self.coach_id("other")

    def pairs(self) -> list[dict[str, Any]]:
        """A member of each coach, for statements."""
        return [
            {
                "member": self.member_id(member),
                "member_user": self.people[member].user.id,
                "coach": self.coach_id(coach),
                "coach_user": self.people[coach].user.id,
            }
            for member, coach in (("anna", "one"), ("carl", "other"))
        ]

    def name_of(self, values: tuple[Any, ...]) -> str:
        return "/".join(self.names.get(str(value), str(value)) for value in values)

    # What a transaction may do; nothing of it stays.

    async def seen(self, db: AsyncSession) -> Rows:
        return {table: await self._named(db, table, "SELECT {columns} FROM {table}") for table in NAMED_BY}

    async def updated(self, db: AsyncSession) -> Rows:
        """Rows that an UPDATE without any condition changes."""
        found = {}
        for table, touched in TOUCHED.items():
            blind = await _tried(db, f"UPDATE {table} SET {touched}")
            found[table] = await self._named(db, table, f"UPDATE {{table}} SET {touched} RETURNING {{columns}}")
            assert blind == len(found[table]), f"{table}: rows out of sight are changed all the same"
        return found

    async def deleted(self, db: AsyncSession, mine: str = "NULL") -> dict[str, int]:
        """How many rows a DELETE takes that spares, where there is a `coach_id`, those of the asking coach."""
        found = {}
        for table, columns in NAMED_BY.items():
            spare = f" WHERE coach_id IS DISTINCT FROM {mine}" if columns[0] == "coach_id" and mine != "NULL" else ""
            if table in SPARED:
                spare = f" WHERE {SPARED[table]}"
            found[table] = await _tried(db, f"DELETE FROM {table}{spare}")
        return found

    async def stored(self) -> dict[str, list[tuple[str, str]]]:
        """Every row as JSON with its name."""
        found = {}
        async with self.practice.as_system() as db:
            for table, columns in NAMED_BY.items():
                rows = await db.execute(text(f"SELECT {', '.join(columns)}, to_jsonb({table}) FROM {table}"))
                found[table] = [(self.name_of(tuple(row[:-1])), json.dumps(row[-1])) for row in rows.all()]
        return found

    async def insertable(self, db: AsyncSession, stored: dict[str, list[tuple[str, str]]]) -> Rows:
        """Rows whose twin gets as far as the table's own constraints; row security is asked before them."""
        found: Rows = {table: [] for table in stored}
        for table, rows in stored.items():
            twin = f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"
            for name, row in rows:
                state = await refused_with(db, twin, row=row)
                assert state is not None, f"{table}: a row was stored twice"
                if state != "42501":
                    assert state.startswith("23"), f"{table} {name}: {state}"
                    found[table].append(name)
            found[table].sort()
        return found

    async def _named(self, db: AsyncSession, table: str, statement: str) -> list[str]:
        asked = statement.format(table=table, columns=", ".join(NAMED_BY[table]))
        async with db.begin_nested() as savepoint:
            rows = (await db.execute(text(asked))).all()
            await savepoint.rollback()
        return sorted(self.name_of(tuple(row)) for row in rows)


def _instant(shown: str) -> datetime:
    return datetime.fromisoformat(shown)


async def _tried(db: AsyncSession, statement: str) -> int:
    async with db.begin_nested() as savepoint:
        touched = int((await db.execute(text(statement))).rowcount)
        await savepoint.rollback()
    return touched


async def refused_with(db: AsyncSession, statement: str, **values: Any) -> str | None:
    """The SQLSTATE of the refusal; None if the statement runs. Either way it leaves nothing."""
    savepoint = await db.begin_nested()
    try:
        await db.execute(text(statement), values)
    except DBAPIError as refused:
        return str(refused.orig.sqlstate)
    else:
        return None
    finally:
        await savepoint.rollback()
