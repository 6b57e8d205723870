"""Scans look for what has become due; a worker does each in its turn."""

import pytest

from app.context import Context
from app.jobs.job import Scan
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
