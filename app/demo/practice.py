"""Demo data: a practice to try the API with, made through the same services that the API calls."""

from datetime import datetime, time, timedelta
from uuid import UUID

from app.actor import Actor
from app.context import Context
from app.demo.growing import grow
from app.models.coaches import BookingAudience, Coach
from app.models.scheduling import DayOfWeek, TimeOffKind
from app.models.sessions import NoteVisibility
from app.services import coaches as coach_service
from app.services import identity as identity_service
from app.services import members as member_service
from app.services import scheduling as scheduling_service
from app.services import sessions as session_service
from app.services.identity.accounts import NewAdmin, has_account

PASSWORD = "rapport-demo"
LOGINS = ("coach@example.com", "member@example.com", "member2@example.com", "admin@example.com")


async def load_demo(context: Context) -> bool:
    """Makes the practice if it is not there; False if it was."""
    async with context.unit_of_work() as db:
        if await has_account(db, "admin@example.com"):
            return False
        passwords = context.house.passwords
        form = NewAdmin.read(email="admin@example.com", password=PASSWORD)
        await identity_service.create_admin(db, passwords, form=form)
    context.actor = await log_in(context, "admin@example.com")
    # First in the list, so that the example operations work before one has logged in.
    await make_coach(context, "coach2@example.com", "Noor Haddad", "America/New_York", BookingAudience.PUBLIC)
    ada = await make_coach(context, "coach@example.com", "Ada Byrne", "Europe/London", BookingAudience.ASSIGNED)
    mia = await _member(context, "member@example.com", "Mia", "Okafor", ada)
    # A number that is nobody's, kept for stories.
    contact = member_service.MemberChanges.read(phone="+447700900123")
    await context.write(member_service.update_member, member_id=mia, form=contact, now=context.now())
    await _member(context, "member2@example.com", "Tom", "Lindqvist", ada)
    context.actor = await log_in(context, "member@example.com")
    await _book_first_free(context, ada)
    session_id = await _look_back(context, ada, mia)
    coach, tom = await log_in(context, "coach@example.com"), await log_in(context, "member2@example.com")
    await grow(context, coach=coach, member=context.actor, other=tom, session_id=session_id)
    return True


async def log_in(context: Context, email: str) -> Actor:
    login = await identity_service.log_in(
        context.unit_of_work,
        context.house.passwords,
        context.house.token_making,
        email=email,
        password=PASSWORD,
        now=context.now(),
    )
    return login.viewer.actor


async def make_coach(
    context: Context, email: str, name: str, zone: str, audience: BookingAudience, max_members: int = 20
) -> Coach:
    account = coach_service.NewCoach.read(email=email, password=PASSWORD, display_name=name, time_zone=zone)
    coach = await context.write(coach_service.create_coach, context.house.passwords, form=account)
    profile = coach_service.CoachChanges.read(
        bio="Helps people who lead to keep listening.",
        coaching_focus="Leadership",
        specialties=["Leadership", "Career"],
        booking_audience=audience,
        max_members=max_members,
        buffer_minutes=15,
        slot_interval_minutes=30,
        min_notice_minutes=60,
    )
    await context.write(coach_service.update_coach, coach_id=coach.id, form=profile, now=context.now())
    for day in DayOfWeek:
        for start, end, seats in ((time(9), time(12), 2), (time(13), time(17), 1)):
            window = scheduling_service.NewWindow.read(
                day_of_week=day, start_time=start, end_time=end, max_sessions_per_slot=seats, coach_id=coach.id
            )
            await context.write(scheduling_service.add_availability_window, form=window)
    await _take_a_day_off(context, coach, context.now())
    return coach


async def _take_a_day_off(context: Context, coach: Coach, now: datetime) -> None:
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=14)
    time_off = scheduling_service.NewTimeOff.read(
        starts_at=day, ends_at=day + timedelta(days=1), kind=TimeOffKind.VACATION, reason="A day out", coach_id=coach.id
    )
    await context.write(scheduling_service.add_time_off, form=time_off, now=now)


async def _member(context: Context, email: str, first_name: str, last_name: str, coach: Coach) -> UUID:
    form = identity_service.SignUp.read(
        email=email,
        password=PASSWORD,
        first_name=first_name,
        last_name=last_name,
        time_zone="Europe/London",
        coach_id=coach.id,
    )
    house = context.house
    signed_up = await identity_service.sign_up(
        context.unit_of_work, house.passwords, house.token_making, form=form, now=context.now()
    )
    assert signed_up.viewer.member is not None
    return signed_up.viewer.member.id


async def _book_first_free(context: Context, coach: Coach) -> None:
    wanted = scheduling_service.SlotQuestion(coach_id=coach.id, after=context.now() + timedelta(days=1))
    slot = await context.look(scheduling_service.next_available_slot, wanted=wanted, now=context.now())
    if slot is not None:
        form = scheduling_service.BookSession.read(coach_id=coach.id, starts_at=slot.starts_at, note="Looking forward.")
        await context.book(form)


async def _look_back(context: Context, coach: Coach, member_id: UUID) -> UUID:
    """A session of last week: held, noted and rated."""
    started = context.now().replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(days=7)
    member = context.actor
    context.actor = await log_in(context, "coach@example.com")
    booked = await context.book(
        scheduling_service.ScheduleSession.read(
            coach_id=coach.id, member_id=member_id, starts_at=started, override_reason="Met before there was a calendar"
        )
    )
    await context.change(scheduling_service.CompleteSession.read(session_id=booked.session.id))
    note = session_service.NewNote.read(
        session_id=booked.session.id,
        visibility=NoteVisibility.SHARED,
        sections=[{"heading": "Next steps", "text": "Ask one question more than feels comfortable."}],
    )
    await context.write(session_service.write_session_note, form=note, now=context.now())
    context.actor = member
    rating = session_service.RateSession.read(session_id=booked.session.id, stars=5, comment="I left with a plan.")
    await context.write(session_service.rate_session, form=rating, now=context.now())
    return booked.session.id
