"""A booking in separate statements, as pgbench and Node send them: the same work, under the same rights.

Settings ride in BEGIN's round trip, the lock is a statement of its own, and all reading is one new statement after it.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
from sqlalchemy import make_url

from app.actor import STRANGER
from app.platform import migrations
from app.platform.embedded.programs import installed_programs
from app.platform.ids import new_id
from app.platform.settings import Settings
from app.services.scheduling.calendars import REACH
from benchmarks.common import NoFigure
from benchmarks.practice import as_owner
from tests.practice import Person

WARMING_TURNS = 2  # of each caller, not counted

LOCK = "SELECT open_calendar(:coach_id, true, false)"
READ = """
SELECT k.*, m.status AS member_status, m.first_name || ' ' || m.last_name AS member_name,
  ARRAY(SELECT ARRAY[extract(epoch FROM s.starts_at)::bigint, extract(epoch FROM s.ends_at)::bigint] FROM sessions s
    WHERE s.member_id = m.id AND s.status <> 'CANCELLED' AND s.starts_at >= :since AND s.starts_at < :until) AS busy
  FROM members m, read_calendar(:coach_id, :since, :until) k WHERE m.id = :member_id"""
TAKE_SEAT = """
WITH slot AS (
  INSERT INTO calendar_slots AS s (coach_id, starts_at, ends_at, blocked_until, capacity)
    VALUES (:coach_id, :starts_at, :ends_at, :ends_at, :capacity)
    ON CONFLICT (coach_id, starts_at) DO UPDATE SET ends_at = excluded.ends_at, capacity = excluded.capacity
      WHERE s.ends_at < excluded.ends_at OR s.capacity <> excluded.capacity)
INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)
  SELECT :coach_id, :starts_at, coalesce(max(t.seat_no), 0) + 1, :ends_at, :capacity
    FROM calendar_seats t WHERE t.coach_id = :coach_id AND t.starts_at = :starts_at
  RETURNING seat_no"""
SESSION = """
INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,
    seat_no, version)
  VALUES (:session_id, :coach_id, :member_id, 'Member Of Ours', :starts_at, :ends_at, 'REGULAR', 'INDIVIDUAL',
    'SCHEDULED', :starts_at, :seat_no, 1) RETURNING created_at, updated_at"""
SESSION_CHANGE = """
INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind, to_starts_at, changed_by_user_id)
  VALUES (:change_id, :session_id, :coach_id, :member_id, 1, 'BOOKED', :starts_at, :user_id)"""
BOOKING = """
INSERT INTO bookings (id, coach_id, member_id, session_id, starts_at, status)
  VALUES (:booking_id, :coach_id, :member_id, :session_id, :starts_at, 'CONFIRMED')"""
REJECTION = """
INSERT INTO bookings (id, coach_id, member_id, starts_at, status, reason)
  VALUES (:booking_id, :coach_id, :member_id, :starts_at, 'REJECTED', :reason)"""
VERSION = "UPDATE coach_calendars SET version = version + 1 WHERE coach_id = :coach_id RETURNING version"
OUTBOX = "INSERT INTO outbox (event_type, event) VALUES (:event_type, :event)"

_SETTINGS = tuple(STRANGER.settings())
_WISH = "coach_id, member_id, user_id, starts_at, ends_at, capacity, since, until, session_id, booking_id, change_id"
_PLAN = """
    CREATE TABLE benchmark_bookings (place int PRIMARY KEY, settings text[], coach_id uuid, member_id uuid,
      user_id uuid, starts_at timestamptz, ends_at timestamptz, capacity int, since timestamptz, until timestamptz,
      session_id uuid, booking_id uuid, change_id uuid, event_type text, event text)
"""


@dataclass(frozen=True)
class Wish:
    who: Person
    coach_id: UUID
    starts_at: datetime


@dataclass(eq=False)
class Case:
    """What is booked, how many places a start has, and by how many callers at once."""

    name: str
    wishes: list[Wish]
    seats: int
    callers: int

    @property
    def warming(self) -> list[Wish]:
        """Booked before and not counted, a week later in the calendars."""
        later = timedelta(days=7)
        return [replace(wish, starts_at=wish.starts_at + later) for wish in self.wishes[: WARMING_TURNS * self.callers]]


def numbered(statement: str) -> tuple[str, list[str]]:
    """The statement as a driver wants it, with numbers for names, and the names in their order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return re.sub(r"(?<!:):([a-z_]+)", number, statement), names


# pgbench


def script(callers: int) -> str:
    """The look-ups of what to book ride in the first two statements: no round trip is made for them."""
    settings = ", ".join(f"set_config('{name}', settings[{n}], true)" for n, name in enumerate(_SETTINGS, start=1))
    return f"""\
\\set turn :turn + 1
\\set place :turn * {callers} + :client_id
\\startpipeline
BEGIN;
SELECT {settings} FROM benchmark_bookings WHERE place = :place;
\\endpipeline
{LOCK.replace(":coach_id", "coach_id")}, {_WISH}, event_type, event
  FROM benchmark_bookings WHERE place = :place \\gset
{READ};
{TAKE_SEAT} \\gset
{SESSION};
{SESSION_CHANGE};
{BOOKING};
{VERSION};
{OUTBOX};
COMMIT;
"""


def find_pgbench() -> Path | None:
    """The one beside the embedded server's programs, or the newest of Debian's."""
    found = [installed_programs().postgres.with_name("pgbench")]
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), key=lambda path: float(path.parts[-3]))
    return next((path for path in (*found, *reversed(versions)) if path.is_file()), None)


async def prepare_plan(settings: Settings, case: Case) -> None:
    """Writes down for pgbench what is to be booked."""
    rows = [_row(place, wish, case.seats) for place, wish in enumerate([*case.warming, *case.wishes])]
    async with as_owner(settings) as owner:
        await owner.execute("DROP TABLE IF EXISTS benchmark_bookings")
        await owner.execute(_PLAN)
        await owner.copy_records_to_table("benchmark_bookings", records=rows)
        await owner.execute(f'GRANT SELECT ON benchmark_bookings TO "{migrations.application_role(settings)}"')
        await owner.execute("ANALYZE benchmark_bookings")


def _row(place: int, wish: Wish, seats: int) -> tuple[object, ...]:
    session_id, booking_id, change_id = (new_id() for _ in range(3))
    member_id = wish.who.actor.member_id
    event = {"session_id": session_id, "coach_id": wish.coach_id, "member_id": member_id, "starts_at": wish.starts_at}
    return (
        place,
        list(wish.who.actor.settings().values()),
        wish.coach_id,
        member_id,
        wish.who.actor.user_id,
        wish.starts_at,
        wish.starts_at + timedelta(hours=1),
        seats,
        wish.starts_at - REACH,
        wish.starts_at + REACH,
        session_id,
        booking_id,
        change_id,
        "SessionBooked",
        orjson.dumps(event, default=str).decode(),
    )


def environment(settings: Settings) -> dict[str, str]:
    """How libpq and node-postgres find the database as the application's role."""
    url = make_url(settings.database_url)
    named = {
        "PGHOST": url.query.get("host") or url.host,
        "PGPORT": url.query.get("port") or url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PATH": os.environ.get("PATH"),
    }
    role = migrations.assumed_role(settings)
    # Every statement finds rows by their keys: the plan that PostgreSQL would settle on with the sixth execution.
    options = "-c jit=off -c plan_cache_mode=force_generic_plan" + (f" -c role={role}" if role else "")
    return {"PGOPTIONS": options, **{name: str(value) for name, value in named.items() if value}}


async def pgbench(program: Path, settings: Settings, case: Case) -> float:
    """Bookings per second, read from its log of each transaction: those of the first turns are left out."""
    file = settings.data_dir / f"booking-{case.callers}.sql"
    file.write_text(script(case.callers), encoding="utf-8")
    turns = (len(case.warming) + len(case.wishes)) // case.callers
    command = [str(program), "--no-vacuum", "--protocol=prepared", f"--client={case.callers}", "--jobs=1", "--log"]
    command += [f"--transactions={turns}", "--define=turn=-1", f"--file={file}", f"--log-prefix={file}"]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or b"ERROR" in complained:
        raise NoFigure(f"pgbench ended with {process.returncode}: {complained.decode()[-500:]}")
    log = file.with_name(f"{file.name}.{process.pid}")
    return rate_of_log(log.read_text(encoding="ascii"), len(case.wishes))


def rate_of_log(log: str, counted: int) -> float:
    """From the end of the first caller's warming to the last booking; a line is client, turn, µs, script, s and µs."""
    ended: dict[int, list[float]] = {}
    for line in log.splitlines():
        client, _, _, _, seconds, microseconds = map(int, line.split()[:6])
        ended.setdefault(client, []).append(seconds + microseconds / 1e6)
    began = min(turns[WARMING_TURNS - 1] for turns in ended.values())
    return counted / (max(turns[-1] for turns in ended.values()) - began)


def statements() -> dict[str, Sequence[object]]:
    """All of them for Node: each with its names in order."""
    named = {
        "lock": LOCK,
        "read": READ,
        "takeSeat": TAKE_SEAT,
        "session": SESSION,
        "sessionChange": SESSION_CHANGE,
        "booking": BOOKING,
        "rejection": REJECTION,
        "version": VERSION,
        "outbox": OUTBOX,
    }
    return {name: numbered(statement.strip()) for name, statement in named.items()}
