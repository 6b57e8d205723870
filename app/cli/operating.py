"""What an operator asks and does: `rapport worker`, `rapport status`, `rapport jobs`."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from app.actor import SYSTEM
from app.cli.commands import DataDir, cli, fail, say, servers, with_context
from app.context import Context
from app.loaders.jobs import last_errors
from app.models.jobs import JobStatus, QueuedJob
from app.platform.logs import configure_logs
from app.platform.paging import PageRequest
from app.platform.settings import Settings
from app.problems import Problem
from app.server import Application
from app.services import jobs as job_service

Result = TypeVar("Result")

SHOWN = 100
WIDTH = 200


@cli.command()
def worker(data_dir: DataDir = None) -> None:
    """Does jobs until a signal; what is under way then has SHUTDOWN_SECONDS to end."""
    with servers(data_dir, join=True) as settings:
        configure_logs(settings.log_format, settings.log_level)
        asyncio.run(_work(settings))
    say.print("Stopped.")


async def _work(settings: Settings) -> None:
    told = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, told.set)
    async with Application(settings).working():
        say.print("Working; Ctrl-C stops it.")
        await told.wait()


@cli.command()
def status(data_dir: DataDir = None) -> None:
    """How much waits, for how long, and what has failed."""
    with servers(data_dir, join=True) as settings:
        asyncio.run(_status(settings))


async def _status(settings: Settings) -> None:
    application = Application(settings)
    await application.bus.start()
    async with application.bus.listen("status"):  # entered once it is connected, or known to be away
        found = await application.health.figures()
    await application.bus.stop()
    await application.database.close()
    table = Table(box=None, show_header=False)
    for figure in found:
        if not figure.is_count:
            labels = " ".join(figure.labels.values())
            table.add_row(figure.name, labels, f"{figure.value:,.0f}", figure.help)
    Console(highlight=False, width=WIDTH).print(table)


jobs = typer.Typer(help="What is done in the background: lists it, and retries or drops what is parked.")
cli.add_typer(jobs, name="jobs")

Which = Annotated[list[int] | None, typer.Argument(help="Numbers of parked jobs.")]
Every = Annotated[bool, typer.Option("--all", help="All that are parked.")]


@jobs.callback(invoke_without_command=True)
def list_(called: typer.Context, data_dir: DataDir = None) -> None:
    """Lists the first hundred that are parked, and the first hundred that are not done yet."""
    if called.invoked_subcommand is None:
        _with_queue(data_dir, _list)


@jobs.command()
def retry(called: typer.Context, ids: Which = None, every: Every = False, data_dir: DataDir = None) -> None:
    """Queues parked jobs again, with all their tries."""
    _with_queue(
        data_dir or _given_before(called),
        lambda context: _each(context, ids, every, job_service.retry_job, "is queued again"),
    )


@jobs.command()
def drop(called: typer.Context, ids: Which = None, every: Every = False, data_dir: DataDir = None) -> None:
    """Takes parked jobs out of the queue, undone."""
    _with_queue(
        data_dir or _given_before(called),
        lambda context: _each(context, ids, every, job_service.drop_job, "was dropped"),
    )


def _given_before(called: typer.Context) -> Path | None:
    """What `rapport jobs --data-dir … retry` was given before its own name."""
    return called.parent.params["data_dir"] if called.parent is not None else None


def _with_queue(data_dir: DataDir, work: Callable[[Context], Awaitable[object]]) -> None:
    with servers(data_dir, join=True) as settings:
        asyncio.run(with_context(settings, work))


async def _jobs(context: Context, status: JobStatus, most: int | None) -> list[QueuedJob]:
    wanted, after = job_service.JobFilter(status=status), None
    found: list[QueuedJob] = []
    while True:
        async with context.unit_of_work() as db:
            page = await job_service.list_jobs(db, SYSTEM, wanted=wanted, page=PageRequest(SHOWN, after))
        found += page.rows
        if not page.has_next or (most is not None and len(found) >= most):
            return found
        after = page.cursors[-1]


async def _list(context: Context) -> None:
    found = [job for status in reversed(JobStatus) for job in await _jobs(context, status, SHOWN)]
    async with context.unit_of_work() as db:
        errors = await last_errors(db, [job.id for job in found])
    if not found:
        say.print("There are no jobs.")
        return
    table = Table("id", "status", "job", "key", "tries", "age", "due in", "last error", box=None)
    now = context.now()
    for job, error in zip(found, errors, strict=True):
        waits = _whole(job.due_at - now) if job.status is JobStatus.QUEUED and job.due_at > now else ""
        cells = (str(job.id), job.status, job.name, job.key or "", str(job.tries), _whole(now - job.created_at), waits)
        table.add_row(*cells, (error or "")[:300])
    Console(highlight=False, markup=False, width=WIDTH).print(table)


def _whole(time: timedelta) -> str:
    """Without what is less than a second."""
    return str(time).partition(".")[0]


async def _each(
    context: Context,
    ids: list[int] | None,
    every: bool,
    service: Callable[..., Awaitable[QueuedJob]],
    done: str,
) -> None:
    """Each in a transaction of its own: what is refused of one is no matter of the others."""
    if bool(ids) == every:
        fail("name the jobs by their numbers, or say --all")
    wanted = ids or [job.id for job in await _jobs(context, JobStatus.PARKED, None)]
    refused = []
    for job_id in wanted:
        try:
            async with context.unit_of_work() as db:
                job = await service(db, SYSTEM, job_id=job_id)
        except Problem as problem:
            refused.append(f"{job_id}: {problem}")
        else:
            say.print(f"{job_id} {job.name} {done}.")
    if refused:
        fail("\n".join(refused))
