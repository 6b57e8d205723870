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
from tests.calendars import feed_of
from tests.messaging import said
from tests.models import (
    rows_of_assessments,
    rows_of_coherence,
    rows_of_elements,
    rows_of_goals,
    rows_of_interventions,
    rows_of_recommendations,
)
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

# Each says what its rows are named by, what may be touched of them, and who may do what with them.
PARTS: tuple[Any, ...] = (
    rows_of_interventions,
    rows_of_assessments,
    rows_of_coherence,
    rows_of_goals,
    rows_of_elements,
    rows_of_recommendations,
)
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
    "message_templates": ("coach_id", "name"),
    "message_hooks": ("coach_id", "name"),
    "communications": ("coach_id", "member_id", "channel", "status"),
    "calendar_feeds": ("user_id",),
    "risk_assessments": ("member_coach_id", "member_id", "level"),
    "risk_alerts": ("member_coach_id", "member_id", "level"),
    "notifications": ("user_id", "kind"),
    "deliveries": ("user_id", "channel"),
    "notification_preferences": ("user_id", "kind", "channel"),
    "quiet_hours": ("user_id",),
    "webhook_endpoints": ("coach_id", "url"),
    "webhook_messages": ("coach_id", "webhook_id"),
    "webhook_attempts": ("coach_id", "number"),
    **{name: said for part in PARTS for name, said in part.NAMED_BY.items()},
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
    "message_templates": "updated_at = now()",
    "message_hooks": "created_at = now()",
    "communications": "updated_at = now()",
    "calendar_feeds": "last_read_at = now()",
    "risk_assessments": "created_at = now()",
    "risk_alerts": "step = step",
    "notifications": "read_at = now()",
    "deliveries": "attempts = 1",
    "notification_preferences": "updated_at = now()",
    "quiet_hours": "updated_at = now()",
    "webhook_endpoints": "updated_at = now()",
    "webhook_messages": "tries = 0",
    "webhook_attempts": "duration_ms = 2",
    **{name: said for part in PARTS for name, said in part.TOUCHED.items()},
    "outbox": "created_at = now()",
}
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
# Somebody was told of something, by mail too, and has said what they want.
_TOLD = (
    "INSERT INTO notifications (id, user_id, kind, occasion, facts, is_listed, created_at)"
    " VALUES (gen_random_uuid(), :user, :kind, 'event:1', '{}', true, now())",
    "INSERT INTO deliveries (id, notification_id, user_id, channel, status, attempts, created_at)"
    " SELECT gen_random_uuid(), id, user_id, 'EMAIL', 'PENDING', 0, created_at FROM notifications"
    " WHERE user_id = :user",
    "INSERT INTO notification_preferences (user_id, kind, channel, is_on) VALUES (:user, :kind, 'EMAIL', true)",
    "INSERT INTO quiet_hours (user_id, from_time, until_time) VALUES (:user, '22:00', '07:00')",
)
# An endpoint of each coach and one of the practice, each with a message that was tried.
_HOOKED = (
    "INSERT INTO webhook_endpoints (id, coach_id, url, is_enabled, sealed_secret, created_at, updated_at)"
    " VALUES (gen_random_uuid(), CAST(:coach AS uuid), 'https://x', true, '\\x01', now(), now())",
    "INSERT INTO webhook_messages (id, endpoint_id, webhook_id, event_type, payload, status, round, tries,"
    " attempt_count, is_waiting, created_at) SELECT gen_random_uuid(), id, 'msg_1', 'test.sent', '{}', 'DELIVERED', 1,"
    " 0, 1, false, now() FROM webhook_endpoints WHERE coach_id IS NOT DISTINCT FROM CAST(:coach AS uuid)",
    "INSERT INTO webhook_attempts (message_id, number, at, duration_ms, status_code) SELECT id, 1, now(), 1, 200"
    " FROM webhook_messages WHERE coach_id IS NOT DISTINCT FROM CAST(:coach AS uuid)",
)
NOTHING: Mapping[str, list[str]] = {table: [] for table in NAMED_BY}

Rows = dict[str, list[str]]


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
            for name, kind in (("anna", "BOOKING_CONFIRMED"), ("carl", "BOOKING_CONFIRMED"), ("one", "SESSION_BOOKED")):
                for statement in _TOLD:
                    await db.execute(text(statement), {"user": people[name].user.id, "kind": kind})
            await rows_of_interventions.add_library_of(db, small.coach_id("one"), small.coach_id("other"))
            for person, by in ((anna, one), (carl, other)):
                ids = {"member_user": person.user.id, "coach_user": by.user.id}
                await rows_of_interventions.give(db, member=person.actor.member_id, **ids)
                await rows_of_recommendations.recommend(db, member=person.actor.member_id, coach_user=by.user.id)
            await rows_of_assessments.add_sets_of(db, small.coach_id("one"), small.coach_id("other"))
            for member, coach in (("anna", "one"), ("carl", "other")):
                await rows_of_assessments.assess(
                    db,
                    member=small.member_id(member),
                    coach=small.coach_id(coach),
                    coach_user=people[coach].user.id,
                )
            await rows_of_coherence.add_scores_of(db, small.member_id("anna"), small.member_id("carl"))
            await rows_of_elements.add_elements_of(db, small.member_id("anna"), small.member_id("carl"))
            for owner in (small.coach_id("one"), small.coach_id("other"), None):
                for statement in _HOOKED:
                    await db.execute(text(statement), {"coach": owner})
        return small

    async def _add_queues(self, db: AsyncSession) -> None:
        for member, coach in (("anna", "one"), ("carl", "other")):
            values = {"coach": self.coach_id(coach), "member": self.member_id(member), "ten": _instant(TEN)}
            for statement in _QUEUED:
                await db.execute(text(statement), values)
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
            if columns[0] == "author_user_id" or table == "calendar_feeds":
                asking = "nullif(current_setting('app.user_id', true), '')::uuid"
                spare = f" WHERE {columns[0]} IS DISTINCT FROM {asking}"
            if table == "milestones":  # whoever it is about takes them away
                concerned = "member_id = nullif(current_setting('app.member_id', true), '')::uuid"
                spare = f" WHERE ({concerned}) IS NOT TRUE AND member_coach_id IS DISTINCT FROM {mine}"
            if table in rows_of_interventions.SPARED:
                spare = f" WHERE {rows_of_interventions.SPARED[table]}"
            if table in rows_of_elements.SPARED:
                spare = f" WHERE {rows_of_elements.SPARED[table]}"
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
