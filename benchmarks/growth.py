"""What a booking, a slots query and a first page of sessions cost while the tables grow to millions of sessions."""

import argparse
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import make_url

from app.api import schema
from app.context import Context
from app.models.coaches import Coach
from app.models.identity import Role, User
from app.models.members import Member
from app.platform import migrations
from app.platform.settings import Settings
from app.platform.tokens import AccessTokens
from app.services.identity import Viewer
from app.wire.relay import global_id
from benchmarks.common import (
    Bar,
    Candidate,
    Figures,
    NoFigure,
    Sheet,
    drop,
    in_turns,
    plain_connection,
    run,
    say,
    short,
)
from benchmarks.many_sessions import OF_A_COACH, STARTS, load_sessions
from benchmarks.practice import KeepAlive, as_owner, monday_after_next, request_body
from benchmarks.reading import Reading, what_is_read
from tests.operations import AVAILABLE, BOOK, SESSIONS
from tests.server.serving import server_processes

STEPS = (100_000, 1_000_000, 10_000_000)
ROUNDS, TIMES, WARMING = 5, 60, 60
READ_TIMES = 10
LEAST, SECONDS_OF_A_TURN = 3, 5.0
FLAT = 1.5
HOURS_FOR_ALL = 3

BOOKING, SLOTS = "a booking", "a slots query of 28 days"
PAGE = "first page of sessions: "
BY_MEMBER, BY_COACH, BY_BUSY = f"{PAGE}a member", f"{PAGE}a coach of {OF_A_COACH:,}", f"{PAGE}a coach of {STARTS:,}"
TO_COME, BY_ADMIN, TO_COME_ADMIN = f"{BY_BUSY}, those to come", f"{PAGE}an admin", f"{PAGE}an admin, those to come"
KINDS = (BOOKING, SLOTS, BY_MEMBER, BY_COACH, BY_BUSY, TO_COME, BY_ADMIN, TO_COME_ADMIN)

LOADED = "loaded by benchmarks.growth"
_IS_LOADED = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
_COACHES = """
    SELECT c.id, c.user_id, count(s.id) AS sessions FROM coaches c JOIN sessions s ON s.coach_id = c.id
    WHERE c.id IN (SELECT id FROM coaches ORDER BY id LIMIT 1) OR c.id IN (SELECT id FROM coaches ORDER BY md5(id::text)
      LIMIT 400) GROUP BY c.id ORDER BY sessions DESC, md5(c.id::text)
"""
_MEMBERS = "SELECT id, user_id FROM members ORDER BY md5(id::text) LIMIT 400"
# Free starts of these coaches in the four weeks from `since`, one after the other, each for a member of theirs.
_WISHES = """
    SELECT f.coach_id, f.starts_at, m.id, m.user_id FROM (
      SELECT c.id AS coach_id, s.starts_at, row_number() OVER (PARTITION BY c.id ORDER BY s.starts_at)::int AS nth
      FROM unnest($1::uuid[]) AS c (id), (
        SELECT $2::timestamptz + make_interval(days => day, hours => hour) AS starts_at
        FROM generate_series(0, 25) AS day, unnest(ARRAY[9, 10, 11, 13, 14, 15, 16, 17]) AS hour WHERE day % 7 < 5
      ) AS s
      WHERE NOT EXISTS (SELECT FROM calendar_slots k WHERE k.coach_id = c.id AND k.starts_at = s.starts_at)
    ) AS f
    CROSS JOIN LATERAL (SELECT id, user_id FROM members WHERE coach_id = f.coach_id
                        ORDER BY id OFFSET nth % 50 LIMIT 1) AS m
    WHERE NOT EXISTS (SELECT FROM sessions o WHERE o.member_id = m.id AND o.status <> 'CANCELLED'
                      AND o.starts_at BETWEEN f.starts_at - interval '1 hour' AND f.starts_at + interval '1 hour')
    ORDER BY nth, coach_id LIMIT $3
"""


@dataclass(frozen=True)
class Asking:
    """One request: who asks what."""

    viewer: Viewer
    token: str
    query: str
    variables: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        return request_body(self.query, **self.variables)

    async def execute(self, context: Context) -> None:
        result = await schema.execute(self.query, variable_values=dict(self.variables), context_value=context)
        if result.errors:
            raise NoFigure(str(result.errors))


class Grown:
    """One database with so many sessions, what is asked of it, and later the port of the server that works on it."""

    def __init__(self, sessions: int, settings: Settings, asked: Mapping[str, Iterator[Asking]]) -> None:
        self.sessions, self.settings, self.asked = sessions, settings, asked
        self.port = 0

    @property
    def name(self) -> str:
        return f"{self.sessions:,}"

    async def turn(self, kind: str, times: int = TIMES) -> float:
        """The median of so many requests, or of those of some seconds, in milliseconds."""
        taken: list[float] = []
        async with KeepAlive.opened(self.port) as client:
            while len(taken) < times and (len(taken) < LEAST or sum(taken) < SECONDS_OF_A_TURN):
                asking = next(self.asked[kind])
                body = asking.body
                began = time.perf_counter()
                answer = await client.post(body, asking.token)
                taken.append(time.perf_counter() - began)
                if (kind == BOOKING and b'"__typename":"Booking"' not in answer) or b'"errors"' in answer:
                    raise NoFigure(answer[:300].decode())
        return median(taken) * 1_000

    async def read_by(self, kind: str) -> Reading:
        asked = [next(self.asked[kind]) for _ in range(READ_TIMES)]
        actor = asked[0].viewer.actor
        if any(asking.viewer.actor != actor for asking in asked):
            parts = [await what_is_read(self.settings, each.viewer.actor, [each.execute]) for each in asked]
            return merged(parts)
        return await what_is_read(self.settings, actor, [asking.execute for asking in asked])


def merged(parts: Sequence[Reading]) -> Reading:
    names = dict.fromkeys(name for part in parts for name in part.rows)
    rows = {name: sum(part.rows.get(name, 0) for part in parts) / len(parts) for name in names}
    return Reading(rows, list(dict.fromkeys(plan for part in parts for plan in part.plans)))


async def measure(settings: Settings, *, sessions: Sequence[int], keep: bool) -> list[Sheet]:
    settings = settings.model_copy(update={"access_token_minutes": 1_440})
    steps = [step for step in STEPS if step < sessions[0]] + [*sessions] if len(sessions) == 1 else sorted(sessions)
    async with AsyncExitStack() as stack:
        grown = [await stack.enter_async_context(grow(settings, step, keep)) for step in steps]
        for each in grown:
            [server] = await stack.enter_async_context(server_processes(each.settings, 1))
            each.port = server.port
        figures: dict[str, Figures] = {}
        for kind in KINDS:
            say.print(f"{kind}:", style="dim")
            candidates: dict[str, Candidate] = {each.name: partial(each.turn, kind) for each in grown}
            for each in grown:
                await each.turn(kind, WARMING)
            figures[kind] = await in_turns(candidates, ROUNDS)
        readings = {kind: [await each.read_by(kind) for each in grown] for kind in KINDS}
    return [costs(figures, grown), rows_read(readings, grown), plans(readings, grown)]


@asynccontextmanager
async def grow(settings: Settings, sessions: int, keep: bool) -> AsyncIterator[Grown]:
    """A database of its own, dropped at the end; or kept, and found again by the next run."""
    name = f"rapport_growth_{sessions}" if keep else f"{make_url(settings.database_url).database}_{sessions}"
    moved = {
        key: make_url(url).set(database=name).render_as_string(hide_password=False)
        for key in ("database_url", "database_owner_url")
        if (url := getattr(settings, key))
    }
    there = settings.model_copy(update=moved)
    async with plain_connection(migrations.owner_url(settings)) as owner:
        is_loaded = keep and await owner.fetchval(_IS_LOADED, name) == LOADED
        if not is_loaded:
            say.print(f"{sessions:,} sessions:", style="dim")
            await owner.execute(f'CREATE DATABASE "{name}"')
        try:
            await migrations.migrate(there)
            if not is_loaded:
                await load_sessions(there, sessions, datetime.now(UTC))
                await owner.execute(f"COMMENT ON DATABASE \"{name}\" IS '{LOADED}'")
            async with as_owner(there) as inside:
                asked = await requests(there, inside)
            yield Grown(sessions, there, asked)
        finally:
            if not keep:
                await drop(owner, name)


async def requests(settings: Settings, owner: Any) -> dict[str, Iterator[Asking]]:
    """Endless ones of each kind; bookings end with the free starts."""
    now = datetime.now(UTC)
    tokens = AccessTokens(settings.secret_key, timedelta(minutes=settings.access_token_minutes))
    of_role: dict[str, list[str]] = {}
    for row in await owner.fetch("SELECT role, permission FROM role_permissions ORDER BY permission"):
        of_role.setdefault(row["role"], []).append(row["permission"])

    def by(role: Role, user_id: UUID, query: str, coach: UUID | None = None, member: UUID | None = None) -> Any:
        viewer = Viewer(
            User(id=user_id, email="", role=role, time_zone="UTC"),
            Member(id=member, user_id=user_id, first_name="", last_name="") if member else None,
            Coach(id=coach, user_id=user_id, display_name="", time_zone="UTC") if coach else None,
            of_role[role.value],
        )
        token, _ = tokens.issue(viewer.claims, now)
        return lambda **variables: Asking(viewer, token, query, variables)

    admin = UUID(int=1)
    await owner.execute(
        "INSERT INTO users (id, email, role, time_zone, is_active, is_email_verified)"
        " VALUES ($1, 'admin@example.com', 'ADMIN', 'UTC', true, true) ON CONFLICT DO NOTHING",
        admin,
    )
    busy, *coaches = await owner.fetch(_COACHES)
    members = await owner.fetch(_MEMBERS)
    needed = WARMING + ROUNDS * TIMES + READ_TIMES
    since = monday_after_next(now)
    wishes = await owner.fetch(_WISHES, [row["id"] for row in coaches], since, needed)
    if len(wishes) < needed:
        raise NoFigure(f"there are {len(wishes)} free starts of {needed} to book")
    to_come = {"filter": {"from": now.isoformat()}}
    as_members = [by(Role.MEMBER, row["user_id"], SESSIONS, member=row["id"])() for row in members]
    as_coaches = [by(Role.COACH, row["user_id"], SESSIONS, coach=row["id"])() for row in coaches]
    as_busy = by(Role.COACH, busy["user_id"], SESSIONS, coach=busy["id"])
    as_admin = by(Role.ADMIN, admin, SESSIONS)
    return {
        BOOKING: iter(
            [
                by(Role.MEMBER, row["user_id"], BOOK, member=row["id"])(
                    input={"coachId": global_id("Coach", row["coach_id"]), "startsAt": row["starts_at"].isoformat()}
                )
                for row in wishes
            ]
        ),
        SLOTS: (
            by(Role.MEMBER, member["user_id"], AVAILABLE, member=member["id"])(
                coachId=global_id("Coach", coach["id"]),
                to=(start + timedelta(days=28)).isoformat(),
                **{"from": start.isoformat()},
            )
            # Never the same range of a coach twice, so that no answer is kept from another request.
            for start, coach, member in zip(
                (since - timedelta(days=7, minutes=n) for n in range(10_000)),
                cycle(coaches),
                cycle(members),
                strict=False,
            )
        ),
        BY_MEMBER: cycle(as_members),
        BY_COACH: cycle(as_coaches),
        BY_BUSY: cycle([as_busy()]),
        TO_COME: cycle([as_busy(**to_come)]),
        BY_ADMIN: cycle([as_admin()]),
        TO_COME_ADMIN: cycle([as_admin(**to_come)]),
    }


def costs(figures: Mapping[str, Figures], grown: Sequence[Grown]) -> Sheet:
    first, *others = [each.name for each in grown]
    heads = [f"{name} sessions" for name in (first, *others)]
    sheet = Sheet(
        "Over HTTP, one server process, one request at a time: ms",
        ["", *heads, *(f"times the first, {name}" for name in others)],
    )
    for kind, found in figures.items():
        medians = [short(found.median(name)) if name in found.rounds else "" for name in (first, *others)]
        sheet.rows.append((kind, *medians, *(spread(found, name, first) for name in others)))
    largest = grown[-1].name
    sheet.notes = [
        f"{kind}: {Bar(largest, first, at_most=FLAT).said(found)}"
        for kind, found in figures.items()
        if largest != first
    ]
    sheet.notes.append(
        f"Medians of up to {ROUNDS} rounds of {TIMES} requests; in each round every size has its turn, with a server"
        " process and a database of its own in one PostgreSQL. A page has 20 sessions with their coach, member and"
        " history; each booking is another member's at another free start, each slots query of another range or coach."
    )
    return sheet


def spread(found: Figures, name: str, first: str) -> str:
    if not {name, first} <= found.rounds.keys():
        return "no figure"
    ratios = found.ratios(name, first)
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def rows_read(readings: Mapping[str, Sequence[Reading]], grown: Sequence[Grown]) -> Sheet:
    sheet = Sheet(
        "Rows that a request reads, by PostgreSQL's own count",
        ["", *(f"{each.name} sessions" for each in grown), "by, with the most"],
    )
    for kind, read in readings.items():
        by = ", ".join(f"{name} {short(count)}" for name, count in list(read[-1].rows.items())[:6])
        sheet.rows.append((kind, *(short(each.total) for each in read), by))
    sheet.notes.append("Of triggers, foreign keys and functions too. `all of`: a table was read without an index.")
    return sheet


def plans(readings: Mapping[str, Sequence[Reading]], grown: Sequence[Grown]) -> Sheet:
    sheet = Sheet(f"Plans of the statements, at {grown[-1].name} sessions", ["", "plan"])
    for kind, read in readings.items():
        sheet.rows += [(kind if number == 0 else "", plan) for number, plan in enumerate(read[-1].plans)]
    sheet.notes.append("As the application's role under row-level security; what runs inside functions is not shown.")
    return sheet


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    most = f"the largest size, up to {STEPS[-1]:,}; or each size to measure at"
    parser.add_argument("--sessions", type=int, nargs="+", default=[STEPS[1]], help=most)
    parser.add_argument("--keep", action="store_true", help="leave the databases to the next run, on servers of yours")
    given, _ = parser.parse_known_args()
    run(
        "growth",
        partial(measure, sessions=given.sessions, keep=given.keep),
        seconds=HOURS_FOR_ALL * 3_600,
        parser=parser,
    )
