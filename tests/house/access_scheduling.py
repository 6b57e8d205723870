"""Rows of the access table for calendars that coaches keep elsewhere."""

from typing import Any

from tests.house.rows import LOGIN, STAFF, Row, given, inputs, its
from tests.operations import outside_calendar


async def spare_calendar(world: Any) -> str:
    return await outside_calendar(world.practice, world.coach)


ROWS = {
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
_PLANNED = ("PlanItem", "PlanTemplate", "SessionPlan", "SessionSeries", "SlotHold", "TimeOff", "WaitingListEntry")
NODES = dict.fromkeys(_PLANNED, LOGIN)
