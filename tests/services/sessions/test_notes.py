"""Notes of sessions: who reads and writes which, drafts, and that no write silently wins."""

import asyncio
from dataclasses import replace

import pytest

from app.events import SessionNoteShared
from app.wire.relay import parse_key
from tests.operations import (
    REMOVE_NOTE,
    SESSION_NOTES,
    UPDATE_NOTE,
    WRITE_NOTE,
    add_window,
    booked,
    cancelled,
    noted,
    notes_of,
    nothing_written,
    transferred,
)
from tests.practice import Practice
from tests.services.sessions.noting import NINE, a_session, changed, saying

FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
ONE_NOTE = "query ($id: ID!) { node(id: $id) { ... on SessionNote { id sections { text } session { id } } } }"


# Who reads which


async def test_4_8_a_private_note_is_read_by_coaches_and_admins_and_not_by_the_member(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    await noted(practice, coach, session, "Private", visibility="PRIVATE")

    assert await notes_of(practice, coach, session) == ["Private"]
    assert await notes_of(practice, await practice.admin(), session) == ["Private"]
    assert await notes_of(practice, member, session) == []


async def test_4_9_what_a_member_writes_is_read_by_them_their_coach_and_admins(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    await noted(practice, member, session, "Mine")

    for who in (coach, member, await practice.admin()):
        assert await notes_of(practice, who, session) == ["Mine"]


async def test_a_shared_note_of_a_coach_is_read_by_the_member(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    note = await noted(practice, coach, session, "Shared")

    assert await notes_of(practice, member, session) == ["Shared"]
    assert note["author"] == {"role": "COACH", "name": "Ada Byrne"}
    seen = await practice.ask(SESSION_NOTES, member, id=session)
    assert seen["notes"][0]["author"] == {"role": "COACH", "name": "Ada Byrne"}


async def test_members_of_one_slot_do_not_see_each_others_notes(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    neighbour = await practice.member(coach)
    beside = await booked(practice, neighbour, coach, NINE)
    mine = await noted(practice, member, session, "Mine")
    await noted(practice, coach, session, "For the one")
    await noted(practice, neighbour, beside, "Beside")

    assert await notes_of(practice, neighbour, beside) == ["Beside"]
    assert await practice.refusal(SESSION_NOTES, neighbour, id=session) == FORBIDDEN
    assert await practice.refusal(ONE_NOTE, neighbour, id=mine["id"]) == FORBIDDEN
    given = {"sessionId": session, "visibility": "SHARED", "sections": saying("Intruding")}
    assert await practice.refusal(WRITE_NOTE, neighbour, input=given) == FORBIDDEN


async def test_a_strange_coach_sees_and_writes_nothing(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    note = await noted(practice, coach, session)
    stranger = await practice.coach()

    given = {"sessionId": session, "visibility": "PRIVATE", "sections": saying("Intruding")}
    refusals = [
        await practice.refusal(SESSION_NOTES, stranger, id=session),
        await practice.refusal(ONE_NOTE, stranger, id=note["id"]),
        await practice.refusal(WRITE_NOTE, stranger, input=given),
        await practice.refusal(UPDATE_NOTE, stranger, input={"id": note["id"], "expectedVersion": 1}),
        await practice.refusal(REMOVE_NOTE, stranger, input={"id": note["id"]}),
    ]

    assert refusals == [FORBIDDEN] * 5


async def test_after_a_transfer_the_new_coach_reads_the_history_and_the_old_one_nothing_later(
    practice: Practice,
) -> None:
    old, member, session = await a_session(practice)
    await noted(practice, old, session, "Before", visibility="PRIVATE")
    new = await practice.coach()
    begun = await noted(practice, member, session, "Begun before", isDraft=True)

    await transferred(practice, member, new)
    await noted(practice, new, session, "By the new coach", visibility="PRIVATE")
    await noted(practice, member, session, "After")
    await changed(practice, member, begun, isDraft=False)
    await noted(practice, old, session, "By the old coach", visibility="PRIVATE")

    everything = ["Before", "Begun before", "By the new coach", "After", "By the old coach"]
    assert await notes_of(practice, new, session) == everything
    assert await notes_of(practice, old, session) == ["Before", "By the old coach"]
    assert await notes_of(practice, member, session) == ["Begun before", "After"]


async def test_a_coach_who_is_not_the_members_reads_what_is_written_of_a_session_that_they_hold(
    practice: Practice,
) -> None:
    holder = await practice.coach(booking_audience="PUBLIC")
    await add_window(practice, holder)
    member = await practice.member(await practice.coach())
    session = await booked(practice, member, holder, NINE)

    await noted(practice, member, session, "Mine")

    assert await notes_of(practice, holder, session) == ["Mine"]


async def test_a_coach_whose_member_left_twice_changes_their_notes_no_more(practice: Practice) -> None:
    """Who wrote as the coach of today, about another's session, has no part in it once they are not."""
    _, member, session = await a_session(practice)
    meanwhile = await practice.coach()
    await transferred(practice, member, meanwhile)
    note = await noted(practice, meanwhile, session, visibility="PRIVATE")
    await transferred(practice, member, await practice.coach())

    given = {"id": note["id"], "expectedVersion": 1, "sections": saying("Too late")}
    assert await practice.refusal(UPDATE_NOTE, meanwhile, input=given) == FORBIDDEN
    assert await practice.refusal(SESSION_NOTES, meanwhile, id=session) == FORBIDDEN


async def test_without_the_permission_notes_are_null_and_nothing_is_written(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    await noted(practice, coach, session)
    without = replace(coach, actor=replace(coach.actor, permissions=frozenset({"sessions:read"})))

    assert await practice.ask(SESSION_NOTES, without, id=session) == {"notes": None}
    async with nothing_written(practice):
        given = {"sessionId": session, "visibility": "PRIVATE", "sections": saying("Words")}
        assert await practice.refusal(WRITE_NOTE, without, input=given) == FORBIDDEN


async def test_sessions_of_any_status_have_notes(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    await cancelled(practice, member, session)

    await noted(practice, coach, session, "Why it was cancelled")

    assert await notes_of(practice, member, session) == ["Why it was cancelled"]


async def test_a_note_leads_to_its_session(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    note = await noted(practice, coach, session, "Words")

    assert note["session"] == {"id": session}
    found = await practice.ask(ONE_NOTE, coach, id=note["id"])
    assert found == {"id": note["id"], "sections": [{"text": "Words"}], "session": {"id": session}}


# Drafts


@pytest.mark.parametrize("by_coach", [True, False])
async def test_a_draft_is_out_of_the_other_sides_sight_until_it_is_final(practice: Practice, by_coach: bool) -> None:
    coach, member, session = await a_session(practice)
    author, other = (coach, member) if by_coach else (member, coach)
    draft = await noted(practice, author, session, "Half a thou", isDraft=True)

    typed = await changed(practice, author, draft, sections=saying("Half a thought"))
    assert await notes_of(practice, other, session) == []
    assert await notes_of(practice, author, session) == ["Half a thought"]
    assert await practice.refusal(ONE_NOTE, other, id=draft["id"]) == FORBIDDEN
    assert not [each for each in await practice.told() if isinstance(each, SessionNoteShared)]

    await changed(practice, author, typed, sections=saying("A whole thought"), isDraft=False)
    assert await notes_of(practice, other, session) == ["A whole thought"]


async def test_that_a_note_was_shared_is_told_once_and_by_ids_only(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    assert coach.coach is not None
    assert member.member is not None
    private = await noted(practice, coach, session, visibility="PRIVATE", isDraft=True)
    private = await changed(practice, coach, private, isDraft=False)
    shared = await changed(practice, coach, private, visibility="SHARED")
    await changed(practice, coach, shared, sections=saying("Other words"))

    told = [each for each in await practice.told() if isinstance(each, SessionNoteShared)]

    assert told == [
        SessionNoteShared(
            note_id=parse_key(shared["id"], "SessionNote", "id"),
            session_id=parse_key(session, "Session", "id"),
            coach_id=coach.coach.id,
            member_id=member.member.id,
            author_user_id=coach.user.id,
        )
    ]


async def test_what_others_may_have_read_stays_in_their_sight(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    shared = await noted(practice, coach, session)
    private = await noted(practice, coach, session, visibility="PRIVATE")
    draft = await noted(practice, member, session, isDraft=True)

    async with nothing_written(practice):
        answers = [
            await changed(practice, coach, shared, visibility="PRIVATE"),
            await changed(practice, coach, shared, isDraft=True),
            await changed(practice, coach, private, isDraft=True),
            await changed(practice, member, draft, visibility="PRIVATE"),
        ]

    assert [answer["field"] for answer in answers] == ["visibility", "isDraft", "isDraft", "visibility"]


async def test_a_final_note_says_something_and_a_draft_need_not(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    empty = await noted(practice, coach, session, "", isDraft=True)

    answer = await changed(practice, coach, empty, isDraft=False)

    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "sections")


# Changing and removing


async def test_only_the_author_and_admins_change_or_remove_a_note(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    by_coach, by_member = await noted(practice, coach, session), await noted(practice, member, session)
    admin = await practice.admin()

    for other, note in ((member, by_coach), (coach, by_member)):
        given = {"id": note["id"], "expectedVersion": 1, "sections": saying("Intruding")}
        assert await practice.refusal(UPDATE_NOTE, other, input=given) == FORBIDDEN
        assert await practice.refusal(REMOVE_NOTE, other, input={"id": note["id"]}) == FORBIDDEN
    for note in (by_coach, by_member):
        answer = await changed(practice, admin, note, sections=saying("Put right"))
        assert (answer["sections"], answer["author"]) == (saying("Put right"), note["author"])
        removed = await practice.ask(REMOVE_NOTE, admin, input={"id": note["id"]})
        assert removed == {"__typename": "Removed", "id": note["id"]}
    assert await practice.count("session_notes") == 0


async def test_the_last_write_does_not_silently_win(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    note = await noted(practice, coach, session, "First")
    await changed(practice, coach, note, sections=saying("Second"))

    async with nothing_written(practice):
        answer = await changed(practice, coach, note, sections=saying("Third"))

    assert (answer["code"], answer["currentVersion"]) == ("VERSION_CONFLICT", 2)
    assert "note" in answer["message"]
    assert await notes_of(practice, coach, session) == ["Second"]


async def test_of_two_writers_with_one_expected_version_exactly_one_wins(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    note = await noted(practice, coach, session, "Before")

    writers = [changed(practice, coach, note, sections=saying(f"Writer {number}")) for number in range(8)]
    answers = await asyncio.gather(*writers)

    won = [answer for answer in answers if answer["__typename"] == "SessionNote"]
    lost = [answer for answer in answers if answer.get("code") == "VERSION_CONFLICT"]
    assert (len(won), len(lost)) == (1, 7)
    assert {answer["currentVersion"] for answer in lost} == {2}
    assert await notes_of(practice, coach, session) == [won[0]["sections"][0]["text"]]
