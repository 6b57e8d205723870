"""The large demo: ten coaches, 500 members, three years of weekly scores, and what a dashboard shows beside them.

Its history is written as rows, for services do what happens now. The same numbers come out each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from sqlmodel import SQLModel

from app.context import Context
from app.demo.practice import log_in, make_coach
from app.models.coaches import BookingAudience, Coach
from app.models.coherence import CoherencePattern, CoherenceScore, Element
from app.models.growth import (
    ARCHETYPE_OF,
    LEADS_FROM,
    ActionItem,
    ActionItemStatus,
    Archetype,
    ElementalBalance,
    EngagementScore,
)
from app.models.identity import Role, User
from app.models.members import Assignment, Member, OnboardingStatus
from app.models.risk import RiskAssessment, RiskLevel
from app.models.scheduling import CalendarSeat, CalendarSlot
from app.models.sessions import CoachingSession, SessionStatus
from app.platform.ids import new_id
from app.services import growth as growth_service
from app.services.coherence import formulas
from app.services.coherence.formulas import Measured
from app.services.growth.balance import leader_of, shares_of
from app.services.identity.accounts import has_account

COACHES: Final = 10
MEMBERS_OF_A_COACH: Final = 50
WEEKS: Final = 3 * 52
WEEKS_WITH_SESSIONS: Final = 13
WEEKS_BETWEEN_BALANCES: Final = 4
_FIRST_NAMES: Final = ("Mia", "Tom", "Noor", "Iris", "Jonas", "Lea", "Emil", "Sara", "Finn", "Ada")
_LAST_NAMES: Final = ("Berg", "Costa", "Dahl", "Eriksen", "Fontaine", "Greco", "Haas", "Ito", "Jansen", "Kaya")
_DIMENSIONS: Final = ("psi", "rho", "q", "f")
_LEVELS: Final = (RiskLevel.LOW, RiskLevel.LOW, RiskLevel.LOW, RiskLevel.MEDIUM)


async def load_large_demo(context: Context) -> bool:
    """Adds it to the demo practice; False if it was there. Takes about a minute."""
    async with context.unit_of_work() as db:
        if await has_account(db, _email("coach", 1)):
            return False
    context.actor = await log_in(context, "admin@example.com")
    for number in range(COACHES, 0, -1):  # the one that is looked for comes last: what was interrupted is seen
        coach = await make_coach(
            context, _email("coach", number), f"Coach {number}", "UTC", BookingAudience.ASSIGNED, 60
        )
        for first in range(0, MEMBERS_OF_A_COACH, 10):
            await _add_members(context, coach, number, range(first, first + 10))
    fading = True
    while fading:
        async with context.unit_of_work() as db:
            fading = await growth_service.fade_engagement(db, now=context.now())
    return True


async def _add_members(context: Context, coach: Coach, number: int, places: range) -> None:
    """In one transaction, parents before what hangs on them."""
    stories = [_Story(coach, number * 1_000 + place, place, context.now()) for place in places]
    async with context.unit_of_work() as db:
        for kind in (_people, _profiles, _slots, _seats, _sessions, _measures):
            for story in stories:
                db.add_all(list(kind(story)))
            await db.flush()


@dataclass(slots=True)
class _Story:
    """One member's last three years, made from their number alone."""

    coach: Coach
    number: int
    place: int
    now: datetime
    user: User = field(init=False)
    member: Member = field(init=False)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.number)
        name = _FIRST_NAMES[self.place % 10], _LAST_NAMES[self.place // 10]
        began = self.begins
        self.user = User(
            id=new_id(),
            email=_email("member", self.number),
            role=Role.MEMBER,
            time_zone="UTC",
            is_email_verified=True,
            created_at=began,
        )
        self.member = Member(
            id=new_id(),
            user_id=self.user.id,
            coach_id=self.coach.id,
            first_name=name[0],
            last_name=f"{name[1]} {self.number}",
            onboarding_status=OnboardingStatus.COMPLETED,
            start_date=began.date(),
            created_at=began,
            updated_at=began,
        )

    @property
    def begins(self) -> datetime:
        return self.now - timedelta(weeks=WEEKS + 1)

    def starts(self) -> Iterator[datetime]:
        """A session a week at the same hour: the last quarter's, and for most the next one."""
        monday = self.now.replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=self.now.weekday())
        first = monday + timedelta(days=self.place % 5, minutes=75 * (self.place // 5))
        for week in (*range(-WEEKS_WITH_SESSIONS, 0), *([1] if self.place % 4 else [])):
            yield first + timedelta(weeks=week)

    def week(self, number: int) -> datetime:
        return self.begins + timedelta(weeks=number, minutes=self.place)


def _engagement(story: _Story) -> EngagementScore:
    """One that is out of date, to be made of what was done."""
    yesterday = story.now - timedelta(days=1)
    return EngagementScore(
        member_id=story.member.id,
        score=0,
        parts={},
        computed_at=yesterday - timedelta(days=1),
        current_until=yesterday,
    )


def _people(story: _Story) -> Iterator[SQLModel]:
    yield story.user


def _profiles(story: _Story) -> Iterator[SQLModel]:
    yield story.member


def _slots(story: _Story) -> Iterator[SQLModel]:
    yield Assignment(member_id=story.member.id, coach_id=story.coach.id, started_at=story.begins)
    for starts_at in story.starts():
        yield CalendarSlot(**_of_slot(story, starts_at), blocked_until=starts_at + timedelta(minutes=75))


def _seats(story: _Story) -> Iterator[SQLModel]:
    for starts_at in story.starts():
        yield CalendarSeat(**_of_slot(story, starts_at), seat_no=1)


def _of_slot(story: _Story, starts_at: datetime) -> dict[str, Any]:
    ends_at = starts_at + timedelta(hours=1)
    return {"coach_id": story.coach.id, "starts_at": starts_at, "ends_at": ends_at, "capacity": 1}


def _sessions(story: _Story) -> Iterator[SQLModel]:
    for starts_at in story.starts():
        ends_at = starts_at + timedelta(hours=1)
        is_over = ends_at <= story.now
        is_missed = is_over and story.random.random() < 0.08
        held = SessionStatus.NO_SHOW if is_missed else SessionStatus.COMPLETED
        yield CoachingSession(
            coach_id=story.coach.id,
            member_id=story.member.id,
            member_name=story.member.full_name,
            starts_at=starts_at,
            ends_at=ends_at,
            status=held if is_over else SessionStatus.SCHEDULED,
            held_start=starts_at,
            seat_no=1,
            completed_at=ends_at if is_over and not is_missed else None,
            no_show_at=ends_at if is_missed else None,
        )


def _measures(story: _Story) -> Iterator[SQLModel]:
    yield from _scores(story)
    yield from _balances(story)
    yield _engagement(story)
    for week in range(0, WEEKS, 26):
        yield RiskAssessment(
            member_id=story.member.id,
            assessed_by_user_id=story.coach.user_id,
            level=story.random.choice(_LEVELS),
            assessed_at=story.week(week),
        )
    for number in range(6):
        is_done = number < 4
        given = story.week(WEEKS - 6 + number)
        yield ActionItem(
            member_id=story.member.id,
            title="Write down three moments in which it went well",
            due_date=(given + timedelta(days=14)).date(),
            status=ActionItemStatus.COMPLETED if is_done else ActionItemStatus.PENDING,
            completed_at=given + timedelta(days=story.random.randrange(1, 7)) if is_done else None,
            added_by_user_id=story.coach.user_id,
            created_at=given,
            updated_at=given,
        )


def _scores(story: _Story) -> Iterator[SQLModel]:
    """A walk that is drawn to a level of its own, which rises a little over the years."""
    level = {name: story.random.uniform(0.2, 0.6) for name in _DIMENSIONS}
    value = dict(level)
    previous: CoherenceScore | None = None
    for week in range(WEEKS):
        for name in _DIMENSIONS:
            aim = level[name] + 0.25 * week / WEEKS
            value[name] += 0.3 * (aim - value[name]) + story.random.gauss(0, 0.04)
        measured = Measured(**{name: _hundredths(value[name]) for name in _DIMENSIONS})
        at, total = story.week(week), formulas.total_of(measured)
        days = formulas.days_between(previous.calculated_at, at) if previous else 0
        patterns = formulas.patterns_of(measured)
        previous = CoherenceScore(
            member_id=story.member.id,
            psi=measured.psi,
            rho=measured.rho,
            q=measured.q,
            f=measured.f,
            total=total,
            percentage=formulas.percentage_of(measured),
            velocity=formulas.velocity_of(total, previous.total if previous else total, days),
            pattern=CoherencePattern(patterns[0]) if patterns else None,
            calculated_at=at,
            created_at=at,
        )
        yield previous


def _balances(story: _Story) -> Iterator[SQLModel]:
    weight = {element: story.random.uniform(0.5, 1.5) for element in Element}
    for week in range(0, WEEKS, WEEKS_BETWEEN_BALANCES):
        raw = {element: _hundredths(weight[element] / 2 + story.random.gauss(0, 0.05)) for element in Element}
        shares = shares_of(raw)
        yield ElementalBalance(
            member_id=story.member.id,
            recorded_by_user_id=story.coach.user_id,
            fire=shares[Element.FIRE],
            water=shares[Element.WATER],
            earth=shares[Element.EARTH],
            air=shares[Element.AIR],
            aether=shares[Element.AETHER],
            archetype=ARCHETYPE_OF[leader] if (leader := leader_of(shares, LEADS_FROM)) else Archetype.WHOLE,
            recorded_at=story.week(week),
        )


def _hundredths(value: float) -> Decimal:
    return Decimal(round(min(max(value, 0.01), 1.0) * 100)) / 100


def _email(kind: str, number: int) -> str:
    return f"{kind}{number}@large.example.com"
