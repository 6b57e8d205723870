"""`rapport jobs` and `rapport status`, against the servers that the settings name."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli, operating
from app.jobs.job import Job
from app.platform.jobs import NewJob, Park, enqueue
from app.platform.settings import Settings
from app.worker import Worker
from tests.jobs.working import with_jobs
from tests.practice import Practice


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("database_url", "database_owner_url", "redis_url", "secret_key", "encryption_keys", "data_dir"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))


async def rapport(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli, arguments)


async def parked(practice: Practice, monkeypatch: pytest.MonkeyPatch, count: int) -> list[int]:
    async def fail(context: object, payload: object) -> None:
        raise Park("no luck with [red]colours[/red]")

    with_jobs(monkeypatch, Job("fail", fail))
    async with practice.as_system() as db:
        await enqueue(db, [NewJob("fail", {}, key=f"fail:{number}") for number in range(count)])
    await Worker(practice.house).once()
    return [id for (id,) in await practice.rows("SELECT id FROM pgqueuer ORDER BY id")]


async def test_jobs_are_listed_retried_and_dropped(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = await parked(practice, monkeypatch, 3)

    listed = await rapport("jobs")
    retried = await rapport("jobs", "retry", str(first))
    refused = await rapport("jobs", "drop", str(first), str(second), "0")
    rest = await rapport("jobs", "retry", "--all")

    assert re.search(rf"{first} +PARKED +fail +fail:0 +1 +0:00:0\d +Park: no luck with \[red\]colours", listed.output)
    assert (retried.exit_code, retried.output) == (0, f"{first} fail is queued again.\n")
    assert refused.exit_code == 1
    assert f"{second} fail was dropped." in refused.output
    assert f"{first}: This job is queued; only a parked one" in refused.stderr
    assert "0: There is no such job" in refused.stderr
    assert (rest.exit_code, rest.output) == (0, f"{third} fail is queued again.\n")
    assert await practice.rows("SELECT id, status::text, attempts FROM pgqueuer ORDER BY id") == [
        (first, "queued", 0),
        (third, "queued", 0),
    ]


async def test_when_a_job_that_waits_is_due_is_listed(practice: Practice) -> None:
    async with practice.as_system() as db:
        await enqueue(db, [NewJob("fail", {}, key="later", after=timedelta(hours=30))])

    listed = await rapport("jobs")

    assert re.search(r"QUEUED +fail +later +0 +0:00:\d\d +1 day, 5:5\d:\d\d", listed.output)


async def test_servers_may_be_named_before_the_command_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[Path | None] = []
    monkeypatch.setattr(operating, "_with_queue", lambda data_dir, work: named.append(data_dir))

    for command in ("retry", "drop"):
        await rapport("jobs", "--data-dir", str(tmp_path), command, "--all")
        await rapport("jobs", command, "--all", "--data-dir", str(tmp_path))
        await rapport("jobs", command, "--all")

    assert named == [tmp_path, tmp_path, None] * 2


async def test_which_jobs_are_meant_has_to_be_said(practice: Practice) -> None:
    for arguments in ((), ("5", "--all")):
        refused = await rapport("jobs", "drop", *arguments)

        assert refused.exit_code == 1
        assert "or say --all" in refused.stderr
    assert (await rapport("jobs")).output == "There are no jobs.\n"


async def test_status_shows_what_waits(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    await parked(practice, monkeypatch, 2)

    shown = await rapport("status")

    assert shown.exit_code == 0
    lines = [" ".join(line.split()) for line in shown.output.splitlines()]
    for wanted in ("database_up 1", "bus_up 1", "outbox_events 0", "jobs fail PARKED 2"):
        assert any(line.startswith(f"{wanted} ") for line in lines), shown.output
