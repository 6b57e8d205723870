"""A coach with a calendar elsewhere, on a web server of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from app.platform.busy_times import Refused, busy_times
from app.platform.calendar_files import UnreadableCalendar
from app.platform.outgoing import GuardedClient
from app.wire.relay import parse_key
from tests.holding import open_coach
from tests.ics import busy, ics
from tests.operations import ADD_OUTSIDE_CALENDAR, OUTSIDE, PROBLEM, calendar_version, slots
from tests.practice import Person, Practice
from tests.web import Web, web

LIST = f"query ($coachId: ID) {{ outsideCalendars(coachId: $coachId) {{ {OUTSIDE} }} }}"
UPDATE = (
    "mutation ($input: UpdateOutsideCalendarInput!) { updateOutsideCalendar(input: $input) { __typename"
    f" ... on OutsideCalendar {{ {OUTSIDE} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
REFRESH = (
    "mutation ($input: RefreshOutsideCalendarInput!) { refreshOutsideCalendar(input: $input) { __typename"
    f" ... on OutsideCalendar {{ {OUTSIDE} }} {PROBLEM} }} }}"
)
REMOVE = (
    "mutation ($input: RemoveOutsideCalendarInput!) { removeOutsideCalendar(input: $input) { __typename"
    f" ... on Removed {{ id }} {PROBLEM} }} }}"
)
TIME_OFF = (
    "query ($id: ID!) { coach(id: $id) { timeOff { id startsAt endsAt kind reason outsideCalendar { id name } } } }"
)
FILE = "/secret-token.ics"
TEN_TO_ELEVEN = busy("20260302T100000Z", "20260302T110000Z")
ELEVEN_TO_NOON = busy("20260302T110000Z", "20260302T120000Z")


@dataclass
class Elsewhere:
    """The coach has slots at nine, ten and eleven of Monday, 2 March 2026, which is today."""

    practice: Practice
    web: Web
    coach: Person
    member: Person
    id: str = ""

    def says(self, *events: str, **headers: str) -> None:
        self.web.answers(FILE, ics(*events), **headers)

    async def add(self, url: str | None = None, name: str = "Family") -> dict[str, Any]:
        """Added, and fetched."""
        given = {"url": url or self.web.url(FILE), "name": name}
        added: dict[str, Any] = await self.practice.ask(ADD_OUTSIDE_CALENDAR, self.coach, input=given)
        assert added["__typename"] == "OutsideCalendar", added
        self.id = added["id"]
        await self.practice.work()
        return await self.shown()

    async def refresh(self) -> dict[str, Any]:
        """A minute later."""
        self.practice.clock.move(minutes=1)
        answer = await self.practice.ask(REFRESH, self.coach, input={"id": self.id})
        assert answer["__typename"] == "OutsideCalendar", answer
        await self.practice.work()
        return await self.shown()

    async def shown(self) -> dict[str, Any]:
        (found,) = [each for each in await self.practice.ask(LIST, self.coach) if each["id"] == self.id]
        return found

    async def bookable(self) -> list[str]:
        listed = await slots(self.practice, self.member, self.coach, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
        return [slot["localTime"][:5] for slot in listed]

    async def time_off(self) -> list[dict[str, Any]]:
        coach = await self.practice.ask(TIME_OFF, self.coach, id=self.coach.id)
        found: list[dict[str, Any]] = coach["timeOff"]
        return found

    async def version(self) -> int:
        return await calendar_version(self.practice, self.coach)

    @property
    def key(self) -> object:
        return parse_key(self.id, "OutsideCalendar", "id")


async def _read_here(content: bytes, *, since: datetime, until: datetime, **asked: Any) -> Any:
    """What the process apart does, without it."""
    try:
        found = busy_times(content, since=int(since.timestamp()), until=int(until.timestamp()), **asked)
    except Refused as refused:
        raise UnreadableCalendar(str(refused)) from None
    return [(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)) for begin, end in found]


@asynccontextmanager
async def calendar_elsewhere(practice: Practice, *, read_apart: bool = False) -> AsyncIterator[Elsewhere]:
    """Unless `read_apart`, files are read in this process, which is sooner done."""
    coach = await open_coach(practice)
    practice.house.outside.outgoing = GuardedClient(allow=["127.0.0.1"])
    patched = nullcontext() if read_apart else patch("app.jobs.scheduling.read_busy_times", _read_here)
    with patched:
        async with web() as server:
            yield Elsewhere(practice, server, coach, await practice.member(coach))
