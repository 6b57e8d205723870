"""What is recommended to members: reading it, reviewing it, and saying how useful it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.actor import Actor
from app.events import RecommendationRated, RecommendationsChanged, RecommendationSent, emit
from app.forms import Day, Form, between, text
from app.models.coherence import Dimension, Element
from app.models.growth import Intervention, Priority, Recommendation, RecommendationStatus, Wording
from app.models.members import Member
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, InvalidInput, RecommendationNotOpen
from app.services.growth.interventions import assign
from app.services.identity.permissions import access_visible, require, require_login
from app.services.members import access_member
from app.services.privacy import key_for_member

FOLLOWED: Final = 100
"""As many of a member's are grouped, and followed by a view: the newest."""

SHOWN: Final = (
    RecommendationStatus.DRAFTED,
    RecommendationStatus.APPROVED,
    RecommendationStatus.SENT,
    RecommendationStatus.COMPLETED,
)
_S = RecommendationStatus

Rating = between(1, 5)
Title = text(200)
Words = text(2_000)
Comment = text(2_000)


class RecommendationFilter(Form):
    member_id: UUID | None = None
    status: RecommendationStatus | None = None
    priority: Priority | None = None
    dimension: Dimension | None = None
    element: Element | None = None


class ApproveRecommendation(Form):
    """`due_date` is of the intervention that is given with it."""

    id: UUID
    send: bool = True
    assign: bool = False
    due_date: Day | None = None


class RecommendationChanges(Form):
    id: UUID
    title: Title = ""  # type: ignore[valid-type]
    text: Words = ""  # type: ignore[valid-type]
    priority: Priority = Priority.LOW


class RateRecommendation(Form):
    """Without `comment`, what was said before stays."""

    id: UUID
    rating: Rating  # type: ignore[valid-type]
    comment: Comment | None = None  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class RecommendationGroup:
    """Of one priority and one element, the best first."""

    priority: Priority
    element: Element | None
    recommendations: list[Recommendation]


async def access_recommendation(db: AsyncSession, actor: Actor, recommendation_id: UUID) -> Recommendation:
    """One of one's members', one's own that was sent, or as an admin any; else `Forbidden`, found or not."""
    return await access_visible(db, actor, Recommendation, recommendation_id, permission="growth:read")


async def list_recommendations(
    db: AsyncSession, actor: Actor, *, wanted: RecommendationFilter, page: PageRequest
) -> Page[Recommendation]:
    """The newest first. Without a member, a member's own, all of a coach's members', or all that there are."""
    require(actor, "growth:read")
    statement = await _of(db, actor, wanted)
    newest = statement.order_by(col(Recommendation.drafted_at).desc(), col(Recommendation.id).desc())
    return await read_page(db, newest, page)


async def group_recommendations(
    db: AsyncSession, actor: Actor, *, wanted: RecommendationFilter
) -> list[RecommendationGroup]:
    """Of one member: by priority, the highest first, then by element."""
    require(actor, "growth:read")
    statement = await _of(db, actor, wanted)
    ranks = {priority: place for place, priority in enumerate(Priority)}
    places = {element: place for place, element in enumerate(Element)}
    statement = statement.order_by(
        case(ranks, value=col(Recommendation.priority)),
        case(places, value=col(Recommendation.element), else_=len(places)),
        col(Recommendation.rank_score).desc(),
        col(Recommendation.id),
    )
    rows = await db.exec(statement.limit(FOLLOWED))
    grouped = groupby(rows, key=lambda row: (row.priority, row.element))
    return [RecommendationGroup(priority, element, list(of)) for (priority, element), of in grouped]


async def _of(db: AsyncSession, actor: Actor, wanted: RecommendationFilter) -> SelectOfScalar[Recommendation]:
    statement = select(Recommendation)
    member_id = wanted.member_id or actor.member_id
    if member_id is not None:
        statement = statement.where(Recommendation.member_id == (await access_member(db, actor, member_id)).id)
    elif actor.coach_id is not None:
        statement = statement.where(Recommendation.member_coach_id == actor.coach_id)
    elif not actor.is_admin:
        raise Forbidden
    for name in wanted.given().keys() - {"member_id"}:
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(col(getattr(Recommendation, name)) == value)
    return statement


async def follow_recommendations(db: AsyncSession, actor: Actor, *, member_id: UUID) -> Sequence[Recommendation]:
    """What a view of a member's shows: what is drafted, sent or done, as far as the asker may see it."""
    require(actor, "growth:read")
    member = await access_member(db, actor, member_id)
    statement = (
        select(Recommendation)
        .where(Recommendation.member_id == member.id, col(Recommendation.status).in_(SHOWN))
        .order_by(col(Recommendation.drafted_at).desc(), col(Recommendation.id).desc())
        .limit(FOLLOWED)
    )
    return (await db.exec(statement)).all()


# The review


async def approve_recommendation(
    db: AsyncSession, actor: Actor, *, form: ApproveRecommendation, now: datetime
) -> Recommendation:
    """Sends it, unless it is to wait, and may give the member its intervention at once.

    Saying again what is so already changes nothing. Raises `RecommendationNotOpen`, and what `assign` raises.
    """
    row, member = await _in_review(db, actor, form.id)
    if row.status not in (_S.DRAFTED, _S.APPROVED, _S.SENT):
        raise RecommendationNotOpen(row.status.value)
    if form.assign and not form.send:
        raise InvalidInput("assign", "What is given to a member is sent too")
    if form.due_date is not None and not form.assign:
        raise InvalidInput("dueDate", "There is a day only for what is given to the member")
    is_new = form.send and row.status is not _S.SENT
    if row.status is _S.DRAFTED or is_new:
        row.status = _S.SENT if form.send else _S.APPROVED
        row.reviewed_by_user_id, row.reviewed_at = require_login(actor), now
        row.sent_at = now if form.send else None
    if form.assign and row.member_intervention_id is None:
        intervention = await db.get(Intervention, row.intervention_id)
        if intervention is None:  # the member had another coach when it was drafted
            raise InvalidInput("assign", "This is another coach's own intervention")
        given = await assign(
            db,
            actor,
            member=member,
            intervention=intervention,
            recommendation_id=row.id,
            due_date=form.due_date,
            now=now,
        )
        row.member_intervention_id = given.id
    if is_new:
        emit(db, RecommendationSent(member_id=member.id, coach_id=member.coach_id, recommendation_id=row.id))
    return await _written(db, row, member)


async def edit_recommendation(
    db: AsyncSession, actor: Actor, *, form: RecommendationChanges, now: datetime
) -> Recommendation:
    """Before it is sent. A draft in a coach's own words is not superseded by another one."""
    row, member = await _in_review(db, actor, form.id)
    if row.status not in (_S.DRAFTED, _S.APPROVED):
        raise RecommendationNotOpen(row.status.value)
    changes = form.given()
    del changes["id"]
    if not changes:
        raise InvalidInput("title", "Say what has changed")
    row.sqlmodel_update({**changes, "wording": Wording.COACH})
    return await _written(db, row, member)


async def reject_recommendation(
    db: AsyncSession, actor: Actor, *, recommendation_id: UUID, now: datetime
) -> Recommendation:
    """The member does not see it, or no longer, and it is not proposed again for a while."""
    row, member = await _in_review(db, actor, recommendation_id)
    if row.status is _S.REJECTED:
        return row
    if row.status not in (_S.DRAFTED, _S.APPROVED, _S.SENT):
        raise RecommendationNotOpen(row.status.value)
    row.status, row.reviewed_by_user_id, row.reviewed_at = _S.REJECTED, require_login(actor), now
    return await _written(db, row, member)


async def _in_review(db: AsyncSession, actor: Actor, recommendation_id: UUID) -> tuple[Recommendation, Member]:
    """In the turn of the member, which everything that drafts takes too."""
    require(actor, "recommendations:review")
    seen = await access_recommendation(db, actor, recommendation_id)
    member = await access_member(db, actor, seen.member_id, locked=True)
    return await _again(db, recommendation_id), member


async def _again(db: AsyncSession, recommendation_id: UUID) -> Recommendation:
    """As it is now that nobody else changes it."""
    statement = select(Recommendation).where(Recommendation.id == recommendation_id).with_for_update()
    row = (await db.exec(statement.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise Forbidden
    return row


async def _written(db: AsyncSession, row: Recommendation, member: Member) -> Recommendation:
    db.add(row)
    await db.flush()
    emit(db, RecommendationsChanged(member_id=member.id, coach_id=member.coach_id))
    return row


# What the member says


async def rate_recommendation(
    db: AsyncSession, actor: Actor, *, form: RateRecommendation, now: datetime
) -> Recommendation:
    """The member's own, once it was sent; another rating takes the place of the first one."""
    require(actor, "growth:write")
    seen = await access_recommendation(db, actor, form.id)
    if actor.member_id != seen.member_id:
        raise Forbidden
    member = await access_member(db, actor, seen.member_id, locked=True)
    row = await _again(db, form.id)
    said: dict[str, Any] = {"rating": form.rating}
    if "comment" in form.given():
        key = await key_for_member(db, member.id)
        said["comment"] = None if form.comment is None else key.seal(form.comment.encode(), row.place)
    is_news = row.rating != form.rating
    if is_news or "comment" in said:
        said["rated_at"] = now
    if row.status is _S.SENT and row.member_intervention_id is None:  # nothing else says that it is done
        said["status"] = _S.COMPLETED
    row.sqlmodel_update(said)
    if is_news:
        emit(
            db,
            RecommendationRated(
                member_id=member.id, coach_id=member.coach_id, recommendation_id=row.id, rating=form.rating
            ),
        )
    return await _written(db, row, member)
