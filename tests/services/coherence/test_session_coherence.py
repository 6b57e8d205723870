"""What a member's coherence was before and after each session."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.services.coherence import fill_sessions
from tests.lifecycle import cancel, no_show
from tests.operations import add_window, booked, completed, moved, transferred
from tests.practice import MONDAY, Person, Practice
from tests.scoring import measured, scored

BOTH = "query ($id: ID!) { session(id: $id) { version updatedAt preSessionCoherence postSessionCoherence } }"
FIRST, SECOND, THIRD = ("2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z", "2026-03-16T09:00:00Z")
# psi alone: 0.10 gives 0.64, each tenth more 0.20 more, with the others at 0.50
TOTALS = {"0.10": "0.64", "0.20": "0.84", "0.30": "1.04", "0.40": "1.24", "0.50": "1.44"}


async def found(practice: Practice, member: Person, psi: str, at: str) -> None:
    await scored(practice, member, measured(psi), at=datetime.fromisoformat(at))
    await practice.work()


async def of(practice: Practice, session: str, who: Person) -> tuple[str | None, str | None]:
    shown: dict[str, Any] = await practice.ask(BOTH, who, id=session)
    return shown["preSessionCoherence"], shown["postSessionCoherence"]


async def a_coach(practice: Practice, **changes: Any) -> Person:
    coach = await practice.coach(**changes)
    await add_window(practice, coach)
    return coach


async def test_a_score_fills_the_sessions_around_it_without_changing_them(practice: Practice) -> None:
    coach = await a_coach(practice)
    member = await practice.member(coach)
    first = await completed(practice, await booked(practice, member, coach, FIRST))
    second = await booked(practice, member, coach, SECOND)
    before = await practice.ask(BOTH, coach, id=second)

    await found(practice, member, "0.10", "2026-03-02T08:30:00Z")
    assert await of(practice, first, coach) == (TOTALS["0.10"], None)
    assert await of(practice, second, coach) == (TOTALS["0.10"], None)
    await found(practice, member, "0.20", "2026-03-02T09:30:00Z")
    assert await of(practice, first, coach) == (TOTALS["0.10"], None), "during the session is neither before nor after"
    await found(practice, member, "0.30", "2026-03-02T10:00:00Z")
    await found(practice, member, "0.40", "2026-03-05T10:00:00Z")
    assert await of(practice, first, member) == (TOTALS["0.10"], TOTALS["0.30"]), "the first after it, at its very end"
    assert await of(practice, second, member) == (TOTALS["0.40"], None), "the latest before it"

    after = await practice.ask(BOTH, coach, id=second)
    assert (after["version"], after["updatedAt"]) == (before["version"], before["updatedAt"])


async def test_what_comes_after_the_next_session_belongs_to_that_one(practice: Practice) -> None:
    coach = await a_coach(practice)
    member = await practice.member(coach)
    first = await completed(practice, await booked(practice, member, coach, FIRST))
    second = await booked(practice, member, coach, SECOND)

    await found(practice, member, "0.50", "2026-03-10T08:00:00Z")

    assert await of(practice, first, coach) == (None, None)
    practice.clock.move(days=8)
    assert (await no_show(practice, coach, second))["__typename"] == "Session"
    await practice.work()
    assert await of(practice, first, coach) == (None, TOTALS["0.50"]), "a session that was missed is no session"


async def test_a_score_of_more_than_thirty_days_ago_says_nothing_of_today(practice: Practice) -> None:
    coach = await a_coach(practice)
    member = await practice.member(coach)
    near = await booked(practice, member, coach, FIRST)
    await found(practice, member, "0.20", "2026-01-31T09:00:00Z")

    assert await of(practice, near, coach) == (TOTALS["0.20"], None)
    moved_to = await moved(practice, coach, near, "2026-03-02T10:00:00Z", expectedVersion=1)
    assert moved_to["__typename"] == "Session", moved_to
    await practice.work()
    assert await of(practice, near, coach) == (None, None), "an hour later these are more than thirty days"


async def test_a_session_that_is_completed_late_is_filled_then(practice: Practice) -> None:
    coach = await a_coach(practice)
    member = await practice.member(coach)
    session = await booked(practice, member, coach, FIRST)
    await found(practice, member, "0.20", "2026-03-03T09:00:00Z")
    assert await of(practice, session, coach) == (None, None)
    practice.clock.move(days=2)

    done = await practice.ask(
        "mutation ($input: CompleteSessionInput!) { completeSession(input: $input) { __typename } }",
        coach,
        input={"sessionId": session},
    )
    assert done["__typename"] == "Session"
    await practice.work()

    assert await of(practice, session, coach) == (None, TOTALS["0.20"])


async def test_a_cancelled_session_has_neither(practice: Practice) -> None:
    coach = await a_coach(practice)
    member = await practice.member(coach)
    session = await booked(practice, member, coach, SECOND)
    await found(practice, member, "0.20", "2026-03-03T09:00:00Z")
    assert await of(practice, session, coach) == (TOTALS["0.20"], None)

    await cancel(practice, coach, session)
    await practice.work()

    assert await of(practice, session, coach) == (None, None)


async def test_nothing_is_filled_in_after_the_member_has_left_that_coach(practice: Practice) -> None:
    old, new = await a_coach(practice), await a_coach(practice)
    member = await practice.member(old)
    await practice.rows("UPDATE assignments SET started_at = '2026-01-01T00:00:00Z' RETURNING 1")
    done = await completed(practice, await booked(practice, member, old, FIRST))
    await found(practice, member, "0.10", "2026-03-02T08:30:00Z")
    practice.clock.move(days=1)
    await transferred(practice, member, new)
    later = await booked(practice, member, new, THIRD)

    await found(practice, member, "0.50", "2026-03-05T08:30:00Z")

    assert await of(practice, done, old) == (TOTALS["0.10"], None)
    assert await of(practice, later, new) == (TOTALS["0.50"], None)


async def test_a_coach_whose_member_they_never_were_learns_nothing(practice: Practice) -> None:
    coach, host = await a_coach(practice), await a_coach(practice, booking_audience="MEMBERS")
    member = await practice.member(coach)
    session = await completed(practice, await booked(practice, member, host, FIRST))

    await found(practice, member, "0.10", "2026-03-02T08:30:00Z")
    await found(practice, member, "0.20", "2026-03-02T12:00:00Z")

    assert await of(practice, session, host) == await of(practice, session, member) == (None, None)


async def test_nobody_writes_it_but_the_system(practice: Practice) -> None:
    coach = await a_coach(practice)
    member = await practice.member(coach)
    await booked(practice, member, coach, FIRST)

    for who in (coach, member):
        with pytest.raises(DBAPIError, match="filled in by the system"):
            async with practice.as_actor(who.actor) as db:
                await db.execute(text("UPDATE sessions SET pre_session_coherence = 3"))
    assert await practice.count("sessions", "pre_session_coherence IS NOT NULL") == 0


async def test_doing_it_twice_is_doing_it_once(practice: Practice) -> None:
    coach = await a_coach(practice)
    member = await practice.member(coach)
    assert member.member is not None
    await booked(practice, member, coach, SECOND)
    await scored(practice, member, measured("0.10"), at=MONDAY - timedelta(days=1))

    async with practice.as_system() as db:
        assert await fill_sessions(db, member.member.id) == 1
        assert await fill_sessions(db, member.member.id) == 0
