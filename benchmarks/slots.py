"""What it costs to list the slots of four weeks: over HTTP, without it, and beside the same rows read as they are."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.api import schema
from app.context import Context
from app.platform.settings import Settings
from app.services import scheduling as scheduling_service
from app.services.scheduling.calendars import open_calendar, read_calendar
from app.services.scheduling.slots import Calendar, slots_between
from app.wire.relay import global_id
from benchmarks.common import (
    Candidate,
    Figures,
    NoFigure,
    Sheet,
    comparison,
    in_turns,
    milliseconds,
    plain_connection,
    run,
    short,
)
from benchmarks.practice import (
    KeepAlive,
    as_owner,
    make_coaches,
    make_members,
    monday_after_next,
    practice_of_today,
    request_body,
)
from tests.operations import AVAILABLE
from tests.practice import Person, Practice
from tests.server.serving import server_processes

ROUNDS = 7
TIMES = 30  # each candidate in each round
DAYS = 28
ZONE = "Asia/Kolkata"  # its clock never changes, so the figures do not depend on the season
WEEKDAYS = range(1, 6)

HTTP, HTTP_FREE = "HTTP, all slots", "HTTP, bookable slots"
EXECUTE, EXECUTE_FREE = "schema.execute, all slots", "schema.execute, bookable slots"
BASELINE = "plain asyncpg + orjson"
SERVICE, EMPTY, EMPTY_SERVICE = "service", "empty", "empty service"
READ, ARITHMETIC, JSON = "read_calendar", "slots_between", "JSON"

# Every second start has one member, every sixth is full, and there is a day off: as a month of a busy coach may look.
_SEATED = """
    WITH start AS (
      SELECT starts_at, n, (n % 6 = 0)::int + 1 AS seats
      FROM (SELECT starts_at, row_number() OVER (ORDER BY starts_at) AS n FROM unnest($2::timestamptz[]) AS starts_at)
      WHERE n % 2 = 0
    ), slot AS (
      INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)
      SELECT $1, starts_at, starts_at + interval '1 hour', starts_at + interval '1 hour', 2 FROM start
    ), seat AS (
      INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)
      SELECT $1, starts_at, seat_no, starts_at + interval '1 hour', 2 FROM start, generate_series(1, seats) AS seat_no
    )
    INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,
      seat_no, version)
    SELECT gen_random_uuid(), $1, ($3::uuid[])[seat_no], 'Member Of Ours', starts_at, starts_at + interval '1 hour',
      'REGULAR', 'INDIVIDUAL', 'SCHEDULED', starts_at, seat_no, 1
    FROM start, generate_series(1, seats) AS seat_no
"""
_DAY_OFF = """
    INSERT INTO time_off (id, coach_id, starts_at, ends_at, kind)
    VALUES (gen_random_uuid(), $1, $2, $2::timestamptz + interval '1 day', 'VACATION')
"""
# The same columns as the answer has, as text where the answer has text.
_ROWS = """
    CREATE TABLE benchmark_slots (id text, "startsAt" timestamptz PRIMARY KEY, "endsAt" timestamptz, capacity int,
      booked int, remaining int, "isBookable" boolean, "unavailableReason" text, "localDate" text, "localTime" text,
      "utcOffsetMinutes" int)
"""
_COPY_ROWS = """
    INSERT INTO benchmark_slots SELECT s->>'id', (s->>'startsAt')::timestamptz, (s->>'endsAt')::timestamptz,
      (s->>'capacity')::int, (s->>'booked')::int, (s->>'remaining')::int, (s->>'isBookable')::boolean,
      s->>'unavailableReason', s->>'localDate', s->>'localTime', (s->>'utcOffsetMinutes')::int
    FROM json_array_elements($1::json) AS s
"""


class Month:
    """One member's look at one coach's four weeks."""

    def __init__(self, practice: Practice, who: Person, coach_id: UUID, since: datetime) -> None:
        self.practice, self.who, self.coach_id = practice, who, coach_id
        self.since, self.until = since, since + timedelta(days=DAYS)
        self.now = practice.clock()

    @property
    def context(self) -> Context:
        return self.practice.context(self.who)

    def variables(self, *, every: bool, empty: bool = False) -> dict[str, Any]:
        until = self.since + timedelta(minutes=1) if empty else self.until
        asked = {"coachId": global_id("Coach", self.coach_id), "all": every}
        return {**asked, "from": self.since.isoformat(), "to": until.isoformat()}

    async def execute(self, *, every: bool, empty: bool = False) -> dict[str, Any]:
        variables = self.variables(every=every, empty=empty)
        result = await schema.execute(AVAILABLE, variable_values=variables, context_value=self.context)
        if result.errors or result.data is None:
            raise NoFigure(str(result.errors))
        return result.data

    async def serve(self, *, empty: bool = False) -> scheduling_service.SlotCalendar:
        until = self.since + timedelta(minutes=1) if empty else self.until
        wanted = scheduling_service.SlotRange.read(coach_id=self.coach_id, from_=self.since, to=until)
        return await self.context.read(
            scheduling_service.available_slots, wanted=wanted, include_unavailable=True, now=self.now
        )

    def compute(self, calendar: Calendar, busy: list[tuple[int, int]]) -> int:
        return len(slots_between(calendar, self.since, self.until, self.now, busy))


async def measure(settings: Settings) -> list[Sheet]:
    async with AsyncExitStack() as stack:
        practice = await stack.enter_async_context(practice_of_today(settings))
        month = await fill(settings, practice)
        listed = (await month.execute(every=True))["availableSlots"]["slots"]
        async with as_owner(settings) as owner:
            await owner.execute(_ROWS)
            await owner.execute(_COPY_ROWS, orjson.dumps(listed).decode())
            plain = await stack.enter_async_context(
                plain_connection(settings.database_owner_url or settings.database_url)
            )
        [server] = await stack.enter_async_context(server_processes(settings, 1))
        client = await stack.enter_async_context(KeepAlive.opened(server.port))
        figures = await measure_in_turns(month, client, plain)
    free = sum(slot["isBookable"] for slot in listed)
    return sheets(figures, len(listed), free)


async def fill(settings: Settings, practice: Practice) -> Month:
    [coach_id] = await make_coaches(settings, 1, 2, days=WEEKDAYS, zone=ZONE)
    first, second, asking = await make_members(settings, practice, 3)
    month = Month(practice, asking, coach_id, monday_after_next(practice.clock()) - timedelta(hours=5, minutes=30))
    starts = [slot.starts_at for slot in (await month.serve()).slots]
    members = [person.member.id for person in (first, second) if person.member is not None]
    async with as_owner(settings) as owner:
        await owner.execute(_SEATED, coach_id, starts, members)
        await owner.execute(_DAY_OFF, coach_id, month.since + timedelta(days=9))
        await owner.execute("ANALYZE")
    return month


async def measure_in_turns(month: Month, client: KeepAlive, plain: "asyncpg.Connection[asyncpg.Record]") -> Figures:
    token = month.who.token
    everything, free = (request_body(AVAILABLE, **month.variables(every=every)) for every in (True, False))
    data = await month.execute(every=True)

    async def rows() -> bytes:
        found = await plain.fetch('SELECT * FROM benchmark_slots ORDER BY "startsAt"')
        return orjson.dumps([dict(row) for row in found])

    async def encode() -> bytes:
        return orjson.dumps({"data": data}).decode().encode()

    def repeated(work: Callable[[], Awaitable[object]]) -> Candidate:
        return lambda: milliseconds(work, TIMES)

    async with month.practice.as_actor(month.who.actor) as db:
        await open_calendar(db, month.coach_id)
        member = month.who.actor.member_id

        async def read() -> tuple[Calendar, list[tuple[int, int]]]:
            return await read_calendar(db, month.coach_id, month.since, month.until, member_id=member)

        calendar, busy = await read()

        async def compute() -> int:
            return month.compute(calendar, busy)

        candidates: dict[str, Callable[[], Awaitable[object]]] = {
            HTTP: lambda: client.post(everything, token),
            EXECUTE: lambda: month.execute(every=True),
            BASELINE: rows,
            HTTP_FREE: lambda: client.post(free, token),
            EXECUTE_FREE: lambda: month.execute(every=False),
            SERVICE: month.serve,
            EMPTY: lambda: month.execute(every=True, empty=True),
            EMPTY_SERVICE: lambda: month.serve(empty=True),
            READ: read,
            ARITHMETIC: compute,
            JSON: encode,
        }
        for work in candidates.values():
            await milliseconds(work, 5)
        return await in_turns({name: repeated(work) for name, work in candidates.items()}, ROUNDS)


def sheets(figures: Figures, listed: int, free: int) -> list[Sheet]:
    shown = (HTTP, HTTP_FREE, EXECUTE, EXECUTE_FREE, BASELINE)
    compared = Figures({name: figures.rounds[name] for name in shown if name in figures.rounds}, figures.failed)
    table = comparison(f"`availableSlots` over {DAYS} days, all fields", "ms a request", compared, BASELINE)
    rounds = len(figures.rounds[BASELINE])
    table.notes += [
        f"{listed} slots, {free} of them bookable; {rounds} rounds of {TIMES} requests in turns, the median of each; "
        "one server process, one client on one connection that decodes nothing.",
        f"`{BASELINE}` is one query for {listed} prepared rows with the same columns, without a transaction, "
        "row-level security, GraphQL or HTTP.",
    ]
    return [table] if figures.failed else [table, where_it_goes(figures, listed)]


def where_it_goes(figures: Figures, listed: int) -> Sheet:
    """The parts of the first candidate, each measured alone, or as the difference of two in the same round."""

    def difference(whole: str, *parts: str) -> float:
        rounds = zip(*(figures.rounds[name] for name in (whole, *parts)), strict=True)
        return float(median(first - sum(rest) for first, *rest in rounds))

    def fields_of_the_slots() -> float:
        names = (EXECUTE, SERVICE, EMPTY, EMPTY_SERVICE)
        rounds = zip(*(figures.rounds[name] for name in names), strict=True)
        return float(median(execute - service - (empty - served) for execute, service, empty, served in rounds))

    arithmetic = figures.median(ARITHMETIC)
    parts = {
        f"pure arithmetic: `slots_between`, {arithmetic * 1_000 / listed:.2f} µs a slot": arithmetic,
        "SQL: `read_calendar`": figures.median(READ),
        "transaction: begin, actor's settings, `open_calendar`, commit": difference(SERVICE, READ, ARITHMETIC),
        "GraphQL: parse, validate and limit the document": difference(EMPTY, EMPTY_SERVICE),
        "GraphQL: the slots' fields": fields_of_the_slots(),
        "JSON: encode": figures.median(JSON),
        "HTTP: server, token, log, and the client": difference(HTTP, EXECUTE, JSON),
    }
    whole = sum(parts.values())
    sheet = Sheet(f"Where the time of “{HTTP}” goes", ["", "ms", "share"])
    sheet.rows = [(name, short(took), f"{took / whole:.0%}") for name, took in parts.items()]
    sheet.rows.append(("together", short(whole), "100%"))
    sheet.notes = ["Parts that cannot be run alone are differences of two candidates of the same round."]
    return sheet


if __name__ == "__main__":
    run("slots", measure)
