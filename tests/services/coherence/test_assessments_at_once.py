"""Assessments under concurrency: many answers, many completions and many beginnings at once."""

import asyncio
from collections import Counter
from typing import Any

from tests.assessing import (
    ANSWER_QUESTION,
    COMPLETE,
    PUBLISH_SET,
    REVISE_SET,
    START,
    answered,
    done,
    draft,
    published,
    scale,
    started,
)
from tests.practice import Person, Practice


async def at_once(practice: Practice, *asked: tuple[str, Person, dict[str, Any]]) -> list[dict[str, Any]]:
    return await asyncio.gather(*(practice.ask(operation, who, input=given) for operation, who, given in asked))


async def test_one_is_opened_however_often_it_is_begun_and_asked_for(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    set_id = await published(practice, coach)
    wanted = {"questionSetId": set_id, "memberId": member.id}
    asked = await started(practice, coach, set_id, memberId=member.id)

    opened = await at_once(practice, *[(START, who, wanted) for who in (coach, member) for _ in range(4)])

    assert {each["id"] for each in opened} == {asked["id"]}
    assert await practice.count("assessments") == 1
    assert len(await practice.told()) == 1


async def test_answers_that_come_at_once_are_all_kept_and_completing_gives_exactly_one_score(
    practice: Practice,
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    set_id = await published(practice, coach)
    begun = await started(practice, coach, set_id, memberId=member.id)
    questions = [item["question"]["id"] for item in begun["sheet"]["items"]]
    one = {"assessmentId": begun["id"], "scale": 5, "timeSpentSeconds": 3}

    await at_once(practice, *[(ANSWER_QUESTION, member, one | {"questionId": each}) for each in questions * 3])

    ((seconds, status),) = await practice.rows("SELECT time_spent_seconds, status FROM assessments")
    assert (await practice.count("assessment_answers"), seconds, status) == (4, 12, "IN_PROGRESS")

    late = [(ANSWER_QUESTION, member, one | {"questionId": each, "scale": 9}) for each in questions]
    answers = await at_once(practice, *[(COMPLETE, member, {"id": begun["id"]})] * 5, *late)

    kinds = Counter(each["__typename"] for each in answers[:5])
    assert kinds == {"Assessment": 1, "AssessmentIsOver": 4}
    ((total, answered_by_then),) = await practice.rows(
        "SELECT s.psi + s.rho + s.q + s.f, (SELECT sum(score) FROM assessment_answers) FROM coherence_scores s"
    )
    assert total == answered_by_then, "the score is of the answers that are stored"
    assert sum(type(event).__name__ == "AssessmentCompleted" for event in await practice.told()) == 1


async def test_a_set_is_published_once_whatever_is_added_to_it_meanwhile(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    set_id = await draft(practice, admin)
    await scale(practice, admin, set_id, "first", "PSI")
    adding = scale(practice, admin, set_id, "late", "RHO")

    publishing = [practice.ask(PUBLISH_SET, admin, input={"id": set_id}) for _ in range(3)]
    added, *outcomes = await asyncio.gather(adding, *publishing, return_exceptions=True)

    assert Counter(each["__typename"] for each in outcomes) == {"QuestionSet": 1, "QuestionSetNotDraft": 2}
    begun = await started(practice, member, set_id)
    assert begun["sheet"]["total"] == (1 if isinstance(added, BaseException) else 2)
    revised = await asyncio.gather(*(done(practice, REVISE_SET, admin, id=set_id) for _ in range(4)))
    assert len({each["id"] for each in revised}) == 1


async def test_a_transfer_in_between_leaves_no_answer_behind(practice: Practice) -> None:
    coach, later, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    begun = await started(practice, member, await published(practice, admin))
    moving = practice.rows(
        "UPDATE members SET coach_id = :coach WHERE id = :id RETURNING id",
        coach=later.coach.id,  # type: ignore[union-attr]
        id=member.member.id,  # type: ignore[union-attr]
    )

    await asyncio.gather(answered(practice, member, begun, psi=1, rho=2, q=3, f=4), moving)

    owners = await practice.rows("SELECT DISTINCT member_coach_id FROM assessment_answers")
    assert owners == [(later.coach.id,)]  # type: ignore[union-attr]
