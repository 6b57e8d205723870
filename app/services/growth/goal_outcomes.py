"""What becomes of goals: the list of them, and how many are reached, on the way and late (000, outcome tracking)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final
from uuid import UUID

import sqlalchemy
from sqlalchemy import ColumnElement, Date, and_, case, cast, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.forms import Form
from app.models.coaches import Coach
from app.models.coherence.dimensions import Dimension
from app.models.growth import Goal, GoalStatus
from app.models.identity import User
from app.models.members import Member
from app.platform.columns import UTC_TIMESTAMP
from app.platform.paging import Page, PageRequest, read_page
from app.problems import Forbidden, InvalidInput
from app.services.identity.permissions import require
from app.services.members import access_member

_TENTH: Final = Decimal("0.1")


class OfWhom(Form):
    """One member's, or those of a coach's members of today; without either the asker's own."""

    member_id: UUID | None = None
    coach_id: UUID | None = None


class GoalFilter(OfWhom):
    status: GoalStatus | None = None
    dimension: Dimension | None = None
    is_overdue: bool | None = None


@dataclass(frozen=True, slots=True)
class GoalOutcomes:
    """`reached_percent` is of those that have ended, `mean_progress` of the active ones; None where there are none."""

    active: int
    reached: int
    reached_in_time: int
    abandoned: int
    overdue: int
    reached_percent: Decimal | None
    mean_progress: Decimal | None


async def list_goals(
    db: AsyncSession, actor: Actor, *, wanted: GoalFilter, page: PageRequest, now: datetime
) -> Page[Goal]:
    """The newest first."""
    require(actor, "growth:read")
    statement = (
        select(Goal).where(await _theirs(db, actor, wanted)).order_by(col(Goal.created_at).desc(), col(Goal.id).desc())
    )
    if wanted.status is not None:
        statement = statement.where(Goal.status == wanted.status)
    if wanted.dimension is not None:
        statement = statement.where(Goal.dimension == wanted.dimension)
    if wanted.is_overdue is not None:
        late = _is_overdue(now)
        statement = _with_users(statement).where(late if wanted.is_overdue else ~late)
    return await read_page(db, statement, page)


async def find_goal_outcomes(db: AsyncSession, actor: Actor, *, wanted: OfWhom, now: datetime) -> GoalOutcomes:
    """In one statement, however many goals there are."""
    require(actor, "growth:read")
    is_active, is_reached = col(Goal.status) == GoalStatus.ACTIVE, col(Goal.status) == GoalStatus.REACHED
    in_time = _day_where_they_are(col(Goal.ended_at)) <= col(Goal.target_date)
    counted = _with_users(
        sqlalchemy.select(
            func.count(case((is_active, 1))),
            func.count(case((is_reached, 1))),
            func.count(case((and_(is_reached, in_time), 1))),
            func.count(case((col(Goal.status) == GoalStatus.ABANDONED, 1))),
            func.count(case((_is_overdue(now), 1))),
            func.avg(case((is_active, col(Goal.progress)))),
        ).select_from(Goal)
    ).where(await _theirs(db, actor, wanted))
    active, reached, timely, abandoned, overdue, mean = (await db.execute(counted)).one()
    ended = reached + abandoned
    return GoalOutcomes(
        active=active,
        reached=reached,
        reached_in_time=timely,
        abandoned=abandoned,
        overdue=overdue,
        reached_percent=_rounded(Decimal(100 * reached) / ended) if ended else None,
        mean_progress=None if mean is None else _rounded(mean),
    )


async def _theirs(db: AsyncSession, actor: Actor, wanted: OfWhom) -> ColumnElement[bool]:
    """`Forbidden` of whom the asker does not see, found or not."""
    if wanted.member_id is not None and wanted.coach_id is not None:
        raise InvalidInput("coachId", "Name a member or a coach, not both")
    if wanted.coach_id is not None and not actor.is_admin and wanted.coach_id != actor.coach_id:
        raise Forbidden
    if wanted.coach_id is not None and await db.get(Coach, wanted.coach_id) is None:
        raise Forbidden
    member_id = wanted.member_id or (None if wanted.coach_id else actor.member_id)
    if member_id is not None:
        return col(Goal.member_id) == (await access_member(db, actor, member_id)).id
    coach_id = wanted.coach_id or actor.coach_id
    if coach_id is None:
        raise InvalidInput("memberId", "Say which member: only members may leave it out")
    return col(Goal.member_coach_id) == coach_id


def _with_users(statement: Any) -> Any:
    return statement.join(Member, col(Member.id) == col(Goal.member_id)).join(User, col(User.id) == col(Member.user_id))


def _day_where_they_are(moment: Any) -> ColumnElement[Any]:
    return cast(func.timezone(col(User.time_zone), moment), Date)


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    """Active, and its day has ended where the member is."""
    today = _day_where_they_are(cast(now, UTC_TIMESTAMP))
    return and_(col(Goal.status) == GoalStatus.ACTIVE, col(Goal.target_date) < today)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_TENTH, ROUND_HALF_EVEN)
