"""Question sets (003): drafts that are published and then stay, in versions; the practice's and a coach's own."""

from typing import Any

from tests.assessing import (
    ADD_QUESTION,
    ADD_SET,
    ASSESSMENT_BY_ID,
    COMPLETE,
    PUBLISH_SET,
    REMOVE_QUESTION,
    REMOVE_SET,
    RETIRE_SET,
    REVISE_SET,
    SET,
    SETS,
    START,
    UPDATE_QUESTION,
    UPDATE_SET,
    answered,
    done,
    draft,
    published,
    scale,
    started,
    starters,
)
from tests.operations import nothing_written
from tests.practice import Person, Practice


async def codes(practice: Practice, who: Person, **given: Any) -> list[tuple[str, int]]:
    found = await practice.ask(SETS, who, **given)
    return [(edge["node"]["slug"], edge["node"]["version"]) for edge in found["edges"]]


async def test_an_answered_assessment_shows_the_questions_that_it_was_answered_with(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    old_id = await published(practice, admin)
    begun = await answered(practice, member, await started(practice, member, old_id), psi=1)
    old = await practice.ask(SET, admin, id=old_id)

    new = await done(practice, REVISE_SET, admin, id=old_id)
    again = await done(practice, REVISE_SET, admin, id=old_id)
    assert (new["status"], new["version"], again["id"]) == ("DRAFT", 2, new["id"])
    by_code = {question["slug"]: question for question in new["questions"]}
    changed = await done(practice, UPDATE_QUESTION, admin, id=by_code["psi"]["id"], text="How clear are you?")
    assert (changed["version"], by_code["rho"]["version"]) == (2, 1)
    await done(practice, PUBLISH_SET, admin, id=new["id"])

    assert [(each["text"], each["version"]) for each in old["questions"][:1]] == [("How psi?", 1)]
    assert await practice.ask(SET, admin, id=old_id) == old | {"status": "RETIRED"}
    assert await codes(practice, member) == [("own", 2)]
    shown = await practice.ask(ASSESSMENT_BY_ID, member, id=begun["id"])
    assert shown["sheet"] == begun["sheet"]
    await answered(practice, member, begun, rho=1, q=1, f=1)
    assert (await done(practice, COMPLETE, member, id=begun["id"]))["questionSet"]["version"] == 1
    retired = await practice.ask(START, member, input={"questionSetId": old_id})
    assert retired["code"] == "QUESTION_SET_NOT_PUBLISHED"
    assert (await started(practice, member, new["id"]))["sheet"]["items"][0]["question"]["text"] == "How clear are you?"


async def test_what_is_published_stays_and_what_is_a_draft_is_not_asked(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    set_id = await published(practice, admin)
    question = (await practice.ask(SET, admin, id=set_id))["questions"][0]["id"]
    unfinished = await draft(practice, admin, "unfinished")
    new = {"code": "new", "questionType": "TEXT", "text": "Anything else?"}
    async with nothing_written(practice):
        for operation, given in (
            (UPDATE_SET, {"id": set_id, "name": "Other"}),
            (PUBLISH_SET, {"id": set_id}),
            (REMOVE_SET, {"id": set_id}),
            (ADD_QUESTION, {"questionSetId": set_id, **new}),
            (UPDATE_QUESTION, {"id": question, "text": "Other?"}),
            (REMOVE_QUESTION, {"id": question}),
        ):
            refused = await practice.ask(operation, admin, input=given)
            assert refused["code"] == "QUESTION_SET_NOT_DRAFT", operation
        not_yet = await practice.ask(RETIRE_SET, admin, input={"id": unfinished})
        assert not_yet["code"] == "QUESTION_SET_NOT_PUBLISHED"
        empty = await practice.ask(PUBLISH_SET, admin, input={"id": unfinished})
        assert empty["code"] == "QUESTION_SET_INCOMPLETE"
        hidden = await practice.refusal(START, member, input={"questionSetId": unfinished})
        assert hidden["code"] == "FORBIDDEN"
    await done(practice, RETIRE_SET, admin, id=set_id)
    assert await codes(practice, member) == []
    await done(practice, REMOVE_SET, admin, id=unfinished)


async def test_a_draft_is_written_question_by_question_in_any_order(practice: Practice) -> None:
    coach = await practice.coach()
    set_id = await draft(practice, coach)
    for code in ("one", "two", "three"):
        await scale(practice, coach, set_id, code, "PSI")
    twice = await practice.ask(
        ADD_QUESTION,
        coach,
        input={"questionSetId": set_id, "code": "two", "questionType": "TEXT", "text": "Again?"},
    )
    assert (twice["code"], twice["field"]) == ("INVALID_INPUT", "code")
    (one, two, three) = (await practice.ask(SET, coach, id=set_id))["questions"]

    moved = await done(practice, UPDATE_QUESTION, coach, id=three["id"], position=1, weight="2.50")
    assert (moved["position"], moved["weight"], moved["scale"]) == (1, "2.50", three["scale"])
    await done(practice, REMOVE_QUESTION, coach, id=one["id"])
    choices = [{"code": code, "label": code.upper(), "points": points} for code, points in (("a", "0"), ("b", "1"))]
    turned = await done(
        practice, UPDATE_QUESTION, coach, id=two["id"], questionType="MULTIPLE_CHOICE", dimension="RHO", choices=choices
    )
    await done(practice, UPDATE_SET, coach, id=set_id, name="Three", description="What it is for.")

    now = await practice.ask(SET, coach, id=set_id)
    assert [(each["slug"], each["position"]) for each in now["questions"]] == [("three", 1), ("two", 2)]
    assert (turned["scale"], turned["choices"][1]) == (None, {"code": "b", "label": "B", "points": "1"})
    assert (now["name"], now["description"]) == ("Three", "What it is for.")


async def test_parts_that_do_not_belong_together_are_refused(practice: Practice) -> None:
    coach = await practice.coach()
    set_id = await draft(practice, coach)
    scaled = {"questionType": "SCALE", "dimension": "PSI", "scale": {"low": 0, "high": 10}}
    two = [{"code": code, "label": code, "points": "0.5"} for code in "ab"]
    chosen = {"questionType": "MULTIPLE_CHOICE", "dimension": "PSI", "choices": two}
    less = [two[0], {"code": "c", "label": "c", "points": "-0.5"}]
    async with nothing_written(practice):
        for given, field in (
            (scaled | {"scale": {"low": 5, "high": 5}}, "scale"),
            (scaled | {"scale": {"low": -1, "high": 5}}, "scale.low"),
            ({"questionType": "SCALE", "dimension": "PSI"}, "scale"),
            ({"questionType": "SCALE", "scale": scaled["scale"]}, "dimension"),
            ({"questionType": "TEXT", "dimension": "PSI"}, "dimension"),
            ({"questionType": "TEXT", "scale": scaled["scale"]}, "scale"),
            ({"questionType": "TEXT", "choices": two}, "choices"),
            ({"questionType": "TEXT", "longest": 4_001}, "longest"),
            (scaled | {"longest": 5}, "longest"),
            (scaled | {"weight": "0"}, "weight"),
            (scaled | {"weight": "10"}, "weight"),
            (scaled | {"mostChoices": 2}, "mostChoices"),
            (chosen | {"choices": two[:1]}, "choices"),
            (chosen | {"choices": [two[0], two[0]]}, "choices"),
            (chosen | {"choices": less}, "choices"),
            (chosen | {"choices": [two[0], {"code": "c", "label": "c", "points": "1.5"}]}, "choices.1.points"),
            (scaled | {"code": "Not a code"}, "code"),
        ):
            wanted = {"questionSetId": set_id, "code": "new", "text": "What?", **given}
            refused = await practice.ask(ADD_QUESTION, coach, input=wanted)
            assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field), (given, refused)


async def test_a_set_of_a_type_has_what_the_type_promises(practice: Practice) -> None:
    admin = await practice.admin()
    set_id = await draft(practice, admin, kind="QUICK")
    for dimension in ("PSI", "RHO", "Q"):
        await scale(practice, admin, set_id, dimension.lower(), dimension, element="FIRE")
    await scale(practice, admin, set_id, "f", "F", isRequired=False)

    refused = await practice.ask(PUBLISH_SET, admin, input={"id": set_id})

    assert (refused["code"], refused["message"][-2:]) == ("QUESTION_SET_INCOMPLETE", " F")
    await scale(practice, admin, set_id, "f-too", "F")
    assert (await done(practice, PUBLISH_SET, admin, id=set_id))["status"] == "PUBLISHED"


async def test_a_coach_writes_their_own_and_nobody_elses(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    own, practices = await published(practice, coach), await published(practice, admin, "whole")
    assert await codes(practice, coach) == [("own", 1), ("whole", 1)]
    assert await codes(practice, other) == await codes(practice, member) == [("whole", 1)]
    async with nothing_written(practice):
        for who, set_id in ((other, own), (coach, practices), (member, practices), (member, own)):
            for operation in (REVISE_SET, PUBLISH_SET, RETIRE_SET, REMOVE_SET):
                assert (await practice.refusal(operation, who, input={"id": set_id}))["code"] == "FORBIDDEN"
        assert (await practice.refusal(SET, other, id=own))["code"] == "FORBIDDEN"
        new = {"assessmentType": "CUSTOM", "code": "new", "name": "New"}
        for who, given in ((coach, {"coachId": other.id}), (member, {})):
            assert (await practice.refusal(ADD_SET, who, input=new | given))["code"] == "FORBIDDEN"
        quick = await practice.ask(ADD_SET, coach, input=new | {"assessmentType": "QUICK"})
        assert (quick["code"], quick["field"]) == ("INVALID_INPUT", "assessmentType")
        taken = await practice.ask(ADD_SET, coach, input=new | {"code": "own"})
        assert (taken["code"], taken["field"]) == ("INVALID_INPUT", "code")
    given = await done(practice, ADD_SET, admin, **new, coachId=other.id)
    assert given["coach"]["id"] == other.id


async def test_what_a_practice_begins_with_is_loaded_once_and_left_alone_when_it_was_changed(
    practice: Practice,
) -> None:
    admin, member = await practice.admin(), await practice.member()
    first = await starters(practice)
    assert await codes(practice, member) == [("deep-dive", 1), ("initial", 1), ("quick", 1)]
    new = await done(practice, REVISE_SET, admin, id=first["quick"])
    await done(practice, PUBLISH_SET, admin, id=new["id"])
    await done(practice, RETIRE_SET, admin, id=first["initial"])

    async with nothing_written(practice):
        await starters(practice)

    assert await codes(practice, member, type="QUICK") == [("quick", 2)]
