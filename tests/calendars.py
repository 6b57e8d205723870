"""Calendars as tests ask for them, and a strict reader of iCalendar text that shares nothing with what writes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.loaders.sessions.calendar_events import CalendarEvent
from app.models.sessions import SessionFormat
from tests.practice import Person, Practice

CREATE_FEED = (
    "mutation ($input: CreateCalendarFeedInput!) { createCalendarFeed(input: $input) { __typename"
    " ... on CreatedCalendarFeed { url feed { id name lastReadAt createdAt } } ... on Problem { code message }"
    " ... on InvalidInput { field } } }"
)
REVOKE_FEED = (
    "mutation ($input: RevokeCalendarFeedInput!) { revokeCalendarFeed(input: $input) { __typename"
    " ... on Removed { id } ... on Problem { code } } }"
)
FEEDS = "{ calendarFeeds { id name lastReadAt createdAt } }"
EVENT = (
    "uid sequence category status startsAt endsAt url creator { name role } attendees { name role }"
    " session { id version }"
)
EVENTS = (
    "query ($first: Int, $after: String, $from: DateTime, $to: DateTime, $coachId: ID, $memberId: ID) {"
    " calendarEvents(first: $first, after: $after, from: $from, to: $to, coachId: $coachId, memberId: $memberId) {"
    f" edges {{ cursor node {{ {EVENT} }} }} pageInfo {{ hasNextPage }} }} }}"
)
OF_A_SESSION = f"query ($id: ID!) {{ session(id: $id) {{ calendarEvent {{ {EVENT} }} }} }}"

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOSTILE = (
    'Ada "Countess"; Byron, of \\Lovelace\\',
    "Ada\r\nBEGIN:VALARM\r\nATTENDEE:mailto:evil@example.com",
    "Ada\x0b\x0c\x85\u2028\u2029\x1b[31m\x07\ufeff",
    "^n ^^ ^' \\n \\N \\;",
    "Å" * 120,
    "👩‍👩‍👧‍👦" * 17,
    ":;,=\"'",
    " ",
)
# Around each change of the clocks in 2026 and 2027: every half hour of two days.
CHANGES = {
    "Europe/London": ("2026-03-29", "2026-10-25", "2027-03-28"),
    "America/New_York": ("2026-03-08", "2026-11-01", "2027-03-14"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04", "2027-04-04"),
    "Asia/Kolkata": ("2026-03-29", "2026-10-25"),
    "Africa/Casablanca": ("2026-02-15", "2026-03-22"),
    "Europe/Dublin": ("2026-03-29", "2026-10-25"),
    "UTC": ("2026-03-29", "2026-12-31"),
}


def calendar_event(starts_at: datetime = NOON, **changes: object) -> CalendarEvent:
    made = CalendarEvent(
        session_id=uuid4(),
        sequence=0,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=50),
        is_cancelled=False,
        format=SessionFormat.INDIVIDUAL,
        coach_name="Ada Byron",
        member_name="Grace Hopper",
        created_at=NOON,
        updated_at=NOON,
        url=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def event_of(practice: Practice, who: Person, session: str) -> Any:
    return (await practice.ask(OF_A_SESSION, who, id=session))["calendarEvent"]


async def events_of(practice: Practice, who: Person, **wanted: Any) -> list[Any]:
    page = await practice.ask(EVENTS, who, first=100, **wanted)
    return [edge["node"] for edge in page["edges"]]


async def feed_of(practice: Practice, who: Person, name: str = "Phone") -> tuple[str, str]:
    """A new feed's id and address."""
    made = await practice.ask(CREATE_FEED, who, input={"name": name})
    return made["feed"]["id"], made["url"]


@dataclass
class Line:
    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """What a value of the type TEXT says."""
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass
class Component:
    kind: str
    lines: list[Line] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def one(self, name: str) -> Line:
        (line,) = self.all(name)
        return line

    def text(self, name: str) -> str:
        return self.one(name).text

    def of_kind(self, kind: str) -> list["Component"]:
        return [part for part in self.parts if part.kind == kind]


_NAME = r"[A-Za-z0-9-]+"
_VALUE = r'(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)'
_LINE = re.compile(
    rf"(?P<name>{_NAME})(?P<parameters>(?:;{_NAME}={_VALUE}(?:,{_VALUE})*)*):(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)"
)
_PARAMETER = re.compile(rf";(?P<name>{_NAME})=(?P<value>{_VALUE})")
_CARETS = {"^^": "^", "^'": '"', "^n": "\n"}


def read_strictly(content: bytes) -> Component:
    """The calendar; fails with every line that RFC 5545 does not allow."""
    stack = [Component("")]
    for line in _lines(content):
        if line.name == "BEGIN":
            made = Component(line.value)
            stack[-1].parts.append(made)
            stack.append(made)
        elif line.name == "END":
            assert stack.pop().kind == line.value
        else:
            stack[-1].lines.append(line)
    (outermost,) = stack
    (calendar,) = outermost.parts
    assert calendar.kind == "VCALENDAR"
    assert calendar.text("VERSION") == "2.0"
    return calendar


def _lines(content: bytes) -> Iterator[Line]:
    assert content.endswith(b"\r\n")
    pieces = content.removesuffix(b"\r\n").split(b"\r\n")
    for piece in pieces:
        assert len(piece) <= 75, piece
        piece.decode()  # no character is cut in two
        assert b"\n" not in piece, piece
        assert b"\r" not in piece, piece
    for whole in content.removesuffix(b"\r\n").replace(b"\r\n ", b"").decode().split("\r\n"):
        found = _LINE.fullmatch(whole)
        assert found, whole
        parameters = {each["name"]: _plain(each["value"]) for each in _PARAMETER.finditer(found["parameters"])}
        yield Line(found["name"], parameters, found["value"])


def _plain(value: str) -> str:
    return re.sub(r"\^[\^'n]", lambda found: _CARETS[found[0]], value.strip('"'))


def instant(calendar: Component, line: Line) -> datetime:
    """When a DTSTART or DTEND is, by the rules that the calendar itself gives for its time zone."""
    if line.value.endswith("Z"):
        return datetime.strptime(line.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    local = _local(line.value)
    (zone,) = [each for each in calendar.of_kind("VTIMEZONE") if each.text("TZID") == line.parameters["TZID"]]
    assert not any(part.all(name) for part in zone.parts for name in ("RRULE", "RDATE"))
    onsets = [(_local(part.text("DTSTART")), _offset(part.text("TZOFFSETTO"))) for part in zone.parts]
    _, offset = max(each for each in onsets if each[0] <= local)
    return (local - offset).replace(tzinfo=UTC)


def _local(value: str) -> datetime:
    return datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007


def _offset(shown: str) -> timedelta:
    sign = {"+": 1, "-": -1}[shown[0]]
    return sign * timedelta(hours=int(shown[1:3]), minutes=int(shown[3:5]), seconds=int(shown[5:7] or 0))


def during(calendar: Component, event: Component) -> tuple[datetime, datetime]:
    return instant(calendar, event.one("DTSTART")), instant(calendar, event.one("DTEND"))
