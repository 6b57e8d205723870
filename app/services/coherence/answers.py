"""Answering an assessment, one question at a time, and completing it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import AssessmentCompleted, emit
from app.loaders.coherence import Sheet, find_asked, sheets_by_assessment
from app.models.coherence import Assessment, AssessmentAnswer, AssessmentStatus, CoherenceScore, Dimension, Question
from app.models.members import Member
from app.problems import AssessmentIncomplete, Forbidden, InvalidInput, LaterScoreExists
from app.services.coherence.assessments import access_assessment, access_open, begin
from app.services.coherence.formulas import Measured
from app.services.coherence.question_forms import Given, field_of, judged
from app.services.coherence.scores import ScoredLater, record_score
from app.services.coherence.scoring import rounded, weighted_means
from app.services.coherence.wording import Seconds
from app.services.growth.elements import record_elements
from app.services.identity.permissions import require
from app.services.members import access_member
from app.services.privacy import key_for_member

_FIVE = 5


class AnswerQuestion(Given):
    assessment_id: UUID
    question_id: UUID
    time_spent_seconds: Seconds | None = None


async def answer_question(db: AsyncSession, actor: Actor, *, form: AnswerQuestion, now: datetime) -> Assessment:
    """Answers one question, or answers it anew; one that was asked for is begun by it.

    The same again changes nothing. Raises `AssessmentIsOver`.
    """
    require(actor, "coherence:write")
    assessment = await access_open(db, actor, form.assessment_id)
    _refuse_others(actor, assessment)
    question = await _asked(db, assessment, form.question_id)
    value, score = judged(question, form)
    begin(assessment, now)
    await db.flush()
    same = select(AssessmentAnswer).where(
        AssessmentAnswer.assessment_id == assessment.id, AssessmentAnswer.question_id == question.id
    )
    answer = (await db.exec(same)).one_or_none() or AssessmentAnswer(
        assessment_id=assessment.id,
        question_id=question.id,
        question_set_id=assessment.question_set_id,
        member_id=assessment.member_id,
        answered_at=now,
    )
    if field_of(question) == "text":
        key = await key_for_member(db, assessment.member_id)
        answer.sealed_text = key.seal(value.encode(), answer.place)
    else:
        answer.value, answer.score = value, score
    if form.time_spent_seconds is not None:
        answer.time_spent_seconds = form.time_spent_seconds
    answer.answered_at = now
    db.add(answer)
    await db.flush()
    spent = select(func.sum(AssessmentAnswer.time_spent_seconds)).where(
        col(AssessmentAnswer.assessment_id) == assessment.id
    )
    assessment.time_spent_seconds = (await db.exec(spent)).one()
    assessment.updated_at = now
    db.add(assessment)
    await db.flush()
    return assessment


def _refuse_others(actor: Actor, assessment: Assessment) -> None:
    """Nobody answers for somebody else."""
    if actor.member_id != assessment.member_id:
        raise Forbidden


async def _asked(db: AsyncSession, assessment: Assessment, question_id: UUID) -> Question:
    found = await find_asked(db, assessment.id, question_id)
    if found is None:
        raise InvalidInput("questionId", "This is not asked in this assessment")
    return found


async def _sheet(db: AsyncSession, assessment: Assessment) -> Sheet:
    (sheet,) = await sheets_by_assessment(db, [assessment.id])
    return sheet


async def complete_assessment(db: AsyncSession, actor: Actor, *, assessment_id: UUID, now: datetime) -> Assessment:
    """Ends an assessment, once, and writes down in the same transaction what it says of the member.

    Raises `AssessmentIsOver`, `AssessmentIncomplete`, `LaterScoreExists`.
    """
    require(actor, "coherence:write")
    found = await access_assessment(db, actor, assessment_id)
    _refuse_others(actor, found)
    # The member's row first, as all do who decide by a member's scores.
    member = await access_member(db, actor, found.member_id, locked=True)
    assessment = await access_open(db, actor, assessment_id)
    sheet = await _sheet(db, assessment)
    if unanswered := sheet.unanswered():
        for question in unanswered:  # they are read once the transaction is rolled back
            db.expunge(question)
        raise AssessmentIncomplete(unanswered)
    begin(assessment, now)
    await db.flush()
    measured, lacking = await _measured(db, member, sheet)
    assessment.sqlmodel_update(
        {
            "status": AssessmentStatus.COMPLETED,
            "completed_at": now,
            "updated_at": now,
            "lacking_dimensions": lacking,
        }
    )
    db.add(assessment)
    await db.flush()
    emit(db, AssessmentCompleted(member_id=member.id, coach_id=member.coach_id, assessment_id=assessment.id))
    if measured is not None:
        try:
            await record_score(db, member, measured, assessment_id=assessment.id, now=now)
        except ScoredLater:
            raise LaterScoreExists from None
    elements = weighted_means(
        (item.question.element, item.question.weight, item.answer.score)
        for item in sheet.items
        if item.question.element is not None and item.answer is not None and item.answer.score is not None
    )
    if len(elements) == _FIVE and any(elements.values()):
        await record_elements(db, member, elements, assessment_id=assessment.id, recorded_by=None, now=now)
    return assessment


async def _measured(db: AsyncSession, member: Member, sheet: Sheet) -> tuple[Measured | None, list[Dimension]]:
    """The four, and which of them are known neither from here nor from before: then there are no four."""
    means = weighted_means(
        (item.question.dimension, item.question.weight, item.answer.score)
        for item in sheet.items
        if item.question.dimension is not None and item.answer is not None and item.answer.score is not None
    )
    if not means:
        return None, []
    scores = {dimension: rounded(mean) for dimension, mean in means.items()}
    left = [dimension for dimension in Dimension if dimension not in scores]
    if left:
        latest = (
            select(CoherenceScore)
            .where(CoherenceScore.member_id == member.id)
            .order_by(col(CoherenceScore.calculated_at).desc())
            .limit(1)
        )
        before = (await db.exec(latest)).one_or_none()
        if before is None:
            return None, left
        scores |= {dimension: getattr(before, dimension.lower()) for dimension in left}
    return Measured(**{dimension.lower(): scores[dimension] for dimension in Dimension}), []
