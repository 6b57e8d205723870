"""PostgreSQL holds to the one table of transitions, for everybody and straight at the table."""

from collections.abc import AsyncIterator
from itertools import permutations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.actor import SYSTEM, Actor
from app.models.sessions import SessionStatus
from app.platform.database import violated_constraint
from app.platform.settings import Settings
from app.services.sessions import TRANSITIONS
from app.services.sessions.lifecycle import Part
from tests.operations import add_window, booked
from tests.practice import MovableClock, Person, Practice

STATUSES = list(SessionStatus)
NO_SEAT = "held_start = NULL, seat_no = NULL"
STAMPS = {"CANCELLED": "cancelled_at", "COMPLETED": "completed_at", "NO_SHOW": "no_show_at"}
INSIDE = {"member": Part.MEMBER, "coach": Part.COACH, "admin": Part.ADMIN}
OUTSIDE = ("present other coach", "foreign coach", "another member", "stranger")


class Sessions:
    """One of each status, all of a member who has another coach by now."""

    def __init__(self, practice: Practice, people: dict[str, Person], ids: dict[SessionStatus, str]) -> None:
        self.practice, self.people, self.ids = practice, people, ids

    def actor(self, who: str) -> Actor:
        return SYSTEM if who == "system" else self.practice.context(self.people.get(who)).actor

    async def tried(self, who: str, status: SessionStatus, change: str) -> str:
        """`done`, `unseen`, or by what it is refused; nothing of it stays."""
        async with self.practice.as_actor(self.actor(who)) as db:
            savepoint = await db.begin_nested()
            try:
                statement = text(f"UPDATE sessions SET {change} WHERE id = :id")
                done = await db.execute(statement, {"id": self.ids[status]})
            except DBAPIError as refused:
                return violated_constraint(refused) or str(refused.orig.sqlstate)
            else:
                return "done" if done.rowcount else "unseen"
            finally:
                await savepoint.rollback()


def becoming(status: SessionStatus, at: str = "starts_at + interval '1 h'") -> str:
    """All that has to go with the status, so that nothing but the transition can be refused."""
    stamps = [f"{stamp} = {at if name == status else 'NULL'}" for name, stamp in STAMPS.items()]
    seat = [NO_SEAT] if status is SessionStatus.CANCELLED else []
    return ", ".join([f"status = '{status}'", *stamps, *seat])


@pytest.fixture(scope="module")
async def sessions(settings: Settings) -> AsyncIterator[Sessions]:
    async with Practice.opened(settings, MovableClock()) as practice:
        coach, present = await practice.coach(booking_audience="MEMBERS"), await practice.coach()
        await add_window(practice, coach, end="13:00")
        member = await practice.member(present)
        people = {
            "member": member,
            "coach": coach,
            "admin": await practice.admin(),
            "present other coach": present,
            "foreign coach": await practice.coach(),
            "another member": await practice.member(coach),
        }
        ids = {}
        for hour, status in enumerate(STATUSES, start=9):
            await booked(practice, member, coach, f"2026-03-02T{hour:02}:00:00Z")
            ((key,),) = await practice.rows("SELECT id FROM sessions ORDER BY starts_at DESC LIMIT 1")
            ids[status] = key
            if status is not SessionStatus.SCHEDULED:
                await practice.rows(f"UPDATE sessions SET {becoming(status)} WHERE id = :id RETURNING id", id=key)
        yield Sessions(practice, people, ids)


@pytest.mark.parametrize("who", INSIDE)
async def test_who_has_a_part_in_a_session_makes_of_it_what_the_table_says(sessions: Sessions, who: str) -> None:
    found = {
        pair for pair in permutations(STATUSES, 2) if await sessions.tried(who, pair[0], becoming(pair[1])) == "done"
    }

    theirs = [each for each in TRANSITIONS if INSIDE[who] in each.who]
    assert found == {(each.before, each.after) for each in theirs if each.before is not each.after}


async def test_what_nobody_may_make_of_it_not_even_the_system_does(sessions: Sessions) -> None:
    known = {(each.before, each.after) for each in TRANSITIONS}
    found = {pair: await sessions.tried("system", pair[0], becoming(pair[1])) for pair in permutations(STATUSES, 2)}

    assert found == {pair: "done" if pair in known else "sessions_transitions" for pair in found}


async def test_a_member_closes_no_session_of_their_own(sessions: Sessions) -> None:
    closing = (SessionStatus.COMPLETED, SessionStatus.NO_SHOW)

    found = [await sessions.tried("member", SessionStatus.SCHEDULED, becoming(status)) for status in closing]

    assert found == ["42501"] * 2


@pytest.mark.parametrize("who", OUTSIDE)
async def test_others_change_nothing_even_where_they_see_it(sessions: Sessions, who: str) -> None:
    found = {await sessions.tried(who, before, becoming(after)) for before, after in permutations(STATUSES, 2)}

    assert found == {"unseen"}


@pytest.mark.parametrize("who", ["member", "coach", "admin", "system"])
async def test_what_is_closed_is_not_moved(sessions: Sessions, who: str) -> None:
    later = "starts_at = starts_at + interval '1 min', ends_at = ends_at + interval '1 min'"

    closed = [status for status in STATUSES if status is not SessionStatus.SCHEDULED]
    found = [await sessions.tried(who, status, later) for status in closed]

    assert found == ["sessions_transitions"] * 3


@pytest.mark.parametrize("who", ["coach", "admin", "system"])
@pytest.mark.parametrize("status", [SessionStatus.COMPLETED, SessionStatus.NO_SHOW])
async def test_nothing_is_closed_before_it_has_begun(sessions: Sessions, who: str, status: SessionStatus) -> None:
    at_the_start = await sessions.tried(who, SessionStatus.SCHEDULED, becoming(status, "starts_at"))
    too_soon = await sessions.tried(who, SessionStatus.SCHEDULED, becoming(status, "starts_at - interval '1 s'"))

    assert (at_the_start, too_soon) == ("done", "sessions_closed_once_begun")
