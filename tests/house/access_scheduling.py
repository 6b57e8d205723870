"""The rows of the access table about availability, slots, holds, waiting and calendars elsewhere."""

from typing import Any

from tests.house.rows import EVERYBODY, LOGIN, MEMBERS, STAFF, Row, given, inputs, its
from tests.house.world import DAY, ELEVEN, NINE, World
from tests.operations import outside_calendar


async def spare_calendar(world: Any) -> str:
    return await outside_calendar(world.practice, world.coach)


NODES = dict.fromkeys(("AvailabilityWindow", "OutsideCalendar", "SlotHold", "TimeOff", "WaitingListEntry"), LOGIN)
NODES |= {"Slot": "Slot"}
ROWS = {
    "Query.slotHolds": Row(LOGIN, given(coachId=its("Coach")), ("sessions:read",)),
    "Query.waitingListEntries": Row(LOGIN, given(coachId=its("Coach")), ("sessions:read",)),
    "Query.availableSlots": Row("SlotCalendar", given(coachId=its("Coach"), **DAY)),
    "Query.nextAvailableSlot": Row("Slot", given(coachId=its("Coach"))),
    "Query.explainSlot": Row("SlotExplanation", given(coachId=its("Coach"), startsAt=NINE)),
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
    "Subscription.slotAvailability": Row("SlotAvailability", given(coachId=its("Coach"), **DAY)),
    "Subscription.waitingListOffer": Row(LOGIN, given(), ("sessions:write", "sessions:read"), only=MEMBERS),
    "Query.outsideCalendars": Row(LOGIN, given(coachId=its("Coach")), ("availability:write",), STAFF),
    "Mutation.addOutsideCalendar": Row(
        LOGIN,
        inputs(coachId=its("Coach"), url="webcal://calendar.example/other.ics", name="Other"),
        ("availability:write",),
        STAFF,
    ),
    "Mutation.updateOutsideCalendar": Row(
        LOGIN, inputs(id=its("OutsideCalendar"), name="Other"), ("availability:write",), STAFF
    ),
    "Mutation.refreshOutsideCalendar": Row(LOGIN, inputs(id=its("OutsideCalendar")), ("availability:write",), STAFF),
    "Mutation.removeOutsideCalendar": Row(LOGIN, inputs(id=spare_calendar), ("availability:write",), STAFF),
}
