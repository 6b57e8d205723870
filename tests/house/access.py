"""The access table: each root field, who may ask it, how a stranger is answered, and arguments that would succeed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.wire.relay import global_id
from tests.assessing import assessments_of
from tests.goals import goals_made_in
from tests.growing import elements_of
from tests.holding import held, joined
from tests.house import (
    access_assessments,
    access_calendar,
    access_coherence,
    access_deliveries,
    access_elements,
    access_goals,
    access_interventions,
    access_messaging,
    access_notifications,
    access_recommendations,
    access_risk,
    access_scheduling,
    access_webhooks,
)
from tests.house.rows import ADMINS, EVERYBODY, LOGIN, MEMBERS, STAFF, Row, given, inputs, its
from tests.interventions import interventions_of
from tests.leaving import delivery_to
from tests.operations import (
    ADD_NOTE_TEMPLATE,
    ADD_TIME_OFF,
    EVERY_DAY,
    SHARE_PLAN,
    add_window,
    book,
    booked,
    completed,
    noted,
    outside_calendar,
    planned,
    rated,
    template,
)
from tests.practice import Person, Practice
from tests.risks import risk_of
from tests.scoring import coherence_of
from tests.services.scheduling.repeating import book_series
from tests.webhooks import webhooks_of

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
THURSDAY_NIGHT = "2026-03-05T22:00:00Z"
NEXT_WEEK = "2026-03-09T09:00:00Z"
DAY = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}


@dataclass
class World:
    """A coach with a member, whose slots everybody may see, and one who is open to nobody but their own members."""

    practice: Practice
    coach: Person
    member: Person
    admin: Person
    closed: Person
    ids: dict[str, str]
    of_the_series: str = ""
    made: int = 0
    windows: int = 0

    @classmethod
    async def made_in(cls, practice: Practice) -> "World":
        coach = await practice.coach(booking_audience="PUBLIC")
        closed = await practice.coach(is_accepting_members=False)
        world = cls(practice, coach, await practice.member(coach), await practice.admin(), closed, {})
        window = await add_window(practice, coach, seats=9)
        booking = await book(practice, world.member, coach, NINE)
        await add_window(practice, coach, "THURSDAY", "22:00", "23:00")
        series = await book_series(practice, world.member, coach, THURSDAY_NIGHT, 2)
        world.of_the_series = series["sessions"][0]["id"]
        plan = await planned(practice, coach, booking["session"]["id"], "First", "Second")
        await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
        ((assignment,),) = await practice.rows("SELECT id FROM assignments")
        world.ids |= {
            "Assignment": global_id("Assignment", assignment),
            "AvailabilityWindow": window,
            "Booking": booking["id"],
            "Coach": coach.id,
            "Delivery": await delivery_to(practice, coach),
            "Member": world.member.id,
            "Session": booking["session"]["id"],
            "SessionPlan": plan["id"],
            "SessionSeries": series["id"],
            "OutsideCalendar": await outside_calendar(practice, coach),
            "PlanItem": plan["items"][0]["id"],
            "PlanTemplate": await world.spare_template(),
            "Slot": booking["slot"]["id"],
            "SlotHold": await held(practice, await practice.member(coach), coach, NINE),
            "TimeOff": await world.spare_time_off(),
            "User": global_id("User", world.member.user.id),
            "WaitingListEntry": await world.waiting(),
        }
        world.ids |= await access_messaging.made_in(practice, coach, world.member)
        world.ids |= await access_notifications.made_in(practice, coach)
        world.ids |= await access_recommendations.made_in(practice, world.member)
        world.ids |= await webhooks_of(practice, coach)
        world.ids |= await interventions_of(practice, coach, world.member)
        world.ids |= await assessments_of(practice, coach, world.member)
        world.ids |= await coherence_of(practice, world.member)
        world.ids |= await goals_made_in(practice, coach, world.member)
        world.ids |= await risk_of(practice, coach, world.member)
        world.ids |= await elements_of(practice, coach, world.member)
        world.ids |= {"NoteTemplate": await world.spare_note_template(), "SessionNote": await world.spare_note()}
        return world

    def person(self, role: str) -> Person:
        return {"COACH": self.coach, "MEMBER": self.member, "ADMIN": self.admin}[role]

    async def waiting(self) -> str:
        """In line for a slot of Saturday that a hold of another member fills."""
        await add_window(self.practice, self.coach, "SATURDAY", "09:00", "10:00")
        first, second = await self.practice.members(2, self.coach)
        await held(self.practice, first, self.coach, "2026-03-07T09:00:00Z")
        return await joined(self.practice, second, self.coach, "2026-03-07T09:00:00Z")

    async def spare_window(self) -> str:
        self.windows += 1
        return await add_window(self.practice, self.coach, "SUNDAY", f"{self.windows:02}:00", f"{self.windows:02}:30")

    async def spare_time_off(self) -> str:
        given = {"startsAt": "2026-05-01T00:00:00Z", "endsAt": "2026-05-02T00:00:00Z"}
        return str((await self.practice.ask(ADD_TIME_OFF, self.coach, input=given))["id"])

    async def spare_completed(self) -> str:
        """A session of the member's, each with a coach of its own and at an hour of its own."""
        return await completed(self.practice, await self.spare_session())

    async def spare_session(self) -> str:
        coach = await self.practice.coach(booking_audience="PUBLIC")
        self.made += 1
        day, hour = 9 + self.made // 22, self.made % 22
        await add_window(self.practice, coach, EVERY_DAY[(day - 2) % 7], "00:00", "23:00")
        return await booked(self.practice, self.member, coach, f"2026-03-{day:02}T{hour:02}:00:00Z")

    async def spare_rated(self) -> str:
        session = await self.spare_completed()
        await rated(self.practice, self.member, session, 4)
        return session

    async def planless(self) -> str:
        """A session of the coach's, with a new member each."""
        self.made += 1
        week, slot = divmod(self.made // 9, 3)
        start = datetime(2026, 3, 9, 9, tzinfo=UTC) + timedelta(weeks=week, hours=slot)
        return await booked(self.practice, await self.practice.member(self.coach), self.coach, start.isoformat())

    async def spare_plan(self) -> str:
        return str((await planned(self.practice, self.coach, await self.planless()))["id"])

    async def spare_item(self) -> str:
        plan = await planned(self.practice, self.coach, await self.planless(), "Spare")
        return str(plan["items"][0]["id"])

    async def spare_template(self) -> str:
        return await template(self.practice, self.coach, "Spare", "An item")

    async def spare_note_template(self) -> str:
        self.made += 1
        given = {"name": f"Template {self.made}", "headings": ["Only one"]}
        return str((await self.practice.ask(ADD_NOTE_TEMPLATE, self.coach, input=given))["id"])

    async def spare_note(self) -> str:
        return str((await noted(self.practice, self.coach, self.ids["Session"]))["id"])

    def new_name(self) -> str:
        self.made += 1
        return f"New {self.made}"

    def new_address(self) -> str:
        self.made += 1
        return f"new{self.made}@example.com"


def of_the_closed(world: World) -> str:
    return world.closed.id


def of_the_series(world: World) -> str:
    return world.of_the_series


PASSWORD = "long enough for this"
SECTIONS = [{"heading": "Other", "text": "Words"}]

ACCESS = {
    "Query.node": Row("Coach", given(id=its("Coach"))),
    "Query.nodes": Row("list", given(ids=lambda world: [world.coach.id, world.ids["Slot"]])),
    "Query.viewer": Row("null", given()),
    "Query.coaches": Row("CoachConnection", given()),
    "Query.coach": Row("Coach", given(id=its("Coach"))),
    "Query.members": Row(LOGIN, given(), ("members:read",), STAFF),
    "Query.member": Row(LOGIN, given(id=its("Member"))),
    "Query.sessions": Row(LOGIN, given(), ("sessions:read",)),
    "Query.session": Row(LOGIN, given(id=its("Session")), ("sessions:read",)),
    "Query.slotHolds": Row(LOGIN, given(coachId=its("Coach")), ("sessions:read",)),
    "Query.waitingListEntries": Row(LOGIN, given(coachId=its("Coach")), ("sessions:read",)),
    "Query.planTemplates": Row(LOGIN, given(), ("sessions:read",), EVERYBODY, only=STAFF),
    "Query.noteTemplates": Row(LOGIN, given(), ("notes:read",)),
    "Query.availableSlots": Row("SlotCalendar", given(coachId=its("Coach"), **DAY)),
    "Query.nextAvailableSlot": Row("Slot", given(coachId=its("Coach"))),
    "Query.explainSlot": Row("SlotExplanation", given(coachId=its("Coach"), startsAt=NINE)),
    "Mutation.signUp": Row(
        "AuthSession", inputs(email=World.new_address, password=PASSWORD, firstName="New", lastName="Member")
    ),
    "Mutation.logIn": Row("InvalidCredentials", inputs(email="nobody@example.com", password=PASSWORD)),
    "Mutation.refreshSession": Row("InvalidRefreshToken", inputs(refreshToken="unknown")),
    "Mutation.logOut": Row(LOGIN, given()),
    "Mutation.createCoach": Row(
        LOGIN,
        inputs(email=World.new_address, password=PASSWORD, displayName="New", timeZone="UTC"),
        ("coaches:create",),
        ADMINS,
    ),
    "Mutation.updateCoach": Row(LOGIN, inputs(id=its("Coach"), bio="Other words."), ("coaches:write",), STAFF),
    "Mutation.updateMember": Row(
        LOGIN, inputs(id=its("Member"), coachingFocus="Other goals."), ("profile:write", "members:write")
    ),
    "Mutation.assignCoach": Row(
        LOGIN, inputs(memberId=its("Member"), coachId=its("Coach"), reason="Better so."), ("members:assign",), ADMINS
    ),
    "Mutation.addAvailabilityWindow": Row(
        LOGIN,
        inputs(coachId=its("Coach"), dayOfWeek="FRIDAY", startTime="09:00", endTime="10:00", maxSessionsPerSlot=1),
        ("availability:write",),
        STAFF,
    ),
    "Mutation.updateAvailabilityWindow": Row(
        LOGIN, inputs(id=its("AvailabilityWindow"), location="Room 2"), ("availability:write",), STAFF
    ),
    "Mutation.removeAvailabilityWindow": Row(LOGIN, inputs(id=World.spare_window), ("availability:write",), STAFF),
    "Mutation.addTimeOff": Row(
        LOGIN,
        inputs(coachId=its("Coach"), startsAt="2026-04-01T00:00:00Z", endsAt="2026-04-02T00:00:00Z"),
        ("availability:write",),
        STAFF,
    ),
    "Mutation.removeTimeOff": Row(LOGIN, inputs(id=World.spare_time_off), ("availability:write",), STAFF),
    "Mutation.bookSession": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=TEN), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Query.previewSeries": Row(
        LOGIN, given(coachId=its("Coach"), startsAt=NINE, everyWeeks=1, occurrences=2), ("sessions:write",)
    ),
    "Mutation.bookSeries": Row(
        LOGIN,
        inputs(coachId=its("Coach"), startsAt=ELEVEN, everyWeeks=1, occurrences=2),
        ("sessions:write",),
        EVERYBODY,
        only=MEMBERS,
    ),
    "Mutation.rescheduleSeries": Row(
        LOGIN, inputs(sessionId=of_the_series, scope="ALL", startsAt=THURSDAY_NIGHT), ("sessions:write",)
    ),
    "Mutation.cancelSeries": Row(LOGIN, inputs(sessionId=of_the_series, scope="ALL"), ("sessions:write",)),
    "Mutation.rescheduleSession": Row(LOGIN, inputs(sessionId=its("Session"), startsAt=TEN), ("sessions:write",)),
    "Mutation.cancelSession": Row(LOGIN, inputs(sessionId=its("Session")), ("sessions:write",)),
    "Mutation.holdSlot": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=ELEVEN), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Mutation.extendHold": Row(LOGIN, inputs(holdId=its("SlotHold")), ("sessions:write",), EVERYBODY, only=MEMBERS),
    "Mutation.releaseHold": Row(LOGIN, inputs(holdId=its("SlotHold")), ("sessions:write",), EVERYBODY, only=MEMBERS),
    "Mutation.joinWaitingList": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=ELEVEN), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Mutation.leaveWaitingList": Row(
        LOGIN, inputs(entryId=its("WaitingListEntry")), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Mutation.scheduleSession": Row(
        LOGIN,
        inputs(coachId=its("Coach"), memberId=its("Member"), startsAt=ELEVEN),
        ("sessions:write",),
        EVERYBODY,
        only=STAFF,
    ),
    "Mutation.completeSession": Row(LOGIN, inputs(sessionId=its("Session")), ("sessions:write",), only=STAFF),
    "Mutation.markNoShow": Row(LOGIN, inputs(sessionId=its("Session")), ("sessions:write",), only=STAFF),
    "Mutation.cancelSlot": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=NEXT_WEEK), ("sessions:write",), only=STAFF
    ),
    "Mutation.completeSlot": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=NEXT_WEEK), ("sessions:write",), only=STAFF
    ),
    "Mutation.rateSession": Row(
        LOGIN, inputs(sessionId=World.spare_completed, stars=5), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Mutation.changeSessionRating": Row(
        LOGIN, inputs(sessionId=World.spare_rated, stars=5), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Mutation.createSessionPlan": Row(
        LOGIN, inputs(sessionId=World.planless), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.updateSessionPlan": Row(
        LOGIN, inputs(id=its("SessionPlan"), notes="Bring a pen."), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.shareSessionPlan": Row(LOGIN, inputs(id=its("SessionPlan")), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.unshareSessionPlan": Row(LOGIN, inputs(id=World.spare_plan), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.removeSessionPlan": Row(LOGIN, inputs(id=World.spare_plan), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.addPlanItem": Row(
        LOGIN, inputs(planId=its("SessionPlan"), title="More"), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.updatePlanItem": Row(
        LOGIN, inputs(id=its("PlanItem"), title="Other"), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.movePlanItem": Row(LOGIN, inputs(itemId=its("PlanItem")), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.removePlanItem": Row(LOGIN, inputs(id=World.spare_item), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.addPlanTemplate": Row(
        LOGIN, inputs(name="New", items=[], coachId=its("Coach")), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.updatePlanTemplate": Row(
        LOGIN, inputs(id=its("PlanTemplate"), name="Other"), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.removePlanTemplate": Row(
        LOGIN, inputs(id=World.spare_template), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.writeSessionNote": Row(
        LOGIN, inputs(sessionId=its("Session"), visibility="SHARED", sections=SECTIONS), ("notes:write",)
    ),
    "Mutation.updateSessionNote": Row(
        LOGIN,
        inputs(id=its("SessionNote"), expectedVersion=1, sections=SECTIONS),
        ("notes:write",),
        EVERYBODY,
        only=STAFF,
    ),
    "Mutation.removeSessionNote": Row(LOGIN, inputs(id=World.spare_note), ("notes:write",), EVERYBODY, only=STAFF),
    "Mutation.addNoteTemplate": Row(
        LOGIN,
        inputs(name=World.new_name, headings=["First"], coachId=its("Coach")),
        ("note_templates:write",),
        STAFF,
    ),
    "Mutation.updateNoteTemplate": Row(
        LOGIN, inputs(id=its("NoteTemplate"), headings=["Other"]), ("note_templates:write",), STAFF
    ),
    "Mutation.removeNoteTemplate": Row(LOGIN, inputs(id=World.spare_note_template), ("note_templates:write",), STAFF),
    **access_messaging.ROWS,
    **access_calendar.ROWS,
    **access_coherence.ROWS,
    **access_deliveries.ROWS,
    **access_notifications.ROWS,
    **access_scheduling.ROWS,
    **access_webhooks.ROWS,
    **access_goals.ROWS,
    **access_interventions.ROWS,
    **access_assessments.ROWS,
    **access_risk.ROWS,
    **access_elements.ROWS,
    "Subscription.slotAvailability": Row("SlotAvailability", given(coachId=its("Coach"), **DAY)),
    "Subscription.waitingListOffer": Row(LOGIN, given(), ("sessions:write", "sessions:read"), only=MEMBERS),
    "Subscription.sessionChanged": Row(LOGIN, given(memberId=its("Member")), ("sessions:read",)),
}

from tests.house.access_jobs import ACCESS_OF_JOBS  # noqa: E402  it is made with what stands above

ACCESS |= ACCESS_OF_JOBS | access_recommendations.ROWS

# Where a field is open, these are still closed to a stranger, found or not.
CLOSED_TO_STRANGERS = {
    "Query.coach": given(id=of_the_closed),
    "Query.availableSlots": given(coachId=of_the_closed, **DAY),
    "Query.nextAvailableSlot": given(coachId=of_the_closed),
    "Query.explainSlot": given(coachId=of_the_closed, startsAt=NINE),
    "Subscription.slotAvailability": given(coachId=of_the_closed, **DAY),
}

# Everything that has a global id, and how `node` answers a stranger who has come by it.
NODES = {
    **dict.fromkeys(("Goal", "GoalUpdate", "Milestone"), LOGIN),
    "Assignment": LOGIN,
    "AvailabilityWindow": LOGIN,
    "Booking": LOGIN,
    "Coach": "Coach",
    "Delivery": LOGIN,
    "Member": LOGIN,
    "OutsideCalendar": LOGIN,
    "Notification": LOGIN,
    "RiskAlert": LOGIN,
    "RiskAssessment": LOGIN,
    "Session": LOGIN,
    "Slot": "Slot",
    "User": LOGIN,
    "WebhookEndpoint": LOGIN,
    "WebhookMessage": LOGIN,
    **access_messaging.NODES,
    **access_scheduling.NODES,
    **access_interventions.NODES,
    **access_recommendations.NODES,
    **access_assessments.NODES,
    **access_coherence.NODES,
    **access_elements.NODES,
}
