"""Drafting what is recommended to a member, from how they are and what has helped before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text as sql
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import RecommendationsChanged, RecommendationsDrafted, emit
from app.models.coherence import CoherenceScore
from app.models.growth import (
    ElementalBalance,
    Intervention,
    Recommendation,
    RecommendationStatus,
    Wording,
)
from app.models.members import Member, MemberStatus
from app.problems import NothingToRecommendBy
from app.services.growth.ranking import Exercise, Experience, Proposal, Ranking, Situation, Tallies, Tally
from app.services.growth.wording import facts_as_json, reason_of, text_of
from app.services.identity.permissions import require
from app.services.members import access_member

LATELY: Final = timedelta(days=60)
"""So long what was refused or given up is not proposed again, and what was done counts for less."""

DID_NOT_HELP: Final = Decimal(2)
"""What a member rates so, or lower, is not proposed to them again."""

_RATINGS_OF_OTHERS: Final = sql(
    "SELECT intervention_id, group_name, rating_count, rating_sum"
    " FROM ratings_of_others(:member, CAST(:groups AS text[]))"
)

_HISTORY: Final = sql(
    "SELECT intervention_id, status, effectiveness_rating, coalesce(completed_at, updated_at), true"
    " FROM member_interventions WHERE member_id = :member"
    " UNION ALL SELECT intervention_id, status, rating, coalesce(rated_at, reviewed_at), member_intervention_id IS NULL"
    " FROM recommendations WHERE member_id = :member AND reviewed_at IS NOT NULL"
)


@dataclass(slots=True)
class History:
    """What became of interventions with a member."""

    said: dict[UUID, list[int]]
    busy_with: set[UUID]
    not_wanted: set[UUID]
    done_lately: set[UUID]
    done: int

    def ratings(self) -> dict[UUID, Decimal]:
        return {each: mean_of(said) for each, said in self.said.items()}


async def draft_recommendations(
    db: AsyncSession, actor: Actor, *, member_id: UUID, now: datetime
) -> Sequence[Recommendation]:
    """For the member's coach and admins: what is open to review, drafted anew.

    Raises `NothingToRecommendBy` where neither coherence nor elements are known.
    """
    require(actor, "recommendations:review")
    member = await access_member(db, actor, member_id, locked=True)
    situation = await situation_of(db, member.id)
    if not situation.is_known:
        raise NothingToRecommendBy
    return await draft(db, member, situation, now=now)


async def draft_again(db: AsyncSession, member_id: UUID, *, now: datetime) -> None:
    """For the system, where a coach is there to review what comes of it."""
    member = (await db.exec(select(Member).where(Member.id == member_id).with_for_update(key_share=True))).one_or_none()
    if member is None or member.coach_id is None or member.status is not MemberStatus.ACTIVE:
        return
    situation = await situation_of(db, member.id)
    if situation.is_known:
        await draft(db, member, situation, now=now)


async def situation_of(db: AsyncSession, member_id: UUID) -> Situation:
    """By the latest coherence and the latest balance of elements."""
    latest = select(CoherenceScore).where(CoherenceScore.member_id == member_id)
    score = (await db.exec(latest.order_by(col(CoherenceScore.calculated_at).desc()).limit(1))).one_or_none()
    recorded = select(ElementalBalance).where(ElementalBalance.member_id == member_id)
    newest = recorded.order_by(col(ElementalBalance.recorded_at).desc(), col(ElementalBalance.id).desc())
    balance = (await db.exec(newest.limit(1))).one_or_none()
    return Situation(
        scores={} if score is None else {"PSI": score.psi, "RHO": score.rho, "Q": score.q, "F": score.f},
        pattern=score.pattern.value if score is not None and score.pattern is not None else None,
        shares={} if balance is None else {element.value: share for element, share in balance.shares.items()},
    )


async def draft(db: AsyncSession, member: Member, situation: Situation, *, now: datetime) -> Sequence[Recommendation]:
    """In the turn of the member, whose row is locked. What the rules would say in the same words stays; so does what
    a coach has edited or sent; other drafts are superseded."""
    history = await history_of(db, member.id, now)
    known = await _interventions(db, member)
    exercises = {each.id: exercise_of(each) for each in known}
    opened = await _open(db, member.id)
    drafts = [each for each in opened if _is_the_rules(each)]
    taken = {each.intervention_id for each in opened if not _is_the_rules(each)}
    ratings = history.ratings()
    useless = {each for each, rating in ratings.items() if rating <= DID_NOT_HELP}
    ranking = Ranking(
        situation,
        tallies=await _tallies(db, member.id, situation),
        own=[Experience(exercises[each], float(rating)) for each, rating in ratings.items() if each in exercises],
        done_lately=history.done_lately,
        done=history.done,
    )
    left_out = taken | history.busy_with | history.not_wanted | useless
    names = {each.id: each.name for each in known}
    at_hand = [exercises[each.id] for each in known if each.is_active and each.id not in left_out]
    proposals = reversed(ranking.propose(at_hand))  # so that the best has the newest id, which lists begin with
    wanted = [_drafted(member, names[each.exercise.id], each, now) for each in proposals]
    await _replace(db, member, drafts, wanted)
    found = await _open(db, member.id)
    return [each for each in found if each.status is RecommendationStatus.DRAFTED]


async def _replace(
    db: AsyncSession, member: Member, drafts: Sequence[Recommendation], wanted: Sequence[Recommendation]
) -> None:
    said_already = {_content(each) for each in drafts}
    still_said = {_content(each) for each in wanted}
    over = [each.id for each in drafts if _content(each) not in still_said]
    new = [each for each in wanted if _content(each) not in said_already]
    if over:
        await db.exec(
            update(Recommendation)
            .where(col(Recommendation.id).in_(over))
            .values(status=RecommendationStatus.SUPERSEDED)
            .execution_options(synchronize_session=False)
        )
    db.add_all(new)
    await db.flush()
    if new:
        emit(db, RecommendationsDrafted(member_id=member.id, coach_id=member.coach_id))
    if over or new:
        emit(db, RecommendationsChanged(member_id=member.id, coach_id=member.coach_id))


def _is_the_rules(recommendation: Recommendation) -> bool:
    return recommendation.status is RecommendationStatus.DRAFTED and recommendation.wording is not Wording.COACH


def _content(recommendation: Recommendation) -> tuple[object, ...]:
    """What makes one draft the same as another, however a model has put it."""
    return recommendation.intervention_id, recommendation.priority, recommendation.rank_score, recommendation.reason


def _drafted(member: Member, name: str, proposal: Proposal, now: datetime) -> Recommendation:
    exercise = proposal.exercise
    values = {
        "member_id": member.id,
        "intervention_id": exercise.id,
        "dimension": exercise.dimension,
        "element": exercise.element,
        "priority": proposal.priority,
        "rank_score": proposal.rank_score,
        "title": name,
        "text": text_of(name, exercise),
        "reason": reason_of(exercise, proposal.facts),
        "facts": facts_as_json(proposal.facts),
        "drafted_at": now,
    }
    return Recommendation.model_validate(values)


def exercise_of(intervention: Intervention) -> Exercise:
    return Exercise(
        id=intervention.id,
        code=intervention.code,
        dimension=intervention.dimension.value,
        element=None if intervention.element is None else intervention.element.value,
        difficulty=intervention.difficulty.value,
        time_minutes=intervention.time_minutes,
    )


async def _open(db: AsyncSession, member_id: UUID) -> Sequence[Recommendation]:
    statement = (
        select(Recommendation)
        .where(
            Recommendation.member_id == member_id,
            col(Recommendation.status).in_(
                (RecommendationStatus.DRAFTED, RecommendationStatus.APPROVED, RecommendationStatus.SENT)
            ),
        )
        .order_by(col(Recommendation.rank_score).desc(), col(Recommendation.id))
        .execution_options(populate_existing=True)
    )
    return (await db.exec(statement)).all()


async def _interventions(db: AsyncSession, member: Member) -> Sequence[Intervention]:
    """The library's and their coach's own, also those that are not in use any more: they were rated all the same."""
    whose = or_(col(Intervention.coach_id).is_(None), col(Intervention.coach_id) == member.coach_id)
    return (await db.exec(select(Intervention).where(whose).order_by(col(Intervention.code)))).all()


async def _tallies(db: AsyncSession, member_id: UUID, situation: Situation) -> Tallies:
    asked = {"member": member_id, "groups": list(situation.groups)}
    rows = await db.execute(_RATINGS_OF_OTHERS, asked)
    return {(each, group): Tally(count, float(total)) for each, group, count, total in rows}


async def history_of(db: AsyncSession, member_id: UUID, now: datetime) -> History:
    """Of what they were given and of what was recommended; what was both counts as done once."""
    found = History(defaultdict(list), set(), set(), set(), 0)
    for intervention_id, status, rating, at, counts in await db.execute(_HISTORY, {"member": member_id}):
        is_late = at > now - LATELY
        if rating is not None:
            found.said[intervention_id].append(rating)
        if status in ("ASSIGNED", "IN_PROGRESS"):
            found.busy_with.add(intervention_id)
        elif status in ("ABANDONED", "REJECTED") and is_late:
            found.not_wanted.add(intervention_id)
        elif status == "COMPLETED":
            found.done += counts
            if is_late:
                found.done_lately.add(intervention_id)
    return found


def mean_of(said: Sequence[int]) -> Decimal:
    return round(Decimal(sum(said)) / len(said), 2)
