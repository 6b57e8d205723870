"""Rows of the access table: calendar events and feeds."""

from typing import TYPE_CHECKING

from tests.calendars import feed_of
from tests.house.rows import LOGIN, Row, given, inputs

if TYPE_CHECKING:
    from tests.house.world import World


async def spare_feed(world: "World") -> str:
    """One of the coach's."""
    return (await feed_of(world.practice, world.coach))[0]


COACHES, PARTIES = frozenset({"COACH"}), frozenset({"COACH", "MEMBER"})

ROWS = {
    "Query.calendarEvents": Row(LOGIN, given(), ("sessions:read",)),
    "Query.calendarFeeds": Row(LOGIN, given(), ("sessions:read",)),
    "Mutation.createCalendarFeed": Row(LOGIN, inputs(name="New"), ("sessions:read",), only=PARTIES),
    "Mutation.revokeCalendarFeed": Row(LOGIN, inputs(id=spare_feed), ("sessions:read",), only=COACHES),
}
