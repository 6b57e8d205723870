"""Templates of notes: those that everybody has, and a coach's own."""

import asyncio
from typing import Any

from app.wire.relay import global_id
from tests.operations import ADD_NOTE_TEMPLATE, PROBLEM, WRITE_NOTE, add_window, booked, nothing_written
from tests.practice import Person, Practice

FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
TEMPLATES = "query ($coachId: ID) { noteTemplates(coachId: $coachId) { id name headings isBuiltIn } }"
UPDATE_TEMPLATE = (
    "mutation ($input: UpdateNoteTemplateInput!) { updateNoteTemplate(input: $input) { __typename"
    f" ... on NoteTemplate {{ id name headings }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
REMOVE_TEMPLATE = (
    "mutation ($input: RemoveNoteTemplateInput!) { removeNoteTemplate(input: $input) { __typename"
    f" ... on Removed {{ id }} {PROBLEM} }} }}"
)
BUILT_IN = {
    "SOAP": ["Subjective", "Objective", "Assessment", "Plan"],
    "GROW": ["Goal", "Reality", "Options", "Will"],
    "SESSION_SUMMARY": ["What we worked on", "Insights", "Agreed actions", "Next session"],
}
OWN = {"name": "Own", "headings": ["One", "Two"]}


async def names(practice: Practice, who: Person, **variables: Any) -> list[str]:
    return [template["name"] for template in await practice.ask(TEMPLATES, who, **variables)]


async def added(practice: Practice, who: Person, **changes: Any) -> dict[str, Any]:
    """Whatever the adding answers."""
    answer: dict[str, Any] = await practice.ask(ADD_NOTE_TEMPLATE, who, input=OWN | changes)
    return answer


async def test_everybody_has_the_built_in_templates(practice: Practice) -> None:
    for who in (await practice.coach(), await practice.member(), await practice.admin()):
        templates = await practice.ask(TEMPLATES, who)

        assert {each["name"]: each["headings"] for each in templates} == BUILT_IN
        assert all(each["isBuiltIn"] for each in templates)
        for each in templates:
            found = await practice.ask("query ($id: ID!) { node(id: $id) { id } }", who, id=each["id"])
            assert found == {"id": each["id"]}


async def test_a_coachs_own_are_listed_for_them_and_admins_only(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    own = await added(practice, coach)

    assert await names(practice, coach) == [*BUILT_IN, "Own"]
    assert await names(practice, admin, coachId=coach.id) == [*BUILT_IN, "Own"]
    assert await names(practice, other) == await names(practice, admin) == list(BUILT_IN)
    assert await practice.refusal(TEMPLATES, other, coachId=coach.id) == FORBIDDEN
    for query, given in ((UPDATE_TEMPLATE, {"name": "Mine"}), (REMOVE_TEMPLATE, {})):
        assert await practice.refusal(query, other, input={"id": own["id"], **given}) == FORBIDDEN


async def test_a_template_is_changed_and_removed(practice: Practice) -> None:
    coach = await practice.coach()
    own = await added(practice, coach)

    answer = await practice.ask(UPDATE_TEMPLATE, coach, input={"id": own["id"], "name": "Other", "headings": ["A"]})
    assert (answer["name"], answer["headings"]) == ("Other", ["A"])

    await practice.ask(REMOVE_TEMPLATE, coach, input={"id": own["id"]})
    assert await names(practice, coach) == list(BUILT_IN)


async def test_the_same_template_twice_is_one(practice: Practice) -> None:
    coach = await practice.coach()

    answers = await asyncio.gather(*(added(practice, coach) for _ in range(8)))

    assert len({answer["id"] for answer in answers}) == 1
    assert await practice.count("note_templates") == 1


async def test_two_templates_do_not_have_one_name(practice: Practice) -> None:
    coach = await practice.coach()
    await added(practice, coach)
    other = await added(practice, coach, name="Other")

    async with nothing_written(practice):
        answers = [
            await added(practice, coach, headings=["Three"]),
            await practice.ask(UPDATE_TEMPLATE, coach, input={"id": other["id"], "name": "Own"}),
        ]

    assert [(answer["code"], answer["field"]) for answer in answers] == [("INVALID_INPUT", "name")] * 2


async def test_an_admin_adds_one_for_a_coach_that_there_is(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()

    nobody = await added(practice, admin, coachId=global_id("Coach", "00000000-0000-0000-0000-000000000009"))
    assert (nobody["code"], nobody["field"]) == ("INVALID_INPUT", "coachId")
    await added(practice, admin, coachId=coach.id)

    assert await names(practice, coach) == [*BUILT_IN, "Own"]


async def test_a_coach_has_at_most_a_hundred(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.rows(
        "INSERT INTO note_templates (id, coach_id, name, headings) SELECT gen_random_uuid(), :coach, 'T' || n,"
        " ARRAY['A'] FROM generate_series(1, 100) n RETURNING id",
        coach=coach.coach.id if coach.coach else None,
    )

    answer = await added(practice, coach)

    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "name")


async def test_a_note_begins_with_the_headings_of_its_template(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    session = await booked(practice, member, coach, "2026-03-02T09:00:00Z")
    (soap, *_), own = await practice.ask(TEMPLATES, coach), await added(practice, coach)
    given = {"sessionId": session, "visibility": "SHARED", "isDraft": True}

    begun = await practice.ask(WRITE_NOTE, coach, input={**given, "templateId": soap["id"]})
    assert begun["template"] == "SOAP"
    assert begun["sections"] == [{"heading": heading, "text": ""} for heading in BUILT_IN["SOAP"]]

    filled = {"sections": [{"heading": "One", "text": "Words"}], "templateId": own["id"], "isDraft": False}
    written = await practice.ask(WRITE_NOTE, coach, input={**given, **filled})
    assert (written["template"], written["sections"]) == ("Own", filled["sections"])

    strange = await practice.ask(WRITE_NOTE, member, input={**given, "templateId": own["id"]})
    assert (strange["code"], strange["field"]) == ("INVALID_INPUT", "templateId")
