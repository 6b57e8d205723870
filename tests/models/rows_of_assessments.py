"""Question sets and assessments of the small practice, and who may do what with their rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.models.rows import Rows, run

NAMED_BY: dict[str, tuple[str, ...]] = {
    "question_sets": ("coach_id", "code"),
    "questions": ("coach_id", "code"),
    "assessments": ("member_id", "status"),
    "assessment_answers": ("member_id", "value"),
}
TOUCHED: dict[str, str] = {
    "question_sets": "updated_at = now()",
    "questions": "created_at = now()",
    "assessments": "updated_at = now()",
    "assessment_answers": "answered_at = now()",
}
_SETS = (
    "INSERT INTO question_sets (id, coach_id, assessment_type, code, version, name, status, created_at, updated_at)"
    " SELECT gen_random_uuid(), CAST(:coach AS uuid), 'CUSTOM', code, 1, 'A set', 'DRAFT', now(), now()"
    " FROM unnest(ARRAY['asked', 'new']) AS code",
    "INSERT INTO questions (id, question_set_id, is_published, code, version, dimension, question_type, text, options,"
    " weight, position, is_required, is_active, created_at) SELECT gen_random_uuid(), id, false, code, 1, 'Q', 'SCALE',"
    """ 'How?', '{"low": 0, "high": 10, "is_reversed": false}', 1, 1, true, true, now() FROM question_sets"""
    " WHERE coach_id IS NOT DISTINCT FROM CAST(:coach AS uuid)",
    "UPDATE question_sets SET status = 'PUBLISHED', published_at = now()"
    " WHERE coach_id IS NOT DISTINCT FROM CAST(:coach AS uuid) AND code = 'asked'",
)
# The practice's set was asked for, the coach's own is being answered.
_ASSESSMENTS = (
    "INSERT INTO assessments (id, member_id, question_set_id, assessment_type, status, asked_by_user_id,"
    " lacking_dimensions, time_spent_seconds, created_at, updated_at) SELECT gen_random_uuid(), :member, id, 'CUSTOM',"
    " 'DRAFT', :coach_user, '{}', 0, now(), now() FROM question_sets WHERE coach_id IS NULL AND code = 'asked'",
    "INSERT INTO assessments (id, member_id, question_set_id, assessment_type, status, started_at, lacking_dimensions,"
    " time_spent_seconds, created_at, updated_at) SELECT gen_random_uuid(), :member, id, 'CUSTOM', 'IN_PROGRESS',"
    " now(), '{}', 0, now(), now() FROM question_sets WHERE coach_id = :coach AND code = 'asked'",
    "INSERT INTO assessment_answers (id, assessment_id, question_id, value, score, time_spent_seconds, answered_at)"
    " SELECT gen_random_uuid(), a.id, q.id, '7', 0.7, 5, now() FROM assessments a"
    " JOIN questions q ON q.question_set_id = a.question_set_id"
    " WHERE a.member_id = :member AND a.status = 'IN_PROGRESS'",
)


async def add_to(db: AsyncSession, small: Any) -> None:
    """One set that is asked and one that is new: the practice's, and each coach's own."""
    for coach in (None, *small.coaches()):
        await run(db, _SETS, coach=coach)
    for ids in small.pairs():
        await run(db, _ASSESSMENTS, **ids)


def _of(member: str) -> Rows:
    return {
        "assessments": [f"{member}/DRAFT", f"{member}/IN_PROGRESS"],
        "assessment_answers": [f"{member}/7"],
    }


def _own(coach: str, *codes: str) -> Rows:
    names = [f"{coach}/{code}" for code in codes]
    return {"question_sets": names, "questions": names}


def _beside(*parts: Rows) -> Rows:
    return {table: sorted(name for part in parts for name in part.get(table, [])) for part in parts for table in part}


_ASKED = _own("None", "asked")
SEEN: dict[str, Rows] = {
    "anna": _of("anna") | _ASKED,
    "carl": _of("carl") | _ASKED,
    "one": _of("anna") | _beside(_ASKED, _own("one", "asked", "new")),
    "other": _of("carl") | _beside(_ASKED, _own("other", "asked", "new")),
}
# Nobody answers for somebody else.
UPDATED: dict[str, Rows] = {
    "anna": _of("anna"),
    "carl": _of("carl"),
    "one": {"assessments": _of("anna")["assessments"]} | _own("one", "asked", "new"),
    "other": {"assessments": _of("carl")["assessments"]} | _own("other", "asked", "new"),
}
# Members begin, coaches ask; a set begins as a draft.
INSERTED: dict[str, Rows] = {
    "anna": {"assessments": ["anna/IN_PROGRESS"], "assessment_answers": ["anna/7"]},
    "carl": {"assessments": ["carl/IN_PROGRESS"], "assessment_answers": ["carl/7"]},
    "one": _own("one", "asked", "new") | {"question_sets": ["one/new"], "assessments": ["anna/DRAFT"]},
    "other": _own("other", "asked", "new") | {"question_sets": ["other/new"], "assessments": ["carl/DRAFT"]},
}
