"""What the benchmarks share: servers and a database of their own, measuring in turns, tables, and the page of figures.

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
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from types import FrameType
from typing import NoReturn, TextIO

import asyncpg
import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

from app.cli import servers
from app.platform import migrations
from app.platform.embedded import EmbeddedServerFailed
from app.platform.logs import configure_logs
from app.platform.settings import InvalidSettings, Settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
SECONDS_FOR_ROUNDS = 60.0
SECONDS_FOR_ALL = 90.0
ENCRYPTION_KEYS = f"benchmarks:{b64encode(b'not secret at all, a constant...').decode()}"
BUSY_LOAD = 0.5  # of other work on each core: more is said beside the figures

say = Console(highlight=False, soft_wrap=True)


# A benchmark from its start to its end


def run(
    name: str,
    measure: Callable[[Settings], Awaitable[list["Sheet"]]],
    *,
    seconds: float = SECONDS_FOR_ALL,
    parser: argparse.ArgumentParser | None = None,
) -> None:
    """Measures with a database of its own and prints; everything that was started is stopped."""
    _report(name, lambda: _with_servers(measure, seconds), parser)


def run_alone(name: str, measure: Callable[[], Awaitable[tuple[str, list["Sheet"]]]], *, seconds: float) -> None:
    """The same without a database, in so many seconds; `measure` also says what beside Python it was measured with."""

    async def in_time() -> tuple[str, list["Sheet"]]:
        async with asyncio.timeout(seconds):
            return await measure()

    def measured() -> tuple[str, list["Sheet"]]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(in_time())

    _report(name, measured)


def _report(
    name: str, measured: Callable[[], tuple[str, list["Sheet"]]], parser: argparse.ArgumentParser | None = None
) -> None:
    """Prints what was measured, and with `--record` writes the section of this name."""
    parser = parser or argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/performance.md")
    record = parser.parse_args().record
    signal.signal(signal.SIGTERM, _leave)
    began, load = time.monotonic(), os.getloadavg()[0]
    try:
        versions, sheets = measured()
    except (NoFigure, TimeoutError, InvalidSettings, EmbeddedServerFailed) as failure:
        sys.exit(f"{name}: no figures. {str(failure) or 'The time was not enough: is the machine busy?'}")
    except KeyboardInterrupt:
        sys.exit(130)
    lines = [machine(versions), busyness(load)]
    say.print(f"\n[bold]{name}[/bold]: {time.monotonic() - began:.0f} s\n" + "\n".join(lines))
    for sheet in sheets:
        sheet.print()
    if record:
        write_section(name, "\n\n".join([" ".join(lines), *(sheet.markdown() for sheet in sheets)]))
        say.print(f"\nWritten to {PAGE.relative_to(ROOT)}.")


def _with_servers(measure: Callable[[Settings], Awaitable[list["Sheet"]]], seconds: float) -> tuple[str, list["Sheet"]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-benchmark-")))
        started = stack.enter_context(servers(folder))  # those configured, or embedded ones in the folder
        log_to(stack.enter_context(open(folder / "log", "w", encoding="utf-8")))
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        version, sheets = runner.run(_in_own_database(started, measure, seconds))
        return f"PostgreSQL {version}", sheets


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)


def log_to(file: TextIO) -> None:
    """What a server writes is written by this process too, and costs the same; the clients' own lines are left out."""
    with redirect_stderr(file):
        configure_logs("json", "INFO")
    logging.getLogger("httpx2").setLevel(logging.WARNING)


async def _in_own_database(
    started: Settings, measure: Callable[[Settings], Awaitable[list["Sheet"]]], seconds: float
) -> tuple[str, list["Sheet"]]:
    """Nobody's rows are touched: the database is made for this run and dropped after it."""
    name = f"rapport_benchmark_{os.getpid()}"
    moved = {
        key: make_url(url).set(database=name).render_as_string(hide_password=False)
        for key in ("database_url", "database_owner_url")
        if (url := getattr(started, key))
    }
    secrets = {"secret_key": "not secret at all, for benchmarks only", "encryption_keys": ENCRYPTION_KEYS}
    settings = started.model_copy(update={**moved, **secrets, "worker": False})
    async with plain_connection(migrations.owner_url(started)) as owner:
        version = str(await owner.fetchval("SHOW server_version")).partition(" ")[0]
        await owner.execute(f'CREATE DATABASE "{name}"')
        try:
            await migrations.migrate(settings)
            async with asyncio.timeout(seconds):
                return version, await measure(settings)
        finally:
            await drop(owner, name)


async def drop(owner: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    """Waits five seconds for sessions that a killed server has left: they are not the owner's to end."""
    try:
        await owner.execute(f'DROP DATABASE "{name}"')
    except asyncpg.ObjectInUseError:
        say.print(f"The database {name} is still in use and was not dropped.", style="red bold")


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


async def in_turns(candidates: Mapping[str, Candidate], rounds: int, *, seconds: float = SECONDS_FOR_ROUNDS) -> Figures:
    """A B A B …; one round at least, and no further one that would go on for longer than so many seconds."""
    figures = Figures({name: [] for name in candidates})
    began = ended = time.monotonic()
    for number in range(1, rounds + 1):
        longest = (ended - began) / max(1, number - 1)
        if number > 1 and ended - began + longest > seconds:
            break
        for name, candidate in candidates.items():
            if name in figures.failed:
                continue
            try:
                figures.rounds[name].append(await candidate())
            except NoFigure as failure:
                figures.failed[name] = str(failure)
                del figures.rounds[name]
                say.print(f"{name}: no figure. {failure}", style="red bold", markup=False)
        reached = (f"{name} {short(values[-1])}" for name, values in figures.rounds.items())
        say.print(f"round {number}: {', '.join(reached)}", style="dim")
        ended = time.monotonic()
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
            say.print(note, markup=False)

    def markdown(self) -> str:
        head = ["| " + " | ".join(self.columns) + " |", "|---" + "|---:" * (len(self.columns) - 1) + "|"]
        body = ["| " + " | ".join(row) + " |" for row in self.rows]
        notes = [f"\n{note}" for note in self.notes]
        return "\n".join([f"**{self.title}**", "", *head, *body, *notes])


def comparison(title: str, unit: str, figures: Figures, baseline: str) -> Sheet:
    """Median, least and greatest of each candidate, and how it stands to the baseline in each round."""
    sheet = Sheet(title, ["", f"{unit}: median", "min–max", f"times {baseline}", "in each round"])
    for name, reached in figures.rounds.items():
        ratios = figures.ratios(name, baseline) if baseline in figures.rounds else []
        sheet.rows.append(
            (
                name,
                short(median(reached)),
                f"{short(min(reached))}–{short(max(reached))}",
                f"{median(ratios):.2f}" if ratios else "",
                " ".join(f"{ratio:.2f}" for ratio in ratios),
            )
        )
    sheet.notes = [f"**{name}** has no figure: {reason}" for name, reason in figures.failed.items()]
    return sheet


@dataclass(frozen=True)
class Bar:
    """What a candidate is to reach beside another: `at_most` so many times its time, or `at_least` its rate."""

    candidate: str
    baseline: str
    at_most: float | None = None
    at_least: float | None = None

    def said(self, figures: Figures) -> str:
        """Whether it was met by the median of the rounds' ratios."""
        bound = f"at most {self.at_most}" if self.at_most is not None else f"at least {self.at_least}"
        bar = f"Bar: {self.candidate}, {bound} times {self.baseline}"
        if not {self.candidate, self.baseline} <= figures.rounds.keys():
            return f"{bar}: **not measured**."
        ratios = figures.ratios(self.candidate, self.baseline)
        reached = median(ratios)
        is_met = reached <= self.at_most if self.at_most is not None else reached >= (self.at_least or 0)
        return f"{bar}: **{'met' if is_met else 'MISSED'}**, {reached:.2f} ({min(ratios):.2f}–{max(ratios):.2f})."


def short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine(versions: str) -> str:
    """What the figures were measured on, and with what beside Python."""
    model = platform.processor() or platform.machine()
    if (cpus := Path("/proc/cpuinfo")).exists():
        names = [line.partition(":")[2] for line in cpus.read_text().splitlines() if line.startswith("model name")]
        model = names[0].strip() if names else model
    today = datetime.now(UTC).date()
    software = f"Python {platform.python_version()}, {versions}"
    return f"Measured on {today.day} {today:%B %Y}: {os.cpu_count()} cores of {model}, {software}."


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
