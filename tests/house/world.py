"""The world that the access table is true of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.wire.relay import global_id
from tests.assessing import assessments_of
from tests.goals import goals_made_in
from tests.growing import elements_of
from tests.holding import held, joined
from tests.house import access_messaging, access_notifications, access_recommendations
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
