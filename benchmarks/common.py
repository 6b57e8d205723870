"""What the benchmarks share: servers and a database of their own, people in bulk, measuring in turns, tables, the page.

A figure is printed and never asserted. Candidates take turns, round after round, and each round's ratio is shown,
because a machine's speed drifts within minutes.
"""

import argparse
import asyncio
import logging
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Any, NoReturn, Self, TextIO
from uuid import UUID

import asyncpg
import orjson
import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

from app.models.identity import Role, User
from app.models.members import Member
from app.platform import migrations
from app.platform.embedded import embedded_servers
from app.platform.logs import configure_logs
from app.platform.settings import Settings, read_settings
from app.services.identity import Viewer
from tests.practice import MovableClock, Person, Practice

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
SECONDS_FOR_ROUNDS = 50.0  # after that no further round begins
SECONDS_FOR_ALL = 90.0
BUSY_LOAD = 0.5  # of other work on each core: more is said beside the figures

say = Console(highlight=False, soft_wrap=True)


# A benchmark from its start to its end


def run(name: str, measure: Callable[[Settings], Awaitable[list["Sheet"]]]) -> None:
    """Measures, prints, and with `--record` writes the section of this name; everything that was started is stopped."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/performance.md")
    record = parser.parse_args().record
    signal.signal(signal.SIGTERM, _leave)
    began, load = time.monotonic(), os.getloadavg()[0]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-benchmark-")))
        started = stack.enter_context(servers(folder))
        log_to(stack.enter_context(open(folder / "log", "w", encoding="utf-8")))
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        version, sheets = runner.run(_in_own_database(started, measure))
    lines = [machine(version), busyness(load)]
    say.print(f"\n[bold]{name}[/bold]: {time.monotonic() - began:.0f} s\n" + "\n".join(lines))
    for sheet in sheets:
        sheet.print()
    if record:
        write_section(name, "\n\n".join([" ".join(lines), *(sheet.markdown() for sheet in sheets)]))
        say.print(f"\nWritten to {PAGE.relative_to(ROOT)}.")


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)


def log_to(file: TextIO) -> None:
    """What a server writes is written by this process too, and costs the same; the clients' own lines are left out."""
    with redirect_stderr(file):
        configure_logs("json", "INFO")
    logging.getLogger("httpx2").setLevel(logging.WARNING)


@contextmanager
def servers(data_dir: Path) -> Iterator[Settings]:
    """Those of DATABASE_URL and REDIS_URL if both are set, else embedded ones in this folder."""
    settings = read_settings(data_dir=data_dir, _env_file=None)
    if settings.database_url and settings.redis_url:
        yield settings
        return
    with embedded_servers(data_dir) as embedded:
        yield settings.model_copy(
            update={
                "database_url": embedded.database_url,
                "database_owner_url": embedded.database_owner_url,
                "redis_url": embedded.redis_url,
            }
        )


async def _in_own_database(
    started: Settings, measure: Callable[[Settings], Awaitable[list["Sheet"]]]
) -> tuple[str, list["Sheet"]]:
    """Nobody's rows are touched: the database is made for this run and dropped after it."""
    name = f"rapport_benchmark_{os.getpid()}"
    moved = {
        key: make_url(url).set(database=name).render_as_string(hide_password=False)
        for key in ("database_url", "database_owner_url")
        if (url := getattr(started, key))
    }
    settings = started.model_copy(update={**moved, "secret_key": "not secret at all, for benchmarks only"})
    async with plain_connection(migrations.owner_url(started)) as owner:
        version = str(await owner.fetchval("SHOW server_version")).partition(" ")[0]
        await owner.execute(f'CREATE DATABASE "{name}"')
        try:
            await migrations.migrate(settings)
            async with asyncio.timeout(SECONDS_FOR_ALL):
                return version, await measure(settings)
        finally:
            await owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def plain_connection(url: str, **settings: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), server_settings={"jit": "off", **settings})
    try:
        yield connection
    finally:
        await connection.close()


# Measuring


class NoFigure(Exception):
    """A candidate did not do the work, so its speed says nothing."""


@dataclass
class Figures:
    """What each candidate reached in each round; a candidate without a figure is in `failed` with the reason."""

    rounds: dict[str, list[float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return median(self.rounds[name])

    def ratios(self, name: str, baseline: str) -> list[float]:
        return [a / b for a, b in zip(self.rounds[name], self.rounds[baseline], strict=True)]


Candidate = Callable[[], Awaitable[float]]


async def in_turns(candidates: Mapping[str, Candidate], rounds: int, *, until: float | None = None) -> Figures:
    """A B A B …; one round at least, and no further one begins after `until` of the monotonic clock."""
    figures = Figures({name: [] for name in candidates})
    for number in range(rounds):
        if number and until is not None and time.monotonic() > until:
            break
        for name, candidate in candidates.items():
            if name in figures.failed:
                continue
            try:
                figures.rounds[name].append(await candidate())
            except NoFigure as failure:
                figures.failed[name] = str(failure)
                del figures.rounds[name]
                say.print(f"[red bold]{name}: no figure. {failure}[/red bold]")
    return figures


async def milliseconds(work: Callable[[], Awaitable[object]], times: int) -> float:
    """The median of so many runs, one after the other."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return median(taken) * 1_000


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, in steps of 10 ms; not a number where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Showing


@dataclass
class Sheet:
    """One table, for the terminal and for the page; notes are sentences below it."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def print(self) -> None:
        table = Table(title=self.title, title_justify="left", title_style="bold")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        say.print()
        Console(highlight=False, width=max(say.width, 130)).print(table)
        for note in self.notes:
            say.print(note)

    def markdown(self) -> str:
        head = ["| " + " | ".join(self.columns) + " |", "|---" + "|---:" * (len(self.columns) - 1) + "|"]
        body = ["| " + " | ".join(row) + " |" for row in self.rows]
        notes = [f"\n{note}" for note in self.notes]
        return "\n".join([f"**{self.title}**", "", *head, *body, *notes])


def comparison(title: str, unit: str, figures: Figures, baseline: str) -> Sheet:
    """Median, least and greatest of each candidate, and how it stands to the baseline in each round."""
    sheet = Sheet(title, ["", f"{unit}: median", "min–max", "ratio: median", "ratio in each round"])
    for name, reached in figures.rounds.items():
        ratios = figures.ratios(name, baseline) if baseline in figures.rounds else []
        sheet.rows.append(
            (
                name,
                number(median(reached)),
                f"{number(min(reached))}–{number(max(reached))}",
                f"{median(ratios):.2f}" if ratios else "",
                " ".join(f"{ratio:.2f}" for ratio in ratios),
            )
        )
    sheet.notes = [f"**{name}** has no figure: {reason}" for name, reason in figures.failed.items()]
    return sheet


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine(postgres: str) -> str:
    """What the figures were measured on, in one sentence."""
    model = platform.processor() or platform.machine()
    if (cpus := Path("/proc/cpuinfo")).exists():
        names = [line.partition(":")[2] for line in cpus.read_text().splitlines() if line.startswith("model name")]
        model = names[0].strip() if names else model
    today = datetime.now(UTC).date()
    versions = f"Python {platform.python_version()}, PostgreSQL {postgres}"
    return f"Measured on {today.day} {today:%B %Y}: {os.cpu_count()} cores of {model}, {versions}."


def busyness(load_before: float) -> str:
    """Whether other work was in the way."""
    load = f"The load average was {load_before:.1f} before"
    if load_before > BUSY_LOAD * (os.cpu_count() or 1):
        return f"{load}: the machine was busy with other work, so only the ratios mean something."
    return f"{load}."


def write_section(name: str, content: str) -> None:
    """Replaces what stands between the marks of this name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        sys.exit(f"{PAGE.relative_to(ROOT)} has no section {name}")
    PAGE.write_text(f"{before}{begin}\n{content}\n{end}{after}", encoding="utf-8")


# A practice with many people


@asynccontextmanager
async def practice_of_today(settings: Settings) -> AsyncIterator[Practice]:
    """The application in this process, on the database of a server process beside it."""
    async with Practice.opened(settings, MovableClock(datetime.now(UTC)), emptied=False) as practice:
        yield practice


@asynccontextmanager
async def as_owner(settings: Settings) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The owner of the tables, whom the policies let through as the system."""
    settings_of_system = {"app.system": "on", "timezone": "UTC"}
    async with plain_connection(migrations.owner_url(settings), **settings_of_system) as owner:
        yield owner


_MEMBERS = """
    WITH made AS (
      INSERT INTO users (id, email, role, time_zone, is_active, is_email_verified)
      SELECT gen_random_uuid(), format('member%s@example.com', n), 'MEMBER', 'UTC', true, true
      FROM generate_series(1, $1::int) n RETURNING id
    )
    INSERT INTO members (id, user_id, first_name, last_name, goals, status, onboarding_status)
    SELECT gen_random_uuid(), id, 'Member', 'Of Ours', '{}', 'ACTIVE', 'COMPLETED' FROM made RETURNING id, user_id
"""
_COACHES = """
    WITH made AS (
      INSERT INTO users (id, email, role, time_zone, is_active, is_email_verified)
      SELECT gen_random_uuid(), format('coach-%s@example.com', gen_random_uuid()), 'COACH', $2, true, true
      FROM generate_series(1, $1::int) RETURNING id
    ), coach AS (
      INSERT INTO coaches (id, user_id, display_name, specialties, time_zone, status, is_accepting_members,
        max_members, booking_audience, session_minutes, buffer_minutes, min_notice_minutes, booking_window_days)
      SELECT gen_random_uuid(), id, 'Coach', '{}', $2, 'ACTIVE', true, 1000, 'MEMBERS', 60, 0, 0, 60 FROM made
      RETURNING id
    ), calendar AS (
      INSERT INTO coach_calendars (coach_id, version) SELECT id, 0 FROM coach RETURNING coach_id
    )
    INSERT INTO availability_windows (id, coach_id, day_no, start_time, end_time, max_sessions_per_slot)
    SELECT gen_random_uuid(), coach_id, day_no, start_time, end_time, $3
    FROM calendar, unnest($4::int[]) AS day_no, unnest($5::time[], $6::time[]) AS span (start_time, end_time)
    RETURNING coach_id
"""
SPANS = ((wall_time(9), wall_time(12)), (wall_time(13), wall_time(18)))  # eight hours a day


async def make_members(settings: Settings, practice: Practice, count: int) -> list[Person]:
    """People who may book with every coach made here, each with an access token."""
    async with as_owner(settings) as owner:
        rows = await owner.fetch(_MEMBERS, count)
        of_role = await owner.fetch("SELECT permission FROM role_permissions WHERE role = 'MEMBER'")
    permissions = sorted(row["permission"] for row in of_role)
    return [_member(practice, row["id"], row["user_id"], permissions) for row in rows]


def _member(practice: Practice, member_id: UUID, user_id: UUID, permissions: list[str]) -> Person:
    user = User(id=user_id, email="", role=Role.MEMBER, time_zone="UTC")
    member = Member(id=member_id, user_id=user_id, first_name="Member", last_name="Of Ours")
    viewer = Viewer(user, member, None, permissions)
    token, _ = practice.house.token_making.access_tokens.issue(viewer.claims, practice.clock())
    return Person(user, None, member, viewer.actor, token)


async def make_coaches(
    settings: Settings, count: int, seats: int, *, days: Sequence[int] = range(1, 8), zone: str = "UTC"
) -> list[UUID]:
    """Coaches with a slot for so many at each hour from 9 to 12 and 13 to 18 of these ISO days of the week."""
    starts, ends = zip(*SPANS, strict=True)
    async with as_owner(settings) as owner:
        rows = await owner.fetch(_COACHES, count, zone, seats, list(days), list(starts), list(ends))
    return sorted({row["coach_id"] for row in rows})


def monday_after_next(now: datetime, hour: int = 0) -> datetime:
    """A Monday between 7 and 14 days from now, in UTC."""
    day = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return day + timedelta(days=14 - day.weekday())


# Asking over HTTP


def request_body(query: str, **variables: Any) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


class KeepAlive:
    """One connection of a lean HTTP client: a request at a time, an answer of known length, nothing decoded."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def opened(cls, port: int) -> AsyncIterator[Self]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    async def post(self, body: bytes, token: str) -> bytes:
        """The answer's body; raises `NoFigure` for any status but 200."""
        head = (
            "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answered = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answered.partition(b"content-length:")[2].partition(b"\r\n")[0])
        content = await self._reader.readexactly(length)
        if not answered.startswith(b"http/1.1 200"):
            raise NoFigure(f"the server answered {answered[9:12].decode()}: {content[:300].decode()}")
        return content
