"""Coaches: the public profile, and the settings of their practice."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import any_, func, literal, or_
from sqlalchemy import text as sql
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import CoachCreated, emit
from app.forms import Email, Form, Line, Password, Zone, between, text
from app.models.coaches import BookingAudience, Coach, CoachStatus
from app.models.identity import Role
from app.models.scheduling import CoachCalendar
from app.platform.paging import Page, PageRequest, read_page
from app.platform.passwords import Passwords
from app.problems import Forbidden
from app.services.identity.accounts import create_user
from app.services.identity.permissions import require
from app.services.scheduling.availability import fit_capacities, refuse_stranding
from app.services.scheduling.calendars import open_calendar
from app.services.scheduling.queues import settle_change

DisplayName = text(120)

# What the list of slots depends on: a change of these is a scheduling write, under the calendar's lock.
CALENDAR_SETTINGS = frozenset(
    {
        "time_zone",
        "status",
        "booking_audience",
        "session_minutes",
        "buffer_minutes",
        "slot_interval_minutes",
        "min_notice_minutes",
        "booking_window_days",
    }
)


class CoachFilter(Form):
    search: text(100) | None = None  # type: ignore[valid-type]
    specialty: text(80) | None = None  # type: ignore[valid-type]
    is_accepting_members: bool | None = None
    has_free_places: bool | None = None


class NewCoach(Form):
    email: Email
    password: Password
    display_name: DisplayName  # type: ignore[valid-type]
    time_zone: Zone


class CoachChanges(Form):
    display_name: DisplayName = ""  # type: ignore[valid-type]
    practice_name: DisplayName | None = None  # type: ignore[valid-type]
    bio: text(5_000) | None = None  # type: ignore[valid-type]
    coaching_focus: Line | None = None
    specialties: Annotated[list[text(80)], Field(max_length=20)] = []  # type: ignore[valid-type]
    years_experience: between(0, 80) | None = None  # type: ignore[valid-type]
    time_zone: Zone = "UTC"
    status: CoachStatus = CoachStatus.ACTIVE
    max_members: between(0, 10000) = 0  # type: ignore[valid-type]
    is_accepting_members: bool = True
    booking_audience: BookingAudience = BookingAudience.ASSIGNED
    session_minutes: between(5, 720) = 60  # type: ignore[valid-type]
    buffer_minutes: between(0, 720) = 0  # type: ignore[valid-type]
    slot_interval_minutes: between(5, 1_440) | None = None  # type: ignore[valid-type]
    min_notice_minutes: between(0, 525600) = 0  # type: ignore[valid-type]
    booking_window_days: between(0, 730) = 60  # type: ignore[valid-type]
    cancellation_notice_hours: between(0, 720) | None = None  # type: ignore[valid-type]
    waiting_offer_minutes: between(1, 1_440) = 15  # type: ignore[valid-type]


def may_see(actor: Actor, coach: Coach) -> bool:
    """A stranger sees active coaches who accept members; whoever is logged in sees all."""
    return actor.is_logged_in or (coach.is_accepting_members and coach.status is CoachStatus.ACTIVE)


async def access_coach(db: AsyncSession, actor: Actor, coach_id: UUID) -> Coach:
    """The public profile; `Forbidden` for what a stranger may not see, found or not."""
    coach = (await db.exec(select(Coach).where(Coach.id == coach_id))).one_or_none()
    if coach is None or not may_see(actor, coach):
        raise Forbidden
    return coach


async def list_coaches(db: AsyncSession, actor: Actor, *, wanted: CoachFilter, page: PageRequest) -> Page[Coach]:
    """Members and strangers choose among active coaches; who does not accept members is hidden from strangers (2.4)."""
    statement = select(Coach).order_by(col(Coach.id))
    if not actor.is_admin:
        statement = statement.where(Coach.status == CoachStatus.ACTIVE)
    if not actor.is_logged_in:
        statement = statement.where(col(Coach.is_accepting_members))
    if wanted.is_accepting_members is not None:
        statement = statement.where(Coach.is_accepting_members == wanted.is_accepting_members)
    if wanted.has_free_places is not None:
        is_free = col(Coach.member_count) < col(Coach.max_members)
        statement = statement.where(is_free if wanted.has_free_places else ~is_free)
    if wanted.specialty is not None:
        statement = statement.where(literal(wanted.specialty) == any_(col(Coach.specialties)))
    if wanted.search is not None:
        words = wanted.search.lower()
        named = (col(Coach.display_name), col(Coach.practice_name), col(Coach.coaching_focus))
        statement = statement.where(or_(*(func.lower(name).contains(words, autoescape=True) for name in named)))
    return await read_page(db, statement, page)


async def create_coach(db: AsyncSession, actor: Actor, passwords: Passwords, *, form: NewCoach) -> Coach:
    """A user with the role COACH and its profile with default settings (2.1), active at once. Raises `EmailTaken`."""
    require(actor, "coaches:create")
    password_hash = await passwords.hash(form.password)
    user = await create_user(
        db, email=form.email, password_hash=password_hash, role=Role.COACH, time_zone=form.time_zone
    )
    coach = Coach(user_id=user.id, display_name=form.display_name, time_zone=form.time_zone, status=CoachStatus.ACTIVE)
    db.add(coach)
    await db.flush()
    db.add(CoachCalendar(coach_id=coach.id))
    await db.flush()
    emit(db, CoachCreated(coach_id=coach.id, user_id=user.id))
    return coach


async def update_coach(db: AsyncSession, actor: Actor, *, coach_id: UUID, form: CoachChanges, now: datetime) -> Coach:
    """A coach's own settings, or anybody's for an admin (2.2). What moves slots waits for the calendar's turn.

    Raises `BookingsInTheWay` when another time zone would leave booked sessions outside the windows.
    """
    require(actor, "coaches:write")
    if coach_id != actor.coach_id and not actor.is_admin:
        raise Forbidden
    changes = form.given()
    if "status" in changes and not actor.is_admin:
        raise Forbidden("Only an admin changes a coach's status")
    moves_slots = bool(CALENDAR_SETTINGS & changes.keys())
    if moves_slots:
        await open_calendar(db, coach_id, locked=True)
    # Whoever books refers to the coach, and does not wait for this.
    coach = (await db.exec(select(Coach).where(Coach.id == coach_id).with_for_update(key_share=True))).one_or_none()
    if coach is None:
        raise Forbidden
    if "time_zone" in changes:
        zone = changes["time_zone"]
        await refuse_stranding(db, coach_id, now, lambda calendar: replace(calendar, time_zone=zone))
    coach.sqlmodel_update(changes)
    db.add(coach)
    await db.flush()
    if "time_zone" in changes:
        await fit_capacities(db, coach_id, now)
    if "buffer_minutes" in changes:
        await _narrow_fences(db, coach, now)
    if moves_slots:
        await settle_change(db, coach_id, now)
    return coach


async def _narrow_fences(db: AsyncSession, coach: Coach, now: datetime) -> None:
    """Lets the schema's fence follow a smaller buffer; a larger one holds for what is booked from now on."""
    statement = sql(
        "UPDATE calendar_slots SET blocked_until = least(blocked_until, ends_at + make_interval(mins => :buffer))"
        " WHERE coach_id = :coach_id AND blocked_until > :now"
    )
    await db.execute(statement, {"buffer": coach.buffer_minutes, "coach_id": coach.id, "now": now})
