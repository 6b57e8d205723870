"""What assessments ask, and what was answered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, column, func, literal
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.loaders.privacy import keys_for_members, unsealed
from app.models.coherence import Assessment, AssessmentAnswer, Question, QuestionSet
from app.platform.encryption import Key, key_id_of
from app.platform.keys import Owned

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An answer as its readers see it: in the one field that the question's type has."""

    scale: int | None
    choice: str | None
    choices: list[str] | None
    text: str | None
    score: Decimal | None
    time_spent_seconds: int
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class SheetItem:
    question: Question
    answer: ReadAnswer | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one assessment asks, in order, each with the answer if there is one."""

    items: list[SheetItem]

    @property
    def total(self) -> int:
        return len(self.items)

    @property
    def answered(self) -> int:
        return sum(item.answer is not None for item in self.items)

    @property
    def required_left(self) -> int:
        return len(self.unanswered())

    def unanswered(self) -> list[Question]:
        """The required questions that have no answer yet."""
        return [item.question for item in self.items if item.question.is_required and item.answer is None]


async def questions_by_set(db: AsyncSession, set_ids: list[UUID]) -> list[list[Question]]:
    """All of each set, those that are not asked too."""
    statement = select(Question).where(col(Question.question_set_id).in_(set_ids)).order_by(col(Question.position))
    found: dict[UUID, list[Question]] = defaultdict(list)
    for question in await db.exec(statement):
        found[question.question_set_id].append(question)
    return [found[set_id] for set_id in set_ids]


async def question_sets_by_assessment(db: AsyncSession, assessment_ids: list[UUID]) -> list[QuestionSet | None]:
    """Also those of another coach, for who sees the assessment."""
    asked = _asked(QuestionSet, "question_sets_of_assessments", assessment_ids)
    statement = (
        select(Assessment.id, asked)
        .join(asked, asked.id == Assessment.question_set_id)
        .where(col(Assessment.id).in_(assessment_ids))
    )
    found: dict[UUID, QuestionSet] = dict((await db.exec(statement)).all())
    return [found.get(assessment_id) for assessment_id in assessment_ids]


async def sheets_by_assessment(db: AsyncSession, assessment_ids: list[UUID]) -> list[Sheet]:
    asked = _asked(Question, "questions_of_assessments", assessment_ids)
    statement = (
        select(Assessment.id, asked)
        .join(asked, asked.question_set_id == Assessment.question_set_id)
        .where(col(Assessment.id).in_(assessment_ids), asked.is_active)
        .order_by(asked.position)
    )
    questions: dict[UUID, list[Question]] = defaultdict(list)
    for assessment_id, question in await db.exec(statement):
        questions[assessment_id].append(question)
    answered = await db.exec(select(AssessmentAnswer).where(col(AssessmentAnswer.assessment_id).in_(assessment_ids)))
    answers = await _read(db, answered.all())
    return [
        Sheet([SheetItem(question, answers.get((each, question.id))) for question in questions[each]])
        for each in assessment_ids
    ]


async def find_asked(db: AsyncSession, assessment_id: UUID, question_id: UUID) -> Question | None:
    """One question of an assessment."""
    asked = _asked(Question, "questions_of_assessments", [assessment_id])
    found: Question | None = (
        await db.exec(select(asked).where(asked.id == question_id, asked.is_active))
    ).one_or_none()
    return found


def _asked(model: type[Row], function: str, assessment_ids: list[UUID]) -> Any:
    """The rows that a function of the database answers, as the model's."""
    columns = [column(each.name, each.type) for each in model.__table__.columns]  # type: ignore[attr-defined]
    rows = getattr(func, function)(literal(assessment_ids, ARRAY(Uuid))).table_valued(*columns, name="asked")
    return aliased(model, rows, adapt_on_names=True)


async def _read(db: AsyncSession, rows: Sequence[AssessmentAnswer]) -> dict[tuple[UUID, UUID], ReadAnswer]:
    """By assessment and question, texts decrypted, without those that have left the asker's sight meanwhile."""
    sealed = {row.id: owner_of(row) for row in rows if row.sealed_text is not None}
    keys = await keys_for_members(db, sealed.values())
    return {
        (row.assessment_id, row.question_id): _answer(row, words_in(row, keys))
        for row in rows
        if row.id not in sealed or sealed[row.id] in keys
    }


def owner_of(row: AssessmentAnswer) -> Owned:
    """Whose key a text is to be under, and which it says that it is; raises `UnreadableValue`."""
    assert row.sealed_text is not None
    return row.member_id, key_id_of(row.sealed_text, row.place)


def words_in(row: AssessmentAnswer, keys: Mapping[Owned, Key]) -> str | None:
    """A text that was answered, if it was one. Raises `UnreadableValue`, which names the row."""
    if row.sealed_text is None:
        return None
    return unsealed(row.member_id, row.sealed_text, row.place, keys).decode()


def _answer(row: AssessmentAnswer, written: str | None) -> ReadAnswer:
    value = row.value
    return ReadAnswer(
        scale=value if isinstance(value, int) else None,
        choice=value if isinstance(value, str) else None,
        choices=value if isinstance(value, list) else None,
        text=written,
        score=row.score,
        time_spent_seconds=row.time_spent_seconds,
        answered_at=row.answered_at,
    )
