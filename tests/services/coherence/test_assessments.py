"""Answering assessments (003): asked for or begun, one question at a time, completed once, and scored."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.events import AssessmentAsked, AssessmentCompleted, CoherenceScored, ElementsRecorded
from app.wire.relay import global_id, parse_key
from tests.assessing import (
    ABANDON,
    ANSWER_QUESTION,
    ASSESSMENT_BY_ID,
    ASSESSMENTS,
    COMPLETE,
    PUBLISH_SET,
    START,
    answered,
    completed,
    done,
    draft,
    published,
    scale,
    started,
    starters,
)
from tests.operations import ASSIGN, nothing_written
from tests.practice import Person, Practice
from tests.scoring import measured, scored
from tests.statements import cost_alike, cost_of_page

WITH_SHEETS = (
    "query ($first: Int) { assessments(first: $first) { edges { node { questionSet { name } coherenceScore { total }"
    " sheet { answered items { question { text } answer { text score } } } } } } }"
)


async def scores_of(practice: Practice, member: Person) -> list[tuple[Decimal, ...]]:
    assert member.member is not None
    rows = await practice.rows(
        "SELECT psi, rho, q, f FROM coherence_scores WHERE member_id = :id ORDER BY calculated_at",
        id=member.member.id,
    )
    return [tuple(row) for row in rows]


def item(assessment: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = (each for each in assessment["sheet"]["items"] if each["question"]["slug"] == code)
    return dict(found)


async def answer(practice: Practice, who: Person, assessment: dict[str, Any], code: str, **given: Any) -> Any:
    question = item(assessment, code)["question"]["id"]
    return await practice.ask(
        ANSWER_QUESTION, who, input={"assessmentId": assessment["id"], "questionId": question, **given}
    )


async def test_a_member_answers_on_one_device_goes_on_at_another_and_completes(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    set_id = await published(practice, admin)
    begun = await started(practice, member, set_id)
    assert (begun["status"], begun["isAskedFor"], begun["sheet"]["total"]) == ("IN_PROGRESS", False, 4)

    await answer(practice, member, begun, "psi", scale=8, timeSpentSeconds=20)
    again = await started(practice, member, set_id)
    assert again["id"] == begun["id"], "one that is open is gone on with"
    assert (again["sheet"]["answered"], again["sheet"]["requiredLeft"]) == (1, 3)
    assert item(again, "psi")["answer"]["scale"] == 8
    await answer(practice, member, begun, "psi", scale=8, timeSpentSeconds=20)  # a retry
    now = await answer(practice, member, begun, "psi", scale=7, timeSpentSeconds=25)
    assert now["timeSpentSeconds"] == 25
    now = await answer(practice, member, begun, "rho", scale=5, timeSpentSeconds=10)
    assert (now["timeSpentSeconds"], now["sheet"]["answered"]) == (35, 2)
    early = await practice.ask(COMPLETE, member, input={"id": begun["id"]})
    assert (early["code"], early["questions"]) == ("ASSESSMENT_INCOMPLETE", [{"slug": "q"}, {"slug": "f"}])
    await answered(practice, member, begun, q=2, f=10)
    practice.clock.move(minutes=1)

    over = await done(practice, COMPLETE, member, id=begun["id"])

    assert (over["status"], over["completedAt"]) == ("COMPLETED", "2026-03-02T08:01:00Z")
    assert over["coherenceScore"]["psi"] == "0.70"
    assert await scores_of(practice, member) == [(Decimal("0.70"), Decimal("0.50"), Decimal("0.20"), Decimal("1.00"))]
    told = await practice.told()
    assert [type(each) for each in told] == [AssessmentCompleted, CoherenceScored]
    assert {(each.member_id, each.coach_id) for each in told} == {(member.member.id, coach.coach.id)}  # type: ignore[attr-defined, union-attr]
    before = await practice.rows("SELECT * FROM assessment_answers")
    for operation, given in (
        (COMPLETE, {"id": begun["id"]}),
        (ABANDON, {"id": begun["id"]}),
        (
            ANSWER_QUESTION,
            {"assessmentId": begun["id"], "questionId": item(begun, "q")["question"]["id"], "scale": 9},
        ),
    ):
        refused = await practice.ask(operation, member, input=given)
        assert (refused["code"], refused["status"]) == ("ASSESSMENT_IS_OVER", "COMPLETED")
    assert await practice.rows("SELECT * FROM assessment_answers") == before
    assert len(await scores_of(practice, member)) == 1
    assert (await started(practice, member, set_id))["id"] != begun["id"], "the next one begins anew"


async def test_a_coach_asks_a_member_once_who_is_told_and_begins_by_answering(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    set_id = await published(practice, coach)

    asked = await started(practice, coach, set_id, memberId=member.id)
    again = await started(practice, coach, set_id, memberId=member.id)

    assert (asked["status"], asked["isAskedFor"], asked["startedAt"]) == ("DRAFT", True, None)
    assert again["id"] == asked["id"]
    assert await practice.told() == [
        AssessmentAsked(
            member_id=member.member.id,  # type: ignore[union-attr]
            coach_id=coach.coach.id,  # type: ignore[union-attr]
            assessment_id=parse_key(asked["id"], "Assessment", "id"),
        )
    ]
    seen = await practice.ask(ASSESSMENT_BY_ID, member, id=asked["id"])
    assert [each["question"]["slug"] for each in seen["sheet"]["items"]] == ["psi", "rho", "q", "f"]
    assert seen["questionSet"]["slug"] == "own", "the coach's own set is read through the assessment"
    now = await answer(practice, member, seen, "psi", scale=1)
    assert (now["status"], now["startedAt"]) == ("IN_PROGRESS", "2026-03-02T08:00:00Z")
    read = await practice.ask(ASSESSMENT_BY_ID, coach, id=asked["id"])
    assert item(read, "psi")["answer"]["scale"] == 1, "the coach follows it"


async def test_every_type_of_question_has_its_score_and_refuses_what_it_does_not_take(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    sets = await starters(practice)
    begun = await started(practice, member, sets["initial"])
    (quick_question,) = await practice.rows(
        "SELECT q.id FROM questions q JOIN question_sets s ON s.id = q.question_set_id"
        " WHERE s.code = 'quick' AND q.code = 'psi-clear'"
    )
    async with nothing_written(practice):
        for code, given, field in (
            ("psi-direction", {"scale": 6}, "scale"),
            ("psi-direction", {"scale": 0}, "scale"),
            ("psi-direction", {}, "scale"),
            ("psi-direction", {"scale": 3, "choice": "some"}, "choice"),
            ("psi-days", {"choice": "never"}, "choice"),
            ("psi-days", {"choices": ["some"]}, "choices"),
            ("f-help", {"choices": ["home", "home"]}, "choices"),
            ("f-help", {"choices": ["home", "away"]}, "choices"),
            ("brings-you", {"text": " \n"}, "text"),
            ("brings-you", {"text": "x" * 2_001}, "text"),
            ("psi-direction", {"scale": 3, "timeSpentSeconds": -1}, "timeSpentSeconds"),
            ("psi-direction", {"scale": 3, "timeSpentSeconds": 86_401}, "timeSpentSeconds"),
        ):
            refused = await answer(practice, member, begun, code, **given)
            assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field), (code, given, refused)
        other = {"assessmentId": begun["id"], "questionId": global_id("Question", quick_question[0]), "scale": 3}
        refused = await practice.ask(ANSWER_QUESTION, member, input=other)
        assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "questionId")

    for code, given, score in (
        ("psi-direction", {"scale": 4}, "0.75"),
        ("psi-words", {"scale": 5}, "0.00"),
        ("psi-days", {"choice": "half"}, "0.50"),
        ("f-help", {"choices": ["home", "near"]}, "0.55"),
        ("f-help", {"choices": ["home", "family", "friend", "near", "group"]}, "1.00"),
        ("f-help", {"choices": []}, "0.00"),
        ("brings-you", {"text": " A quarrel\n"}, None),
    ):
        now = await answer(practice, member, begun, code, **given)
        found = item(now, code)["answer"]
        assert found["score"] == score, code
        assert {name: found[name] for name in given} == given
    assert item(now, "psi-days")["question"]["choices"][0]["points"] is None, "members are not shown what counts"
    shown = await practice.ask(ASSESSMENT_BY_ID, admin, id=begun["id"])
    assert item(shown, "psi-days")["question"]["choices"][1]["points"] == "0.25"
    ((sealed,),) = await practice.rows("SELECT sealed_text FROM assessment_answers WHERE sealed_text IS NOT NULL")
    assert b"quarrel" not in sealed


async def test_all_five_elements_give_a_balance_too(practice: Practice) -> None:
    member = await practice.member()
    sets = await starters(practice)
    begun = await started(practice, member, sets["initial"])
    for each in begun["sheet"]["items"]:
        question = each["question"]
        if question["scale"]:
            high = question["scale"]["low" if question["scale"]["isReversed"] else "high"]
            given: dict[str, Any] = {"scale": high if question["element"] == "FIRE" else question["scale"]["low"] + 2}
        elif question["questionType"] == "MULTIPLE_CHOICE":
            given = {"choice": question["choices"][2]["code"]}
        elif question["questionType"] == "MULTI_SELECT":
            given = {"choices": [choice["code"] for choice in question["choices"][:2]]}
        elif question["isRequired"]:
            given = {"text": "Words"}
        else:
            continue
        await answer(practice, member, begun, question["slug"], **given)

    await done(practice, COMPLETE, member, id=begun["id"])

    ((shares, assessment_id),) = await practice.rows(
        "SELECT ARRAY[fire, water, earth, air, aether], assessment_id FROM elemental_balances"
    )
    assert (sum(shares), max(shares) == shares[0]) == (1, True)
    assert assessment_id == parse_key(begun["id"], "Assessment", "id")
    assert [type(each) for each in await practice.told()] == [AssessmentCompleted, CoherenceScored, ElementsRecorded]


async def test_weights_count_and_what_is_left_out_does_not(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    set_id = await draft(practice, admin)
    await scale(practice, admin, set_id, "psi", "PSI", weight="3")
    await scale(practice, admin, set_id, "psi-too", "PSI", isRequired=False)
    await scale(practice, admin, set_id, "rho", "RHO", scale={"low": 0, "high": 10, "isReversed": True})
    await scale(practice, admin, set_id, "rho-too", "RHO", isRequired=False, weight="0.50")
    for dimension in ("Q", "F"):
        await scale(practice, admin, set_id, dimension.lower(), dimension)
    await scale(practice, admin, set_id, "off", "F", isActive=False)
    await done(practice, PUBLISH_SET, admin, id=set_id)

    over = await completed(practice, member, set_id, **{"psi": 10, "psi-too": 2, "rho": 3, "q": 0, "f": 5})

    # (3 · 1.0 + 1 · 0.2) / 4; 1 − 0.3; the optional one that was skipped and the one that is not asked count nowhere
    assert await scores_of(practice, member) == [(Decimal("0.80"), Decimal("0.70"), Decimal("0.00"), Decimal("0.50"))]
    assert [each["question"]["slug"] for each in over["sheet"]["items"]][-1] == "f"


async def test_one_about_a_single_dimension_takes_the_others_from_before_or_says_what_it_lacks(
    practice: Practice,
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    focussed = await published(practice, coach, "courage", "Q")
    whole = await published(practice, coach, "whole")
    asked = await started(practice, coach, focussed, memberId=member.id)
    assert asked["dimensionFocus"] == "Q"

    await answered(practice, member, asked, q=9)
    first = await done(practice, COMPLETE, member, id=asked["id"])

    assert (first["status"], first["lackingDimensions"]) == ("COMPLETED", ["PSI", "RHO", "F"])
    assert await scores_of(practice, member) == []
    asked = await started(practice, coach, whole, memberId=member.id)
    await answered(practice, member, asked, psi=1, rho=2, q=3, f=4)
    practice.clock.move(days=1)
    await done(practice, COMPLETE, member, id=asked["id"])
    asked = await started(practice, coach, focussed, memberId=member.id)
    practice.clock.move(days=1)
    await answered(practice, member, asked, q=10)

    last = await done(practice, COMPLETE, member, id=asked["id"])

    assert last["lackingDimensions"] == []
    assert [(each[0], each[2]) for each in await scores_of(practice, member)] == [
        (Decimal("0.10"), Decimal("0.30")),
        (Decimal("0.10"), Decimal("1.00")),
    ]


async def test_an_assessment_is_given_up_once_by_the_member_or_taken_back_by_the_coach(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    set_id = await published(practice, coach)
    for who in (coach, member):
        asked = await started(practice, coach, set_id, memberId=member.id)

        over = await done(practice, ABANDON, who, id=asked["id"])

        assert (over["status"], over["abandonedAt"]) == ("ABANDONED", "2026-03-02T08:00:00Z")
        refused = await practice.ask(ABANDON, who, input={"id": asked["id"]})
        assert (refused["code"], refused["status"]) == ("ASSESSMENT_IS_OVER", "ABANDONED")


async def test_nobody_else_sees_asks_or_answers(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member, stranger = await practice.member(coach), await practice.member(other)
    set_id, practices = await published(practice, coach), await published(practice, admin)
    asked = await started(practice, coach, set_id, memberId=member.id)
    question = item(asked, "psi")["question"]["id"]
    one = {"assessmentId": asked["id"], "questionId": question, "scale": 1}
    async with nothing_written(practice):
        for who in (other, stranger):
            for operation, given in (
                (ANSWER_QUESTION, one),
                (COMPLETE, {"id": asked["id"]}),
                (ABANDON, {"id": asked["id"]}),
                (START, {"questionSetId": practices, "memberId": member.id}),
            ):
                assert (await practice.refusal(operation, who, input=given))["code"] == "FORBIDDEN"
            assert (await practice.refusal(ASSESSMENT_BY_ID, who, id=asked["id"]))["code"] == "FORBIDDEN"
            assert (await practice.refusal(ASSESSMENTS, who, memberId=member.id))["code"] == "FORBIDDEN"
        for who in (coach, admin):
            assert (await practice.refusal(ANSWER_QUESTION, who, input=one))["code"] == "FORBIDDEN"
            assert (await practice.refusal(COMPLETE, who, input={"id": asked["id"]}))["code"] == "FORBIDDEN"
        refused = await practice.refusal(START, member, input={"questionSetId": set_id, "memberId": stranger.id})
        assert refused["code"] == "FORBIDDEN"
        elsewhere = await practice.refusal(START, stranger, input={"questionSetId": set_id})
        assert elsewhere["code"] == "FORBIDDEN", "a coach's questions are for their members"
        wrong = await practice.ask(START, admin, input={"questionSetId": set_id, "memberId": stranger.id})
        assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", "questionSetId")


async def test_after_a_transfer_the_new_coach_reads_what_was_asked_and_answered(practice: Practice) -> None:
    coach, later, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    set_id = await published(practice, coach)
    asked = await started(practice, coach, set_id, memberId=member.id)
    await answered(practice, member, asked, psi=6)
    await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": later.id})

    read = await practice.ask(ASSESSMENT_BY_ID, later, id=asked["id"])
    assert (item(read, "psi")["answer"]["scale"], read["questionSet"]["slug"]) == (6, "own")
    assert (await practice.refusal(ASSESSMENT_BY_ID, coach, id=asked["id"]))["code"] == "FORBIDDEN"
    await answered(practice, member, asked, rho=1, q=1, f=1)
    await done(practice, COMPLETE, member, id=asked["id"])


async def test_a_list_of_assessments_is_newest_first_in_pages_and_by_status_and_type(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    sets = [await published(practice, admin, f"set-{number}") for number in range(3)]
    quick = (await starters(practice))["quick"]
    made = []
    for set_id in (*sets, quick):
        made.append((await started(practice, member, set_id))["id"])
        practice.clock.now += timedelta(minutes=1)
    await done(practice, ABANDON, member, id=made[0])

    async def listed(who: Person, **given: Any) -> list[str]:
        found = await practice.ask(ASSESSMENTS, who, **given)
        return [edge["node"]["id"] for edge in found["edges"]]

    assert await listed(member) == await listed(admin, memberId=member.id) == made[::-1]
    assert await listed(member, status="IN_PROGRESS", type="CUSTOM") == made[2:0:-1]
    first = await practice.ask(ASSESSMENTS, member, first=3)
    assert first["pageInfo"]["hasNextPage"]
    assert await listed(member, after=first["pageInfo"]["endCursor"]) == made[:1]
    assert (await practice.refusal(ASSESSMENTS, admin))["field"] == "memberId"
    short, long = [await cost_of_page(practice, WITH_SHEETS, member, count) for count in (1, 4)]
    assert (short[0], long[0]) == (1, 4)
    assert cost_alike(short[1], long[1]), (short, long)


async def test_where_a_later_score_was_imported_the_assessment_stays_open_until_then(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    set_id = await published(practice, admin)
    begun = await answered(practice, member, await started(practice, member, set_id), psi=1, rho=1, q=1, f=1)
    await scored(practice, member, measured("0.50"), at=practice.clock() + timedelta(hours=1))
    async with nothing_written(practice):
        refused = await practice.ask(COMPLETE, member, input={"id": begun["id"]})
        assert refused["code"] == "LATER_SCORE_EXISTS"
    practice.clock.move(hours=2)

    assert (await done(practice, COMPLETE, member, id=begun["id"]))["coherenceScore"]["psi"] == "0.10"
