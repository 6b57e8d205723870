"""What the database itself holds of question sets, assessments and answers, whoever writes by SQL."""

import pytest
from sqlalchemy import text

from app.actor import SYSTEM, Actor
from tests.assessing import completed, published, started
from tests.models.small_practice import refused_with
from tests.operations import add_window, booked
from tests.practice import Practice

DENIED, BROKEN, UNKNOWN = "42501", "23514", "23503"
_ANSWER = (
    "INSERT INTO assessment_answers (id, assessment_id, question_id, value, score, time_spent_seconds, answered_at)"
    " SELECT gen_random_uuid(), a.id, q.id, '7', 0.7, 0, now() FROM assessments a"
    " JOIN questions q ON q.question_set_id = a.question_set_id WHERE a.status = 'COMPLETED'"
)
_ASKED = (
    "INSERT INTO assessments (id, member_id, question_set_id, assessment_type, status, {columns} lacking_dimensions,"
    " time_spent_seconds, created_at, updated_at) SELECT gen_random_uuid(), :member, id, 'CUSTOM', '{status}', {values}"
    " '{{}}', 0, now(), now() FROM question_sets WHERE code = '{code}'"
)
_BEGUN = {"columns": "started_at,", "values": "now(),", "status": "IN_PROGRESS"}


async def test_what_is_published_or_over_stays_and_only_members_answer(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    own, foreign = await published(practice, coach, "own", "Q"), await published(practice, other, "foreign", "Q")
    assert own != foreign
    shared = await published(practice, admin, "shared", "Q")
    await completed(practice, member, shared, q=5)
    await started(practice, coach, own, memberId=member.id)
    assert member.member is not None
    own_id = {"member": member.member.id}
    coaching = "UPDATE assessments SET status = 'IN_PROGRESS', started_at = now() WHERE status = 'DRAFT'"
    cases: list[tuple[Actor, str, str]] = [
        (SYSTEM, "UPDATE questions SET text = 'Other?'", DENIED),
        (SYSTEM, "UPDATE question_sets SET name = 'Other'", DENIED),
        (SYSTEM, "UPDATE question_sets SET status = 'DRAFT', published_at = NULL", DENIED),
        (SYSTEM, "UPDATE questions SET is_published = false", DENIED),
        (admin.actor, "DELETE FROM questions", DENIED),
        (admin.actor, "DELETE FROM question_sets", DENIED),
        (
            coach.actor,
            "INSERT INTO questions (id, question_set_id, coach_id, is_published, code, version, dimension,"
            " question_type, text, options, weight, position, is_required, is_active, created_at)"
            " SELECT gen_random_uuid(), question_set_id, coach_id, false, 'late', 1, dimension, question_type, text,"
            " options, 1, 2, true, true, now() FROM questions WHERE coach_id IS NOT NULL",
            BROKEN,
        ),
        (SYSTEM, "UPDATE assessments SET status = 'ABANDONED', abandoned_at = now(), completed_at = NULL", DENIED),
        (SYSTEM, "UPDATE assessments SET time_spent_seconds = 9 WHERE status = 'COMPLETED'", DENIED),
        (SYSTEM, "UPDATE assessment_answers SET value = '9'", BROKEN),
        (SYSTEM, _ANSWER, BROKEN),
        (coach.actor, coaching, DENIED),
        (coach.actor, _ASKED.format(code="own", **_BEGUN), DENIED),
        (member.actor, "UPDATE assessments SET member_coach_id = NULL", DENIED),
        (SYSTEM, _ASKED.format(code="foreign", **_BEGUN), BROKEN),
    ]
    for actor, statement, state in cases:
        async with practice.as_actor(actor) as db:
            values = own_id if ":member" in statement else {}
            assert await refused_with(db, statement, **values) == state, statement

    async with practice.as_actor(member.actor) as db:
        await db.execute(text(coaching))
        for code, state in (("shared", UNKNOWN), ("own", None)):
            # A coach's question is read through the assessment; here it is named by its id.
            async with practice.as_system() as system:
                rows = await system.execute(
                    text(
                        "SELECT q.id FROM questions q JOIN question_sets s ON s.id = q.question_set_id"
                        " WHERE s.code = :code"
                    ),
                    {"code": code},
                )
                question = rows.scalar_one()
            statement = (
                "INSERT INTO assessment_answers (id, assessment_id, question_id, value, score, time_spent_seconds,"
                " answered_at) SELECT gen_random_uuid(), id, :question, '7', 0.7, 0, now() FROM assessments"
                " WHERE status = 'IN_PROGRESS'"
            )
            assert await refused_with(db, statement, question=question) == state, code
        await db.rollback()


@pytest.mark.parametrize("of_another", [True, False])
async def test_an_assessment_belongs_to_a_session_of_its_own_member(practice: Practice, of_another: bool) -> None:
    admin, coach = await practice.admin(), await practice.coach()
    member, other = await practice.members(2, coach)
    await published(practice, admin, "shared", "Q")
    await add_window(practice, coach, seats=2)
    session = await booked(practice, other if of_another else member, coach, "2026-03-02T09:00:00Z")
    assert session
    assert member.member is not None
    statement = _ASKED.format(
        code="shared",
        status="IN_PROGRESS",
        columns="started_at, session_id,",
        values="now(), (SELECT id FROM sessions),",
    )

    async with practice.as_system() as db:
        refused = await refused_with(db, statement, member=member.member.id)

    assert refused == (BROKEN if of_another else None)
