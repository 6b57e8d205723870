"""Notes of every length through a real socket: what fits is kept, what does not is refused in words."""

import json
from typing import Any

from tests.operations import WRITE_NOTE, add_window, booked, nothing_written
from tests.practice import Person, Practice
from tests.server.serving import Served


async def a_session(practice: Practice) -> tuple[Person, str]:
    coach = await practice.coach()
    await add_window(practice, coach)
    return coach, await booked(practice, await practice.member(coach), coach, "2026-03-02T09:00:00Z")


def body(session: str, words: str) -> bytes:
    sections = [{"heading": "A", "text": words}]
    given = {"sessionId": session, "visibility": "PRIVATE", "sections": sections}
    return json.dumps({"query": WRITE_NOTE, "variables": {"input": given}}, ensure_ascii=False).encode()


async def sent(served: Served, who: Person, content: bytes) -> tuple[int, dict[str, Any]]:
    async with served.client(who.token) as client:
        answer = await client.post("/graphql", content=content, headers={"content-type": "application/json"})
    return answer.status_code, answer.json()


async def test_a_note_of_a_megabyte_is_refused_by_its_size_and_a_shorter_one_by_its_field(
    practice: Practice, served: Served
) -> None:
    coach, session = await a_session(practice)

    async with nothing_written(practice):
        refused = await sent(served, coach, body(session, "x" * 1_000_000))
        too_long = await sent(served, coach, body(session, "x" * 200_000))

    assert refused[0] == 413
    assert refused[1]["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
    assert too_long[0] == 200
    problem = too_long[1]["data"]["writeSessionNote"]
    assert (problem["code"], problem["field"]) == ("INVALID_INPUT", "sections.0.text")


async def test_the_longest_note_of_the_widest_characters_fits_into_a_request(
    practice: Practice, served: Served
) -> None:
    coach, session = await a_session(practice)
    words = "🙂" * 49_999

    status, answer = await sent(served, coach, body(session, words))

    assert status == 200
    assert answer["data"]["writeSessionNote"]["sections"] == [{"heading": "A", "text": words}]
