"""Notes of sessions: retries, how much may be written, and what a page of them costs."""

import asyncio

from tests.operations import WRITE_NOTE, add_window, booked, noted, notes_of, nothing_written
from tests.practice import Practice
from tests.services.sessions.noting import NINE, a_session, saying
from tests.statements import statements

# Retries


async def test_a_retry_under_one_key_writes_one_note_and_answers_it(practice: Practice) -> None:
    coach, _, session = await a_session(practice)

    answers = await asyncio.gather(
        *(noted(practice, coach, session, "Once", idempotencyKey="a") for _ in range(10)),
    )

    assert {answer["id"] for answer in answers} == {answers[0]["id"]}
    assert await practice.count("session_notes") == 1
    assert await notes_of(practice, coach, session) == ["Once"]


async def test_another_note_under_the_same_key_is_refused(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    await noted(practice, coach, session, "Once", idempotencyKey="a")

    given = {"sessionId": session, "visibility": "SHARED", "sections": saying("Twice"), "idempotencyKey": "a"}
    answer = await practice.ask(WRITE_NOTE, coach, input=given)

    assert answer["code"] == "IDEMPOTENCY_KEY_REUSED"


# Bounds


async def test_a_note_of_a_megabyte_is_refused_by_its_field(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    too_much = [
        saying("x" * 1_000_000),
        saying("x" * 50_001),
        saying("x" * 25_000) * 2,
        saying("x") * 21,
    ]

    async with nothing_written(practice):
        for sections in too_much:
            given = {"sessionId": session, "visibility": "PRIVATE", "sections": sections}
            answer = await practice.ask(WRITE_NOTE, coach, input=given)
            assert answer["code"] == "INVALID_INPUT"
            assert answer["field"].partition(".")[0] == "sections"


async def test_the_longest_note_is_kept_to_the_last_character(practice: Practice) -> None:
    coach, _, session = await a_session(practice)
    words = "  🙂\n" * 12_498 + "…"

    note = await noted(practice, coach, session, words)

    assert note["sections"][0]["text"] == words
    assert await notes_of(practice, coach, session) == [words]


async def test_somebody_writes_at_most_fifty_notes_about_one_session(practice: Practice) -> None:
    coach, member, session = await a_session(practice)
    for _ in range(50):
        await noted(practice, member, session)

    given = {"sessionId": session, "visibility": "SHARED", "sections": saying("One more")}
    answer = await practice.ask(WRITE_NOTE, member, input=given)

    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "sessionId")
    await noted(practice, coach, session)


# What a page costs


async def test_the_notes_of_many_sessions_are_one_statement_and_one_for_their_keys(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach, seats=20)
    for number, member in enumerate(await practice.members(10, coach)):
        session = await booked(practice, member, coach, NINE)
        await noted(practice, coach, session, f"Note {number}")
        await noted(practice, member, session, f"Answer {number}")
    query = "{ sessions(first: 20) { edges { node { notes { sections { text } } } } } }"

    async def asked() -> tuple[int, int, int]:
        """How many notes were answered, how often notes were read, and keys."""
        with statements(practice.house.database.engine) as sent:
            page = await practice.ask(query, coach)
        texts = [each["sections"][0]["text"] for edge in page["edges"] for each in edge["node"]["notes"]]
        keys = [statement for statement in sent if "keys_of_notes" in statement]
        notes = [statement for statement in sent if "session_notes" in statement]
        return len(set(texts)), len(notes), len(keys)

    practice.application.keys.forget()
    assert await asked() == (20, 1, 1)
    assert await asked() == (20, 1, 0), "keys that were unwrapped are kept"
