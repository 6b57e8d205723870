"""What the outbox costs: a booking with its row and without, and the relay beside a plain loop that only deletes."""

import argparse
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial

from app.platform.settings import Settings
from app.worker import AT_ONCE, Worker
from benchmarks.booking_history import make_history
from benchmarks.common import Bar, Candidate, NoFigure, Sheet, comparison, in_turns, run, say
from benchmarks.practice import as_owner, make_coaches, make_members, monday_after_next, practice_of_today
from benchmarks.sessions import CALLERS, Callers, wishes_of
from tests.practice import Practice

ROUNDS = 5
COACHES, SEATS, BOOKINGS = 200, 10, 640
EVENTS = 20_000

WITHOUT, WITH, WORKING = "without the row", "with the row", "with the row, a worker beside"
PLAIN, FORGETTING, QUEUEING = "DELETE … RETURNING", "relay, nobody hears", "relay, a job for each"

_LEAVE_OUT = "CREATE RULE left_out AS ON INSERT TO outbox DO INSTEAD NOTHING"
_PUT_BACK = "DROP RULE IF EXISTS left_out ON outbox"
_FILL = (
    "INSERT INTO outbox (event_type, event) SELECT 'SessionBooked', jsonb_build_object('session_id',"
    " gen_random_uuid(), 'coach_id', gen_random_uuid(), 'member_id', gen_random_uuid(), 'starts_at', now())"
    " FROM generate_series(1, $1::int)"
)
_TAKE = (
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, event_type, event, created_at"
)


async def measure(settings: Settings, *, events: int, rounds: int) -> list[Sheet]:
    async with practice_of_today(settings) as practice:
        return [
            await booking(settings, practice, rounds),
            await relaying(settings, practice, events, rounds),
        ]


async def booking(settings: Settings, practice: Practice, rounds: int) -> Sheet:
    members = await make_members(settings, practice, BOOKINGS)
    starts_at = monday_after_next(practice.clock(), 10)
    coaches = await make_coaches(settings, COACHES, SEATS)
    await make_history(settings, coaches, members, starts_at)
    callers = Callers(settings, practice)
    plain = callers.candidate(wishes_of(members, coaches, starts_at), callers.book)

    async def without() -> float:
        async with as_owner(settings) as owner:
            await owner.execute(_LEAVE_OUT)
            try:
                return await plain()
            finally:
                await owner.execute(_PUT_BACK)

    async def beside() -> float:
        worker = Worker(practice.house)
        worker.start(settings)
        try:
            return await plain()
        finally:
            await worker.stop(5)
            await emptied(settings)

    await plain()  # warms
    say.print(f"{CALLERS} callers into {COACHES} calendars:", style="dim")
    figures = await in_turns({WITHOUT: without, WITH: plain, WORKING: beside}, rounds)
    sheet = comparison(f"Bookings, {CALLERS} callers in process", "a second", figures, WITHOUT)
    sheet.notes.append(
        f"{BOOKINGS} members, {COACHES} calendars with {SEATS} places each, as in the cold case of `booking`. Without"
        " the row by a rule of PostgreSQL, so all else is the same. The worker runs in the callers' process."
    )
    sheet.notes.append(Bar(WITH, WITHOUT, at_least=0.7).said(figures))
    return sheet


async def relaying(settings: Settings, practice: Practice, events: int, rounds: int) -> Sheet:
    async def plain() -> None:
        async with as_owner(settings) as connection:
            while await connection.fetch(_TAKE, AT_ONCE):
                pass

    async def relay(heard_by: dict[str, list[str]]) -> None:
        worker = Worker(practice.house)
        worker._heard_by = heard_by
        while await worker.relay():
            pass

    def candidate(work: Callable[[], Awaitable[None]], jobs: int) -> Candidate:
        async def measured() -> float:
            async with as_owner(settings) as owner:
                await owner.execute(_FILL, events)
                await owner.execute("VACUUM (ANALYZE) outbox")
                began = time.perf_counter()
                await work()
                seconds = time.perf_counter() - began
                left, queued = (
                    await owner.fetchrow("SELECT (SELECT count(*) FROM outbox), count(*) FROM pgqueuer") or ()
                )
            await emptied(settings)
            if (left, queued) != (0, jobs):
                raise NoFigure(f"{left} events were left, and {queued} jobs queued")
            return events / seconds

        return measured

    candidates = {
        PLAIN: candidate(plain, 0),
        FORGETTING: candidate(partial(relay, {}), 0),
        QUEUEING: candidate(partial(relay, {"SessionBooked": ["nobody's"]}), events),
    }
    figures = await in_turns(candidates, rounds)
    sheet = comparison(f"Handing on {events:,} events, {AT_ONCE} in a transaction", "events a second", figures, PLAIN)
    sheet.notes.append("One relay; several work side by side. The plain loop reads the rows, and no more.")
    return sheet


async def emptied(settings: Settings) -> None:
    async with as_owner(settings) as owner:
        await owner.execute("DELETE FROM outbox; DELETE FROM pgqueuer; DELETE FROM pgqueuer_log")
        for table in ("outbox", "pgqueuer", "pgqueuer_log"):
            await owner.execute(f"VACUUM {table}")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmarks.outbox")
    made.add_argument("--events", type=int, default=EVENTS, help="in each run")
    made.add_argument("--rounds", type=int, default=ROUNDS)
    return made


if __name__ == "__main__":
    options = parser()
    wanted, _ = options.parse_known_args(sys.argv[1:])
    run(
        "outbox",
        partial(measure, events=wanted.events, rounds=wanted.rounds),
        parser=options,
    )
