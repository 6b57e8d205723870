"""Question sets: the practice's, which admins write, and those that a coach puts together for their members."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form, text
from app.loaders.coherence import question_sets_by_assessment
from app.models.coaches import Coach
from app.models.coherence import (
    Assessment,
    AssessmentType,
    Dimension,
    Element,
    Question,
    QuestionSet,
    QuestionSetStatus,
)
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, InvalidInput, QuestionSetIncomplete, QuestionSetNotDraft, QuestionSetNotPublished
from app.services.coherence.wording import Code
from app.services.identity.permissions import require

Name = text(120)
Description = text(1_000)

_OF_ALL_DIMENSIONS: Final = (AssessmentType.INITIAL, AssessmentType.QUICK, AssessmentType.DEEP_DIVE)
_OF_ALL_ELEMENTS: Final = (AssessmentType.INITIAL, AssessmentType.DEEP_DIVE)
_COPIED: Final = tuple(
    name for name in Question.model_fields if name not in {"id", "question_set_id", "is_published", "created_at"}
)


class NewQuestionSet(Form):
    """`coach_id` is for admins, who leave it out for the practice's; a coach's are their own."""

    coach_id: UUID | None = None
    assessment_type: AssessmentType
    code: Code
    name: Name  # type: ignore[valid-type]
    description: Description | None = None  # type: ignore[valid-type]


class QuestionSetChanges(Form):
    name: Name = ""  # type: ignore[valid-type]
    description: Description | None = None  # type: ignore[valid-type]


async def list_question_sets(
    db: AsyncSession,
    actor: Actor,
    *,
    assessment_type: AssessmentType | None,
    status: QuestionSetStatus,
    page: PageRequest,
) -> Page[QuestionSet]:
    """The practice's and, for a coach, their own, by code; drafts only for who may change them."""
    require(actor, "coherence:read")
    statement = (
        select(QuestionSet)
        .where(QuestionSet.status == status)
        .order_by(col(QuestionSet.code), col(QuestionSet.version), col(QuestionSet.id))
    )
    if assessment_type is not None:
        statement = statement.where(QuestionSet.assessment_type == assessment_type)
    return await read_page(db, statement, page)


async def access_question_set(db: AsyncSession, actor: Actor, question_set_id: UUID) -> QuestionSet:
    """One that the asker may use or change, or that an assessment asks which they see; else `Forbidden`."""
    require(actor, "coherence:read")
    found = await db.get(QuestionSet, question_set_id)
    if found is None:
        asking = select(Assessment.id).where(Assessment.question_set_id == question_set_id).limit(1)
        ids = list(await db.exec(asking))
        found = (await question_sets_by_assessment(db, ids))[0] if ids else None
    if found is None:
        raise Forbidden
    return found


async def access_own_set(db: AsyncSession, actor: Actor, question_set_id: UUID) -> QuestionSet:
    """One that the asker may change, locked; `Forbidden` for any other, found or not."""
    require(actor, "questions:manage")
    statement = select(QuestionSet).where(QuestionSet.id == question_set_id).with_for_update(key_share=True)
    found = (await db.exec(statement)).one_or_none()
    if found is None or not (actor.is_admin or (found.coach_id is not None and found.coach_id == actor.coach_id)):
        raise Forbidden
    return found


async def access_draft(db: AsyncSession, actor: Actor, question_set_id: UUID) -> QuestionSet:
    """The same; raises `QuestionSetNotDraft` for one that is published or was."""
    found = await access_own_set(db, actor, question_set_id)
    if found.status is not QuestionSetStatus.DRAFT:
        raise QuestionSetNotDraft(found.status)
    return found


async def add_question_set(db: AsyncSession, actor: Actor, *, form: NewQuestionSet, now: datetime) -> QuestionSet:
    require(actor, "questions:manage")
    if not actor.is_admin and (actor.coach_id is None or form.coach_id not in (None, actor.coach_id)):
        raise Forbidden
    coach_id = form.coach_id or actor.coach_id
    if coach_id is not None and await db.get(Coach, coach_id) is None:
        raise InvalidInput("coachId", "There is no such coach")
    if coach_id is not None and form.assessment_type is not AssessmentType.CUSTOM:
        raise InvalidInput("assessmentType", "What a coach puts together is CUSTOM")
    same = select(QuestionSet.id).where(QuestionSet.coach_id == coach_id, QuestionSet.code == form.code).limit(1)
    if (await db.exec(same)).one_or_none() is not None:
        raise InvalidInput("code", "There is a set of this code; revise that one, or choose another code")
    question_set = QuestionSet(
        coach_id=coach_id,
        assessment_type=form.assessment_type,
        code=form.code,
        name=form.name,
        description=form.description,
        created_at=now,
        updated_at=now,
    )
    db.add(question_set)
    await db.flush()
    return question_set


async def update_question_set(
    db: AsyncSession, actor: Actor, *, question_set_id: UUID, form: QuestionSetChanges, now: datetime
) -> QuestionSet:
    question_set = await access_draft(db, actor, question_set_id)
    question_set.sqlmodel_update({**form.given(), "updated_at": now})
    db.add(question_set)
    await db.flush()
    return question_set


async def revise_question_set(db: AsyncSession, actor: Actor, *, question_set_id: UUID, now: datetime) -> QuestionSet:
    """The next version, as a draft with the same questions; or the draft that there is of it already."""
    old = await access_own_set(db, actor, question_set_id)
    versions = select(QuestionSet).where(QuestionSet.coach_id == old.coach_id, QuestionSet.code == old.code)
    all_versions = (await db.exec(versions.order_by(col(QuestionSet.version)))).all()
    for version in all_versions:
        if version.status is QuestionSetStatus.DRAFT:
            return version
    draft = QuestionSet(
        coach_id=old.coach_id,
        assessment_type=old.assessment_type,
        code=old.code,
        version=all_versions[-1].version + 1,
        name=old.name,
        description=old.description,
        created_at=now,
        updated_at=now,
    )
    db.add(draft)
    await db.flush()
    for question in await db.exec(select(Question).where(Question.question_set_id == old.id)):
        content = {name: getattr(question, name) for name in _COPIED}
        db.add(Question(**content, question_set_id=draft.id, created_at=now))
    await db.flush()
    return draft


async def publish_question_set(db: AsyncSession, actor: Actor, *, question_set_id: UUID, now: datetime) -> QuestionSet:
    """From now on it is asked, and the version before is not. Raises `QuestionSetIncomplete`."""
    question_set = await access_draft(db, actor, question_set_id)
    questions = (await db.exec(select(Question).where(Question.question_set_id == question_set.id))).all()
    refuse_incomplete(question_set.assessment_type, [question for question in questions if question.is_active])
    before = select(QuestionSet).where(
        QuestionSet.coach_id == question_set.coach_id,
        QuestionSet.code == question_set.code,
        QuestionSet.status == QuestionSetStatus.PUBLISHED,
    )
    previous = (await db.exec(before.with_for_update(key_share=True))).one_or_none()
    if previous is not None:
        await _retire(db, previous, now)
    question_set.sqlmodel_update({"status": QuestionSetStatus.PUBLISHED, "published_at": now, "updated_at": now})
    db.add(question_set)
    await db.flush()
    return question_set


def refuse_incomplete(kind: AssessmentType, questions: list[Question]) -> None:
    """Raises `QuestionSetIncomplete`; of the questions that are asked."""
    if not questions:
        raise QuestionSetIncomplete("There is no question in it that is asked")
    required = [question for question in questions if question.is_required]
    if kind in _OF_ALL_DIMENSIONS:
        _refuse_missing(kind, "dimension", set(Dimension) - {question.dimension for question in required})
    if kind in _OF_ALL_ELEMENTS:
        _refuse_missing(kind, "element", set(Element) - {question.element for question in required})


def _refuse_missing(kind: AssessmentType, what: str, missing: set[Dimension] | set[Element]) -> None:
    if missing:
        raise QuestionSetIncomplete(
            f"{kind} has a required question of every {what}; there is none of {', '.join(sorted(missing))}"
        )


async def retire_question_set(db: AsyncSession, actor: Actor, *, question_set_id: UUID, now: datetime) -> QuestionSet:
    """It is asked no more; who has begun may go on. Raises `QuestionSetNotPublished`."""
    question_set = await access_own_set(db, actor, question_set_id)
    if question_set.status is not QuestionSetStatus.PUBLISHED:
        raise QuestionSetNotPublished(question_set.status)
    await _retire(db, question_set, now)
    return question_set


async def _retire(db: AsyncSession, question_set: QuestionSet, now: datetime) -> None:
    question_set.sqlmodel_update({"status": QuestionSetStatus.RETIRED, "retired_at": now, "updated_at": now})
    db.add(question_set)
    await db.flush()


async def remove_question_set(db: AsyncSession, actor: Actor, *, question_set_id: UUID) -> UUID:
    """A draft, with its questions."""
    await db.delete(await access_draft(db, actor, question_set_id))
    await db.flush()
    return question_set_id
