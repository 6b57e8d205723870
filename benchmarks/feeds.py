"""A calendar feed of 2,000 sessions: asked for over HTTP, known already, and its text beside the library's."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import icalendar

from app.loaders.sessions.calendar_events import CalendarEvent
from app.platform.settings import Settings
from app.services import sessions as session_service
from app.services.sessions import FeedText
from benchmarks.common import Candidate, NoFigure, Sheet, comparison, in_turns, milliseconds, run, short
from benchmarks.practice import as_owner, practice_of_today
from tests.calendars import feed_of
from tests.practice import Person, Practice
from tests.server.serving import start_serving

SESSIONS, MEMBERS = 2_000, 20
ROUNDS = 5
TIMES = 3  # in each turn over HTTP; a text takes the library seconds
ZONE = "Europe/London"
CLOCKS = ZoneInfo(ZONE)

OURS, LIBRARY = "ours", "the icalendar library"
WHOLE, KNOWN = "200, the whole feed", "304, known already"

# At no hour that the library's text cannot tell from the one after it, when clocks go back.
_MADE = """
    CREATE TEMP TABLE made AS
      SELECT gen_random_uuid() AS id, ($2::uuid[])[1 + n % array_length($2::uuid[], 1)] AS member_id,
        date_trunc('day', now(), 'UTC') - interval '80 days 2 hours' + n * interval '4 hours' AS starts_at
      FROM generate_series(1, $1::int) n
"""
_ROWS = (
    "INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)"
    " SELECT '{coach}', starts_at, starts_at + interval '1 hour', starts_at + interval '1 hour', 1 FROM made",
    "INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)"
    " SELECT '{coach}', starts_at, 1, starts_at + interval '1 hour', 1 FROM made",
    "INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,"
    " seat_no, version) SELECT id, '{coach}', member_id, 'Grace Hopper', starts_at, starts_at + interval '1 hour',"
    " 'REGULAR', 'INDIVIDUAL', 'SCHEDULED', starts_at, 1, 1 FROM made",
    "INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind, to_starts_at)"
    " SELECT gen_random_uuid(), id, '{coach}', member_id, 1, 'BOOKED', starts_at FROM made",
    "DROP TABLE made",
    "UPDATE users SET time_zone = '" + ZONE + "'",
    "ANALYZE sessions, session_changes",
)


async def measure(settings: Settings) -> list[Sheet]:
    public = settings.model_copy(update={"public_url": "https://coaching.example"})
    async with practice_of_today(public) as practice:
        coach = await practice.coach(display_name="Ada Byron")
        await make_sessions(settings, practice, coach)
        return [await answering(practice, coach), await writing(practice, coach)]


async def make_sessions(settings: Settings, practice: Practice, coach: Person) -> None:
    members: list[UUID] = [each.member.id for each in await practice.members(MEMBERS, coach) if each.member]
    assert coach.coach is not None
    async with as_owner(settings) as owner:
        await owner.execute(_MADE, SESSIONS, members)
        for statement in _ROWS:
            await owner.execute(statement.format(coach=coach.coach.id))


async def answering(practice: Practice, coach: Person) -> Sheet:
    """By a server on this event loop, whose longest pause is looked for meanwhile."""
    _, url = await feed_of(practice, coach)
    path = url.removeprefix("https://coaching.example")
    pauses: list[float] = []
    async with start_serving(practice.application) as served, served.client() as client:
        first = await client.get(path)
        if first.content.count(b"BEGIN:VEVENT") != SESSIONS:
            raise NoFigure("the feed is not whole")

        async def whole() -> object:
            return expect(await client.get(path), 200)

        async def known() -> object:
            return expect(await client.get(path, headers={"if-none-match": first.headers["etag"]}), 304)

        figures = await in_turns({WHOLE: repeated(whole), KNOWN: repeated(known)}, ROUNDS)
        watching = asyncio.create_task(watch_pauses(pauses))
        await whole()
        watching.cancel()
    sheet = comparison(f"A feed of {SESSIONS:,} sessions over HTTP", "ms", figures, WHOLE)
    size = len(first.content) / 1_000
    sheet.notes.append(
        f"{short(size)} kB; a server and its client in one process, PostgreSQL beside it. While a whole one was"
        f" answered, the event loop stood still for {max(pauses) * 1_000:.0f} ms at most."
    )
    return sheet


def expect(answer: httpx2.Response, status: int) -> httpx2.Response:
    if answer.status_code != status:
        raise NoFigure(f"the server answered {answer.status_code}")
    return answer


async def watch_pauses(pauses: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        pauses.append(time.perf_counter() - began)


async def writing(practice: Practice, coach: Person) -> Sheet:
    """The text alone, from rows that were read before."""
    async with practice.as_system() as db:
        viewer = await session_service.find_feed_reader(
            db, secret=(await feed_of(practice, coach))[1].split("/")[-1].removesuffix(".ics"), now=practice.clock()
        )
        assert viewer is not None
        text = await session_service.text_of_feed(db, viewer, now=practice.clock())

    async def ours() -> object:
        return text.bytes()

    async def library() -> object:
        return by_library(text)

    read = [icalendar.Calendar.from_ical(content).events for content in (text.bytes(), by_library(text))]
    for one, other in zip(*read, strict=True):
        if said(one) != said(other):
            raise NoFigure("the texts say different things")
    figures = await in_turns({OURS: repeated(ours, 1), LIBRARY: repeated(library, 1)}, ROUNDS)
    sheet = comparison(f"The text of {SESSIONS:,} events", "ms", figures, OURS)
    sheet.notes.append(f"On clocks of {ZONE}, with its rules; the library reads the same times from both.")
    return sheet


def said(event: icalendar.Event) -> tuple[object, ...]:
    """As instants: in an hour that comes twice, equal times of two zones are not called equal."""
    at = [event.decoded(name).timestamp() for name in ("DTSTART", "DTEND")]
    return (event.decoded("UID"), event.decoded("SUMMARY"), *at)


def by_library(text: FeedText) -> bytes:
    calendar = icalendar.Calendar()
    for name, value in (("PRODID", "-//Rapport//Coaching sessions//EN"), ("VERSION", "2.0"), ("METHOD", "PUBLISH")):
        calendar.add(name, value)
    for each in text.written:
        calendar.add_component(component(each.event, each.organizer.uri))
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def component(event: CalendarEvent, organizer: str) -> icalendar.Event:
    by = icalendar.vCalAddress(organizer)
    by.params["CN"] = event.coach_name
    made = icalendar.Event()
    for name, value in (
        ("UID", event.uid),
        ("SEQUENCE", event.sequence),
        ("DTSTAMP", event.updated_at),
        ("CREATED", event.created_at),
        ("LAST-MODIFIED", event.updated_at),
        ("DTSTART", event.starts_at.astimezone(CLOCKS)),
        ("DTEND", event.ends_at.astimezone(CLOCKS)),
        ("SUMMARY", f"{event.category} with {event.member_name}"),
        ("CATEGORIES", [event.category]),
        ("STATUS", event.status.value),
        ("TRANSP", "OPAQUE"),
        ("CLASS", "PRIVATE"),
        ("ORGANIZER", by),
        ("CONTACT", event.member_name),
        ("DESCRIPTION", f"One to one\n\n{event.url}"),
        ("URL", event.url),
    ):
        made.add(name, value)
    return made


def repeated(work: Callable[[], Awaitable[object]], times: int = TIMES) -> Candidate:
    return lambda: milliseconds(work, times)


if __name__ == "__main__":
    run("feeds", measure)
