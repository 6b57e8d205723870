"""What tests of notes do again and again."""

from typing import Any

from tests.operations import UPDATE_NOTE, add_window, booked
from tests.practice import Person, Practice

NINE = "2026-03-02T09:00:00Z"


async def a_session(practice: Practice) -> tuple[Person, Person, str]:
    """A coach, their member, and a session of both in a slot for two."""
    coach = await practice.coach(display_name="Ada Byrne")
    await add_window(practice, coach, seats=2)
    member = await practice.member(coach, first_name="Mia", last_name="Okafor")
    return coach, member, await booked(practice, member, coach, NINE)


async def changed(practice: Practice, who: Person, note: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Whatever the change answers."""
    given = {"id": note["id"], "expectedVersion": note["version"], **changes}
    answer: dict[str, Any] = await practice.ask(UPDATE_NOTE, who, input=given)
    return answer


def saying(words: str) -> list[dict[str, str]]:
    return [{"heading": "Heading", "text": words}]
