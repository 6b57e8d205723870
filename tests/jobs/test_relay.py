"""The relay: what happened becomes a job for each who hears of it, in the transaction that forgets it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.context import Context
from app.events import Happened, SessionBooked
from app.jobs.job import Job
from app.worker import Worker
from tests.operations import add_window, book
from tests.practice import Practice


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Happened]:
    """What a job that hears of bookings was told."""
    heard: list[Happened] = []

    async def hear(context: Context, payload: Mapping[str, Any]) -> None:
        heard.append(Happened.model_validate(payload))

    job = Job("hear", hear, hears={SessionBooked})
    monkeypatch.setattr("app.worker.JOBS", (job,))
    monkeypatch.setattr("app.jobs.JOBS", (job,))
    return heard


async def test_a_booking_is_heard_of_once_and_forgotten(practice: Practice, heard: list[Happened]) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await book(practice, member, coach, "2026-03-02T09:00:00Z")

    worker = Worker(practice.house)
    await worker.once()
    await worker.once()

    (happened,) = heard
    assert isinstance(happened.read(), SessionBooked)
    assert await practice.count("outbox") == 0
    assert await practice.count("pgqueuer") == 0


async def test_what_fails_is_tried_again_and_then_parked(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    async def fail(context: Context, payload: Mapping[str, Any]) -> None:
        nonlocal tries
        tries += 1
        raise RuntimeError("no luck")

    job = Job("fail", fail, pauses=(timedelta(), timedelta()), hears={SessionBooked})
    monkeypatch.setattr("app.worker.JOBS", (job,))
    monkeypatch.setattr("app.jobs.JOBS", (job,))
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await book(practice, member, coach, "2026-03-02T09:00:00Z")

    await Worker(practice.house).once()

    assert tries == 3
    ((status, attempts),) = await practice.rows("SELECT status::text, attempts FROM pgqueuer")
    assert (status, attempts) == ("failed", 2)
