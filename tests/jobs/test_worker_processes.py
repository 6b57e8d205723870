"""`rapport worker` in a process of its own: it works, stops when it is told to, and may be killed at any time."""

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.context import Context
from app.jobs.job import Job
from app.platform.jobs import NewJob, enqueue
from app.platform.settings import Settings
from tests.jobs.working import WorkerProcess, until, with_jobs, working
from tests.platform.pgbouncer_server import running_pgbouncer, why_not
from tests.practice import Practice
from tests.server.test_serve_command import Served, serving

# The command, with a job that a killed worker leaves behind.
HANGING = """
import asyncio, sys
import app.worker
from app.cli import main
from app.jobs.job import Job

async def hang(context, payload):
    await asyncio.Event().wait()

app.worker.JOBS = (Job("hang", hang),)
sys.argv = ["rapport", "worker"]
main()
"""
UNKNOWN = "INSERT INTO outbox (event_type, event) VALUES ('Unknown', CAST(:event AS jsonb)) RETURNING id"
STATUS = "SELECT entrypoint, status::text FROM pgqueuer"
EMBEDDED = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "ENCRYPTION_KEYS", "SECRET_KEY"), "")
SHORT = {"WORKER_HEARTBEAT_SECONDS": "0.5"}


async def parked_by(practice: Practice, worker: WorkerProcess) -> None:
    """An event that nobody can read becomes a parked job, so it was relayed and tried."""
    await practice.rows(UNKNOWN, event=json.dumps({"of": "another version"}))
    await until(lambda: _is(practice, [("read event", "failed")]), 90)
    assert worker.process.poll() is None, worker.log


async def _is(practice: Practice, rows: list[tuple[str, str]]) -> bool:
    return [tuple(row) for row in await practice.rows(STATUS)] == rows


async def test_it_relays_does_jobs_and_stops_on_sigterm(practice: Practice, settings: Settings) -> None:
    worker = WorkerProcess(settings)
    try:
        await parked_by(practice, worker)

        code = await worker.terminate()

        assert code == 0, worker.log
        assert "Stopped." in worker.log
    finally:
        worker.close()


async def test_it_works_behind_pgbouncer(practice: Practice, settings: Settings) -> None:
    if (reason := why_not()) is not None:
        pytest.skip(f"nothing was done behind a pooler: {reason}")
    if not settings.database_owner_url:
        pytest.skip("nothing was done behind a pooler: DATABASE_OWNER_URL is not set")
    with running_pgbouncer(settings.database_url, pool_size=2) as url:
        behind = settings.model_copy(update={"database_url": url, "database_pooler": "transaction"})
        worker = WorkerProcess(behind)
        try:
            await parked_by(practice, worker)
        finally:
            worker.close()


async def test_it_joins_the_embedded_servers_of_a_server_that_runs(tmp_path: Path, settings: Settings) -> None:
    """With the worker of the server itself switched off, so that what the demo has to tell waits."""
    data_dir = tmp_path / "data"
    with serving(data_dir, "--no-worker") as served:
        assert depth(served) > 0
        worker = WorkerProcess(settings, "-m", "app.cli", "worker", "--data-dir", str(data_dir), **EMBEDDED)
        try:
            await until(lambda: depth(served) == 0, 90)

            assert await worker.terminate() == 0, worker.log
        finally:
            worker.close()
        assert served.stop() == 0


def depth(served: Served) -> int:
    with urllib.request.urlopen(f"{served.address}/readyz", timeout=20) as answer:
        return int(json.load(answer)["outbox"])


async def test_the_jobs_of_a_killed_worker_are_taken_over(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()

    async def hang_no_more(context: Context, payload: Mapping[str, Any]) -> None:
        done.set()

    with_jobs(monkeypatch, Job("hang", hang_no_more))
    async with practice.as_system() as db:
        await enqueue(db, [NewJob("hang", {})])
    killed = WorkerProcess(settings, "-c", HANGING, **SHORT)
    try:
        await until(lambda: _is(practice, [("hang", "picked")]), 90)
        async with working(practice, settings.model_copy(update={"worker_heartbeat_seconds": 0.5})):
            assert not done.is_set()  # its worker lives, and says so
            killed.process.kill()

            async with asyncio.timeout(30):
                await done.wait()
            await until(lambda: _is(practice, []))
    finally:
        killed.close()
