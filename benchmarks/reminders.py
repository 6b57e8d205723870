"""Thousands of reminders that are due in one minute: the time to record them and to hand them over, and the memory."""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from app.jobs.notifications import REMIND
from app.platform.mail import Mail
from app.platform.mail_smtp import AT_ONCE, SmtpMailer, read_smtp_url
from app.platform.settings import Settings
from benchmarks.common import NoFigure, Sheet, comparison, in_turns, run, short
from benchmarks.practice import as_owner, make_coaches, make_members, practice_of_today
from tests.jobs.working import WorkerProcess, until
from tests.practice import Practice

SESSIONS = 5_000  # each reminds two
SEATS = 10
WORKERS = (1, 2)
LONGEST_SECONDS = 240.0

RECORD, COPY = "recorded by the scan", "the same rows copied by INSERT … SELECT"
LOOP = f"a loop that sends prepared mails, {AT_ONCE} connections"

# The slot, its seats and who sits in them, all at the same instant: what a popular evening looks like.
_SESSIONS = """
    INSERT INTO calendar_slots (coach_id, starts_at, ends_at, blocked_until, capacity)
      SELECT coach, {at}, {at} + interval '1 hour', {at} + interval '1 hour', {seats} FROM unnest({coaches}) coach;
    INSERT INTO calendar_seats (coach_id, starts_at, seat_no, ends_at, capacity)
      SELECT coach, {at}, seat, {at} + interval '1 hour', {seats}
      FROM unnest({coaches}) coach, generate_series(1, {seats}) seat;
    INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, held_start,
                          seat_no, version)
      SELECT gen_random_uuid(), ({coaches})[1 + (n - 1) / {seats}], member, 'Member Of Ours', {at},
        {at} + interval '1 hour', 'REGULAR', 'GROUP', 'SCHEDULED', {at}, 1 + (n - 1) % {seats}, 1
      FROM unnest({members}) WITH ORDINALITY AS m (member, n);
    ANALYZE
"""
_TABLES = ("notifications", "deliveries", "pgqueuer", "pgqueuer_log")

_QUEUED_AGAIN = (
    "INSERT INTO pgqueuer (priority, status, entrypoint, dedupe_key, payload) SELECT 0, 'queued', 'send_mail',"
    " 'send_mail:' || id || ':1', convert_to(json_build_object('delivery_id', id, 'sending', 1)::text, 'UTF8')"
    " FROM deliveries"
)

_SINK = """
import asyncio
from aiosmtpd.smtp import SMTP

class Takes:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Takes(), loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


async def measure(settings: Settings, *, sessions: int) -> list[Sheet]:
    async with practice_of_today(settings) as practice:
        await make_sessions(settings, practice, sessions)
        recorded = await recording(settings, practice, 2 * sessions)
        return [recorded, await handing_over(settings, 2 * sessions)]


async def make_sessions(settings: Settings, practice: Practice, sessions: int) -> None:
    """All begin in a little less than 24 hours."""
    coaches = await make_coaches(settings, sessions // SEATS, SEATS)
    people = await make_members(settings, practice, sessions)
    members: list[UUID] = [each.member.id for each in people if each.member]
    starts_at = datetime.now(UTC) + timedelta(hours=23, minutes=59)
    given = {
        "at": f"'{starts_at.isoformat()}'::timestamptz",
        "seats": SEATS,
        "coaches": _array(coaches),
        "members": _array(members),
    }
    async with as_owner(settings) as owner:
        await owner.execute(_SESSIONS.format(**given))


def _array(ids: list[UUID]) -> str:
    return "'{" + ",".join(map(str, ids)) + "}'::uuid[]"


async def recording(settings: Settings, practice: Practice, reminders: int) -> Sheet:
    async def record() -> float:
        await emptied(settings)
        began = time.perf_counter()
        await practice.worker._scan(REMIND)
        seconds = time.perf_counter() - began
        async with as_owner(settings) as owner:
            counts = [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in _TABLES]
        if counts != [reminders] * len(_TABLES):
            raise NoFigure(f"of {reminders} there are {dict(zip(_TABLES, counts, strict=True))}")
        return reminders / seconds

    async def copy() -> float:
        """Of what the turn before has recorded."""
        async with as_owner(settings) as owner:
            for table in _TABLES:
                await owner.execute(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)")
            began = time.perf_counter()
            for table in _TABLES:
                await owner.execute(f"INSERT INTO copied_{table} SELECT * FROM {table}")
            seconds = time.perf_counter() - began
            for table in _TABLES:
                await owner.execute(f"DROP TABLE copied_{table}")
        return reminders / seconds

    figures = await in_turns({RECORD: record, COPY: copy}, 3)
    sheet = comparison(f"Recording {reminders:,} reminders", "reminders a second", figures, COPY)
    sheet.notes.append(
        "Each is a notification, a delivery by mail, a job and its line in the queue's log; the copy has the same"
        " indexes, and neither policies nor foreign keys."
    )
    return sheet


async def handing_over(settings: Settings, reminders: int) -> Sheet:
    peaks: dict[str, float] = {}
    async with mail_sink() as port:
        url = f"smtp://127.0.0.1:{port}"

        async def work(count: int) -> float:
            rate, peaks[_named(count)] = await handed_over(settings, url, count, reminders)
            return rate

        workers = {_named(count): partial(work, count) for count in WORKERS}
        figures = await in_turns({LOOP: partial(sent_in_a_loop, url, reminders), **workers}, 1)
    sheet = comparison(f"Handing over {reminders:,} mails", "mails a second", figures, LOOP)
    told = ", ".join(f"{name}: {short(peak)} MB" for name, peak in peaks.items())
    sheet.notes.append(
        "From queued jobs until every delivery is written down as sent; the mail server is a program of its own in"
        f" Python. The largest memory of a worker: {told}."
    )
    return sheet


def _named(count: int) -> str:
    return f"{count} worker process{'es' if count > 1 else ''}"


async def handed_over(settings: Settings, url: str, count: int, reminders: int) -> tuple[float, float]:
    environment = {"SMTP_URL": url, "MAIL_FROM": "practice@example.com"}
    async with as_owner(settings) as owner:
        await owner.execute("DELETE FROM pgqueuer")
        await owner.execute("UPDATE deliveries SET status = 'PENDING', sent_at = NULL, attempts = 0")
        await owner.execute(_QUEUED_AGAIN)
        workers = [WorkerProcess(settings, **environment) for _ in range(count)]
        try:
            # A worker's start is not counted.
            await until(partial(owner.fetchval, "SELECT EXISTS (SELECT FROM deliveries WHERE status = 'SENT')"))
            began = time.perf_counter()
            over = "SELECT NOT EXISTS (SELECT FROM deliveries WHERE status <> 'SENT')"
            await until(partial(owner.fetchval, over), LONGEST_SECONDS)
            seconds = time.perf_counter() - began
            return reminders / seconds, max(peak_megabytes(worker.process.pid) for worker in workers)
        finally:
            for worker in workers:
                worker.close()


def peak_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1_000
    raise NoFigure("no memory is told of")


async def sent_in_a_loop(url: str, count: int) -> float:
    mails = iter(range(count))
    mailer = SmtpMailer(read_smtp_url(url), "practice@example.com")

    async def send() -> None:
        for number in mails:
            text, html = "Words\n" * 20, "<p>Words</p>" * 20
            await mailer.send(Mail(f"loop-{number}", "member@example.com", "A reminder", text, html))

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return count / (time.perf_counter() - began)


@asynccontextmanager
async def mail_sink() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SINK, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def emptied(settings: Settings) -> None:
    async with as_owner(settings) as owner:
        for table in ("notifications", "pgqueuer", "pgqueuer_log"):
            await owner.execute(f"DELETE FROM {table}")
        await owner.execute("VACUUM notifications, deliveries, pgqueuer, pgqueuer_log")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmarks.reminders")
    made.add_argument("--sessions", type=int, default=SESSIONS, help="each reminds two")
    return made


if __name__ == "__main__":
    options = parser()
    wanted, _ = options.parse_known_args(sys.argv[1:])
    run("reminders", partial(measure, sessions=wanted.sessions), seconds=480, parser=options)
