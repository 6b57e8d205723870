"""Scans look for what has become due; a worker does each in its turn."""

import asyncio

import pytest

from app.context import Context
from app.jobs.job import Scan
from tests.jobs.working import working
from tests.practice import Practice


async def test_a_round_of_work_scans_first(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Context] = []

    async def look(context: Context) -> None:
        seen.append(context)

    monkeypatch.setattr("app.worker.SCANS", (Scan("look", look, every_seconds=60),))
    await practice.work()
    await practice.work()

    assert len(seen) == 2
    assert seen[0] is not seen[1]


async def test_a_worker_scans_soon_after_its_start(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is started again and again would never come to it otherwise."""
    has_looked = asyncio.Event()

    async def look(context: Context) -> None:
        has_looked.set()

    monkeypatch.setattr("app.worker.FIRST_SCAN_SECONDS", 0.01)
    monkeypatch.setattr("app.worker.SCANS", (Scan("look", look, every_seconds=3_600),))
    async with working(practice), asyncio.timeout(30):
        await has_looked.wait()
