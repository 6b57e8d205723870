"""Partners outside that answer nobody delay what is sent to them, and nothing else."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from app.context import Context
from app.jobs import JOBS
from app.jobs.job import Job
from app.platform.jobs import NewJob, enqueue
from tests.jobs.working import until, with_jobs, working
from tests.practice import Practice


async def test_twenty_partners_that_hang_delay_no_job_that_needs_none(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, done, answered = 0, asyncio.Event(), asyncio.Event()

    async def hang(context: Context, payload: Mapping[str, Any]) -> None:
        nonlocal waiting
        waiting += 1
        await answered.wait()

    async def be_done(context: Context, payload: Mapping[str, Any]) -> None:
        done.set()

    with_jobs(monkeypatch, Job("hang", hang, at_once=20), Job("be done", be_done))
    async with practice.as_system() as db:
        await enqueue(db, [NewJob("hang", {}) for _ in range(20)])
    async with working(practice):
        await until(lambda: waiting == 20)
        async with practice.as_system() as db:
            await enqueue(db, [NewJob("be done", {})])
        async with asyncio.timeout(20):
            await done.wait()
        answered.set()


def test_of_every_job_that_waits_for_somebody_outside_only_so_many_do() -> None:
    outside = {
        "send_mail",
        "send_sms",
        "send_message_by_mail",
        "send_message_by_sms",
        "send_webhook",
        "import_calendar",
        "phrase_recommendations",
    }
    assert {job.name for job in JOBS if job.at_once} == outside
