"""A group lends nobody another's rights."""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app.actor import Actor
from app.problems import Forbidden
from app.services.scheduling import Booked, BookSession, deciding
from app.services.scheduling.requests import Asked, Change, Decision, Earlier, Found
from app.services.scheduling.writing import open_requests, write_requests
from tests.practice import Person, Practice
from tests.services.scheduling.together import TEN, Gate, at_once, book, change_of, key_of, kinds, open_coach, wish

# Nobody's rights but one's own


def _asked(practice: Practice, who: Person, coach: Person) -> Asked:
    return Asked(who.actor, wish(coach), key_of(coach), practice.clock())


async def _decided(practice: Practice, db: Any, group: list[Asked]) -> list[Change]:
    """What is to be written of each to whom the calendar is open, all confirmed."""
    found = await open_requests(db, group, waiting=False)
    return [
        change_of(deciding.decide_booking(asked, asked.form, what))  # type: ignore[arg-type]
        for asked, what in zip(group, found, strict=True)
        if what is not None and what.is_open
    ]


async def _written(practice: Practice, group: list[Asked], *, at: dict[int, int]) -> list[Change]:
    """All are opened, and written in places of the group that are given by the places of those that can be decided."""
    async with practice.house.direct.transaction() as db:
        changes = await _decided(practice, db, group)
        await write_requests(db, {place: changes[of] for place, of in at.items()})
    return changes


async def test_4_what_was_not_opened_to_a_member_is_not_written_beside_one_for_whom_it_was(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    member, stranger = await practice.member(coach), await practice.member()
    group = [_asked(practice, member, coach), _asked(practice, stranger, coach)]

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="has opened no calendar"):
        await _written(practice, group, at={1: 0})

    assert await practice.count("sessions") == 0


async def test_4_a_request_that_is_not_in_the_group_is_not_written(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="has opened no calendar"):
        await _written(practice, [_asked(practice, member, coach)], at={1: 0})

    assert await practice.count("sessions") == 0


async def test_4_a_change_is_written_for_whom_its_place_was_opened(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    first, second = await practice.members(2, coach)

    group = [_asked(practice, first, coach), _asked(practice, second, coach)]
    changes = await _written(practice, group, at={0: 1, 1: 0})

    assert dict(await practice.rows("SELECT id, member_id FROM sessions")) == {
        changes[1].session_id: key_of(first),
        changes[0].session_id: key_of(second),
    }


async def test_4_a_change_is_written_into_the_calendar_that_its_place_was_opened_for(practice: Practice) -> None:
    coaches = [await open_coach(practice, booking_audience="MEMBERS") for _ in range(2)]
    members = await practice.members(2)
    group = [_asked(practice, who, coach) for who, coach in zip(members, coaches, strict=True)]

    await _written(practice, group, at={0: 1})

    assert await practice.rows("SELECT coach_id, member_id FROM sessions") == [(key_of(coaches[0]), key_of(members[0]))]


@pytest.mark.parametrize("when", ["between reading and writing", "after writing"])
async def test_4_the_transaction_has_nobodys_rights_outside_a_request(practice: Practice, when: str) -> None:
    coach = await open_coach(practice, seats=2)
    member = await practice.member(coach)
    await book(practice, member, coach, TEN)

    async with practice.house.direct.connection() as db:
        await db.execute("BEGIN")
        changes = await _decided(practice, db, [_asked(practice, member, coach)])
        if when == "after writing":
            await write_requests(db, {0: changes[0]})
        seen = [await db.fetchval(f"SELECT count(*) FROM {table}") for table in ("sessions", "coach_calendars")]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute("INSERT INTO outbox (event_type, event) VALUES ('Nobody', '{}')")
        await db.execute("ROLLBACK")

    assert seen == [0, 0]


async def test_4_what_one_request_was_opened_for_is_forgotten_with_its_transaction(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    member = await practice.member(coach)

    async with practice.house.direct.connection() as db:
        await db.execute("BEGIN")
        changes = await _decided(practice, db, [_asked(practice, member, coach)])
        await db.execute("COMMIT")
        with pytest.raises(asyncpg.PostgresError):
            await write_requests(db, {0: changes[0]})

    assert await practice.count("sessions") == 0


async def test_4_a_decision_in_error_gives_a_member_no_rights_and_the_others_their_answers(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice, seats=3)
    first, second = await practice.members(2, coach)
    stranger = await practice.member()
    decide = deciding.decide_booking

    def lenient(asked: Asked, form: BookSession, found: Found) -> Decision | Earlier:
        if not found.is_open:
            found = replace(found, is_open=True, open_calendar=calendars[form.coach_id])
        elif found.open_calendar is not None:
            calendars[form.coach_id] = found.open_calendar
        return decide(asked, form, found)

    calendars: dict[Any, Any] = {}
    monkeypatch.setattr(deciding, "decide_booking", lenient)

    answers = await at_once(*(book(practice, who, coach) for who in (first, stranger, second)))

    assert kinds(answers) in ([Booked, asyncpg.InsufficientPrivilegeError, Booked], [Booked, Forbidden, Booked])
    assert await practice.count("sessions", "member_id = :id", id=key_of(stranger)) == 0
    assert await practice.count("bookings") == await practice.count("sessions") == 2


async def test_12_who_may_not_book_at_all_is_refused_before_any_transaction(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    robbed = replace(member.actor, permissions=frozenset())
    gate = Gate(monkeypatch)

    answers = await at_once(*(_book_as(practice, actor, coach) for actor in (robbed, coach.actor)))

    assert kinds(answers) == [Forbidden, Forbidden]
    assert not gate.groups


async def _book_as(practice: Practice, actor: Actor, coach: Person) -> Booked:
    return await practice.house.calendars.book(actor, wish(coach), practice.clock())
