"""Assessments: asking for one, beginning it, and who sees which."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import AssessmentAsked, emit
from app.forms import Form
from app.models.coherence import (
    Assessment,
    AssessmentStatus,
    AssessmentType,
    Dimension,
    Question,
    QuestionSet,
    QuestionSetStatus,
)
from app.models.members import Member
from app.models.sessions import CoachingSession
from app.platform.paging import Page, PageRequest, read_page
from app.problems import AssessmentIsOver, Forbidden, InvalidInput, QuestionSetNotPublished
from app.services.identity.permissions import require, require_login
from app.services.members import access_member, access_whose

OPEN: Final = (AssessmentStatus.DRAFT, AssessmentStatus.IN_PROGRESS)


class StartAssessment(Form):
    question_set_id: UUID
    member_id: UUID | None = None
    session_id: UUID | None = None


async def list_assessments(
    db: AsyncSession,
    actor: Actor,
    *,
    member_id: UUID | None,
    status: AssessmentStatus | None,
    assessment_type: AssessmentType | None,
    page: PageRequest,
) -> Page[Assessment]:
    """Of one member, the newest first."""
    require(actor, "coherence:read")
    member = await access_whose(db, actor, member_id)
    statement = (
        select(Assessment)
        .where(Assessment.member_id == member.id)
        .order_by(col(Assessment.created_at).desc(), col(Assessment.id).desc())
    )
    if status is not None:
        statement = statement.where(Assessment.status == status)
    if assessment_type is not None:
        statement = statement.where(Assessment.assessment_type == assessment_type)
    return await read_page(db, statement, page)


async def access_assessment(db: AsyncSession, actor: Actor, assessment_id: UUID, *, locked: bool = False) -> Assessment:
    """Row-level security is the whole rule of who sees which; else `Forbidden`, found or not."""
    require(actor, "coherence:read")
    statement = select(Assessment).where(Assessment.id == assessment_id)
    if locked:  # and read anew, for what was there before the lock is not what is there now
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = (await db.exec(statement)).one_or_none()
    if found is None:
        raise Forbidden
    return found


async def access_open(db: AsyncSession, actor: Actor, assessment_id: UUID) -> Assessment:
    """The same, locked, while something can be done with it. Raises `AssessmentIsOver`."""
    assessment = await access_assessment(db, actor, assessment_id, locked=True)
    if assessment.status not in OPEN:
        raise AssessmentIsOver(assessment.status)
    return assessment


async def start_assessment(db: AsyncSession, actor: Actor, *, form: StartAssessment, now: datetime) -> Assessment:
    """A member begins; a coach or an admin asks a member to. One that is open is gone on with, and asked for once.

    Raises `QuestionSetNotPublished`.
    """
    require(actor, "coherence:write")
    wanted = form.member_id or actor.member_id
    if wanted is None:
        raise InvalidInput("memberId", "Say which member is to answer")
    member = await access_member(db, actor, wanted, locked=True)
    if form.session_id is not None:
        session = await db.get(CoachingSession, form.session_id)
        if session is None or session.member_id != member.id:
            raise Forbidden
    is_own = actor.member_id == member.id
    statement = select(Assessment).where(
        Assessment.member_id == member.id,
        Assessment.question_set_id == form.question_set_id,
        col(Assessment.status).in_(OPEN),
    )
    # Answering locks the assessment alone.
    assessment = (await db.exec(statement.with_for_update(key_share=True))).one_or_none()
    if assessment is None:
        assessment = await _opened(db, actor, member, form, is_own, now)
    elif is_own:
        begin(assessment, now)
    db.add(assessment)
    await db.flush()
    return assessment


async def _opened(
    db: AsyncSession, actor: Actor, member: Member, form: StartAssessment, is_own: bool, now: datetime
) -> Assessment:
    question_set = await db.get(QuestionSet, form.question_set_id)
    if question_set is None:
        raise Forbidden
    if question_set.status is not QuestionSetStatus.PUBLISHED:
        raise QuestionSetNotPublished(question_set.status)
    if question_set.coach_id not in (None, member.coach_id):
        raise InvalidInput("questionSetId", "These are the questions of a coach whom the member does not have")
    asked = await db.exec(select(Question).where(Question.question_set_id == question_set.id))
    assessment = Assessment(
        member_id=member.id,
        question_set_id=question_set.id,
        assessment_type=question_set.assessment_type,
        dimension_focus=focus_of(asked),
        status=AssessmentStatus.IN_PROGRESS if is_own else AssessmentStatus.DRAFT,
        asked_by_user_id=None if is_own else require_login(actor),
        session_id=form.session_id,
        started_at=now if is_own else None,
        created_at=now,
        updated_at=now,
    )
    if not is_own:
        emit(db, AssessmentAsked(member_id=member.id, coach_id=member.coach_id, assessment_id=assessment.id))
    return assessment


def begin(assessment: Assessment, now: datetime) -> None:
    """One that was asked for is begun by whoever answers; one that is under way goes on."""
    if assessment.status is AssessmentStatus.DRAFT:
        assessment.sqlmodel_update({"status": AssessmentStatus.IN_PROGRESS, "started_at": now, "updated_at": now})


def focus_of(questions: Iterable[Question]) -> Dimension | None:
    """The dimension that all measuring questions are about, if it is one."""
    measured = {each.dimension for each in questions if each.is_active and each.dimension is not None}
    return measured.pop() if len(measured) == 1 else None


async def abandon_assessment(db: AsyncSession, actor: Actor, *, assessment_id: UUID, now: datetime) -> Assessment:
    """What was answered is kept, and gives no score. Raises `AssessmentIsOver`."""
    require(actor, "coherence:write")
    assessment = await access_open(db, actor, assessment_id)
    assessment.sqlmodel_update({"status": AssessmentStatus.ABANDONED, "abandoned_at": now, "updated_at": now})
    db.add(assessment)
    await db.flush()
    return assessment
