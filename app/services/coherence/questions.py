"""The questions of a draft: adding, changing, moving and removing them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, between
from app.loaders.coherence import questions_by_set
from app.models.coherence import Question, QuestionSet
from app.models.coherence.questions import MOST_QUESTIONS
from app.problems import Forbidden, InvalidInput, QuestionSetFull
from app.services.coherence.question_forms import QuestionContent, content_of
from app.services.coherence.question_sets import access_draft
from app.services.coherence.wording import Code
from app.services.identity.permissions import require


class QuestionPlace(Form):
    """Where a question is to stand; the others keep their order."""

    position: between(1, MOST_QUESTIONS) | None = None  # type: ignore[valid-type]


class NewQuestion(QuestionContent):
    question_set_id: UUID
    code: Code


async def access_question(db: AsyncSession, actor: Actor, question_id: UUID) -> Question:
    """As row-level security has it: of the practice's published sets, and of one's own; else `Forbidden`."""
    require(actor, "coherence:read")
    found = await db.get(Question, question_id)
    if found is None:
        raise Forbidden
    return found


async def add_question(db: AsyncSession, actor: Actor, *, form: NewQuestion, now: datetime) -> Question:
    """At the end of a draft. Raises `QuestionSetNotDraft`, `QuestionSetFull`."""
    question_set = await access_draft(db, actor, form.question_set_id)
    (there,) = await questions_by_set(db, [question_set.id])
    if len(there) >= MOST_QUESTIONS:
        raise QuestionSetFull
    if any(question.code == form.code for question in there):
        raise InvalidInput("code", "There is a question of this code in the set")
    question = Question(
        **form.checked().stored(), coach_id=question_set.coach_id, position=len(there) + 1, created_at=now
    )
    question.version = await _next_version(db, question_set, question.code)
    db.add(question)
    await db.flush()
    return question


async def update_question(
    db: AsyncSession, actor: Actor, *, question_id: UUID, changes: dict[str, Any], place: QuestionPlace, now: datetime
) -> Question:
    """What is given replaces what was there. Raises `QuestionSetNotDraft`."""
    question, question_set = await _in_draft(db, actor, question_id)
    kind = changes.get("question_type", question.question_type)
    content = content_of(question) if kind == question.question_type else _only_common(content_of(question))
    stored = QuestionContent.read(**(content | changes)).checked().stored()
    if any(getattr(question, name) != value for name, value in stored.items()):
        question.sqlmodel_update(stored)
        question.version = await _next_version(db, question_set, question.code)
    question_set.updated_at = now
    db.add_all([question, question_set])
    await db.flush()
    if place.position is not None:
        await _move(db, question, place.position)
    return question


def _only_common(content: dict[str, Any]) -> dict[str, Any]:
    """What a question of another type can keep."""
    return {name: content[name] for name in ("text", "weight", "is_required", "is_active")}


async def remove_question(db: AsyncSession, actor: Actor, *, question_id: UUID) -> UUID:
    """From a draft. Raises `QuestionSetNotDraft`."""
    question, question_set = await _in_draft(db, actor, question_id)
    await db.delete(question)
    await db.flush()
    (left,) = await questions_by_set(db, [question_set.id])
    await _arrange(db, question_set.id, [each.id for each in left])
    return question_id


async def _in_draft(db: AsyncSession, actor: Actor, question_id: UUID) -> tuple[Question, QuestionSet]:
    require(actor, "questions:manage")
    question = await access_question(db, actor, question_id)
    question_set = await access_draft(db, actor, question.question_set_id)
    await db.refresh(question)  # as it is after the lock of its set
    return question, question_set


async def _next_version(db: AsyncSession, question_set: QuestionSet, code: str) -> int:
    """One more than it had in the set's versions before."""
    before = (
        select(func.max(Question.version))
        .join(QuestionSet, col(QuestionSet.id) == Question.question_set_id)
        .where(
            col(QuestionSet.coach_id).is_not_distinct_from(question_set.coach_id),
            QuestionSet.code == question_set.code,
            QuestionSet.version < question_set.version,
            Question.code == code,
        )
    )
    return ((await db.exec(before)).one() or 0) + 1


async def _move(db: AsyncSession, question: Question, position: int) -> None:
    (there,) = await questions_by_set(db, [question.question_set_id])
    order = [each.id for each in there if each.id != question.id]
    order.insert(position - 1, question.id)
    await _arrange(db, question.question_set_id, order)
    await db.refresh(question)


async def _arrange(db: AsyncSession, question_set_id: UUID, order: list[UUID]) -> None:
    """In one statement, in which places may be taken twice for a moment."""
    if order:
        places = case({question_id: place for place, question_id in enumerate(order, start=1)}, value=Question.id)
        await db.exec(update(Question).where(col(Question.question_set_id) == question_set_id).values(position=places))
