"""What it costs to list the slots of four weeks: one request after the other and many at once, kept and computed."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import count
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.api import schema
from app.context import Context
from app.platform.settings import Settings
from app.services import scheduling as scheduling_service
from app.services.scheduling.slots import slots_between
from app.wire.encoding import encode_result
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
from benchmarks.slots_load import Load
from tests.operations import AVAILABLE
from tests.practice import Person, Practice
from tests.server.serving import server_processes

SECONDS = 115.0
ROUNDS = 5
TIMES = 20  # each candidate in each round
SECONDS_OF_ROUNDS = 15.0
DAYS = 28
ZONE = "Asia/Kolkata"  # its clock never changes, so the figures do not depend on the season
WEEKDAYS = range(1, 6)
MEMBERS = 32

KEPT, COMPUTED = "HTTP, kept", "HTTP, computed"
BASELINE = "plain asyncpg + orjson"
EXECUTE, LOOK, ARITHMETIC, AGAIN = "execute and encode", "look", "slots_between", "judged"

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

    def __init__(self, practice: Practice, who: Person, others: list[Person], coach_id: UUID, since: datetime) -> None:
        self.practice, self.who, self.others, self.coach_id = practice, who, others, coach_id
        self.since, self.until = since, since + timedelta(days=DAYS)
        self.now = practice.clock()
        self._earlier = count(1)

    @property
    def context(self) -> Context:
        return self.practice.context(self.who)

    def variables(self) -> dict[str, Any]:
        asked = {"coachId": global_id("Coach", self.coach_id), "all": True}
        return {**asked, "from": self.since.isoformat(), "to": self.until.isoformat()}

    def another_range(self) -> dict[str, Any]:
        """With the same slots in it, and asked for by nobody before."""
        since = self.since - timedelta(milliseconds=next(self._earlier))
        return self.variables() | {"from": since.isoformat()}

    async def execute(self, variables: dict[str, Any]) -> bytes:
        result = await schema.execute(AVAILABLE, variable_values=variables, context_value=self.context)
        if result.errors:
            raise NoFigure(str(result.errors))
        return encode_result(result)

    async def look(self) -> Any:
        readings = self.practice.house.readings
        return await readings.look(self.who.actor, self.coach_id, self.since, self.until, lasting=False)

    async def listed(self) -> list[dict[str, Any]]:
        slots: list[dict[str, Any]] = orjson.loads(await self.execute(self.variables()))["data"]["availableSlots"][
            "slots"
        ]
        return slots


async def measure(settings: Settings) -> list[Sheet]:
    async with AsyncExitStack() as stack:
        practice = await stack.enter_async_context(practice_of_today(settings))
        month = await fill(settings, practice)
        listed = await month.listed()
        async with as_owner(settings) as owner:
            await owner.execute(_ROWS)
            await owner.execute(_COPY_ROWS, orjson.dumps(listed).decode())
        load = Load(settings, month.variables(), month.who, month.others)
        at_once = await load.measured(month.since)
        plain = await stack.enter_async_context(plain_connection(settings.database_owner_url or settings.database_url))
        [server] = await stack.enter_async_context(server_processes(settings, 1))
        client = await stack.enter_async_context(KeepAlive.opened(server.port))
        figures = await measure_in_turns(month, client, plain)
    return [*at_once, *sheets(figures, len(listed), sum(slot["isBookable"] for slot in listed))]


async def fill(settings: Settings, practice: Practice) -> Month:
    [coach_id] = await make_coaches(settings, 1, 2, days=WEEKDAYS, zone=ZONE)
    first, second, asking, *others = await make_members(settings, practice, 3 + MEMBERS)
    since = monday_after_next(practice.clock()) - timedelta(hours=5, minutes=30)
    month = Month(practice, asking, others, coach_id, since)
    seen = await practice.house.readings.look(asking.actor, coach_id, month.since, month.until)
    starts = [slot.starts_at for slot in seen.starts.slots]
    members = [person.member.id for person in (first, second) if person.member is not None]
    async with as_owner(settings) as owner:
        await owner.execute(_SEATED, coach_id, starts, members)
        await owner.execute(_DAY_OFF, coach_id, month.since + timedelta(days=9))
        await owner.execute("UPDATE coach_calendars SET version = version + 1 WHERE coach_id = $1", coach_id)
        await owner.execute("ANALYZE")
    return month


async def measure_in_turns(month: Month, client: KeepAlive, plain: "asyncpg.Connection[asyncpg.Record]") -> Figures:
    token, kept = month.who.token, request_body(AVAILABLE, **month.variables())
    seen = await month.practice.house.readings.look(month.who.actor, month.coach_id, month.since, month.until)

    async def rows() -> bytes:
        found = await plain.fetch('SELECT * FROM benchmark_slots ORDER BY "startsAt"')
        return orjson.dumps([dict(row) for row in found])

    async def compute() -> list[scheduling_service.Slot]:
        return slots_between(seen.calendar, month.since, month.until, month.now)

    async def judge() -> list[scheduling_service.Slot]:
        return seen.starts.judged(month.now, ())

    def repeated(work: Callable[[], Awaitable[object]]) -> Candidate:
        return lambda: milliseconds(work, TIMES)

    candidates: dict[str, Callable[[], Awaitable[object]]] = {
        KEPT: lambda: client.post(kept, token),
        COMPUTED: lambda: client.post(request_body(AVAILABLE, **month.another_range()), token),
        BASELINE: rows,
        EXECUTE: lambda: month.execute(month.another_range()),
        LOOK: month.look,
        ARITHMETIC: compute,
        AGAIN: judge,
    }
    for work in candidates.values():
        await milliseconds(work, 5)
    work_in_turns = {name: repeated(work) for name, work in candidates.items()}
    return await in_turns(work_in_turns, ROUNDS, seconds=SECONDS_OF_ROUNDS)


def sheets(figures: Figures, listed: int, free: int) -> list[Sheet]:
    shown = (KEPT, COMPUTED, BASELINE)
    compared = Figures({name: figures.rounds[name] for name in shown if name in figures.rounds}, figures.failed)
    table = comparison(f"One request after the other: {DAYS} days, all fields", "ms a request", compared, BASELINE)
    table.notes += [
        f"{listed} slots, {free} of them bookable; rounds of {TIMES} requests in turns, the median of each; one server "
        "process, one client on one connection that decodes nothing.",
        f"`{BASELINE}` is one query for {listed} prepared rows with the same columns, without a transaction, "
        "row-level security, GraphQL or HTTP.",
    ]
    return [table] if figures.failed else [table, where_it_goes(figures, listed)]


def where_it_goes(figures: Figures, listed: int) -> Sheet:
    """The parts of a computed answer, each measured alone, or as the difference of two in the same round."""

    def difference(whole: str, *parts: str) -> float:
        rounds = zip(*(figures.rounds[name] for name in (whole, *parts)), strict=True)
        return float(median(first - sum(rest) for first, *rest in rounds))

    def of_a_slot(took: float) -> str:
        return f"{took * 1_000 / listed:.2f}"

    arithmetic, fields = figures.median(ARITHMETIC), difference(EXECUTE, LOOK, ARITHMETIC)
    parts = {
        "one statement: rights, opening, calendar, busy times": figures.median(LOOK),
        "arithmetic: `slots_between`": arithmetic,
        "GraphQL and JSON: a new question, the slots' fields": fields,
        "HTTP: server, token, log, and the client": difference(COMPUTED, EXECUTE),
    }
    whole = sum(parts.values())
    sheet = Sheet(f"Where the time of “{COMPUTED}” goes", ["", "ms", "share", "µs a slot"])
    sheet.rows = [(name, short(took), f"{took / whole:.0%}", of_a_slot(took)) for name, took in parts.items()]
    sheet.rows.append(("together", short(whole), "100%", of_a_slot(whole)))
    again = of_a_slot(figures.median(AGAIN))
    sheet.notes = [
        "Parts that cannot be run alone are differences of two candidates of the same round.",
        f"After a booking, where the starts are known and only their state is computed again: {again} µs a slot.",
    ]
    return sheet


if __name__ == "__main__":
    run("slots", measure, seconds=SECONDS)
