"""An event that cannot be read stops nobody and is not lost: it is parked, for a version that can read it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.context import Context
from app.events import EVENTS, Event, Happened, SessionBooked
from app.jobs.job import Job
from app.worker import Worker
from tests.jobs.working import with_jobs
from tests.operations import add_window, book
from tests.practice import Practice

INSERT = "INSERT INTO outbox (event_type, event) VALUES (:type, CAST(:event AS jsonb)) RETURNING id"
PARKED = "SELECT entrypoint, status::text FROM pgqueuer ORDER BY id"
UNREADABLE: list[tuple[str, Any]] = [
    ("SomethingNew", {"session_id": "x"}),
    ("SessionBooked", {"session_id": "no id"}),
    ("SessionBooked", ["a", "list"]),
    ("SessionBooked", None),
    ("Happened", {}),
    ("UUID", {}),
]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Happened]:
    heard: list[Happened] = []

    async def hear(context: Context, payload: Mapping[str, Any]) -> None:
        heard.append(Happened.model_validate(payload))

    with_jobs(monkeypatch, Job("hear", hear, hears={SessionBooked}))
    return heard


@pytest.mark.parametrize(("event_type", "event"), UNREADABLE)
async def test_it_is_parked_and_the_others_are_heard_of(
    practice: Practice, heard: list[Happened], event_type: str, event: Any
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await practice.rows(INSERT, type=event_type, event=json.dumps(event))
    await book(practice, member, coach, "2026-03-02T09:00:00Z")

    await Worker(practice.house).once()

    assert [happened.event_type for happened in heard] == ["SessionBooked"]
    assert await practice.rows(PARKED) == [("read event", "failed")]
    assert await practice.count("outbox") == 0


async def test_a_version_that_knows_it_hears_of_it_once_it_is_retried(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((id,),) = await practice.rows(INSERT, type="SomethingNew", event=json.dumps({"number": 5}))
    await Worker(practice.house).once()
    heard: list[Happened] = []

    class SomethingNew(Event):
        number: int

    async def hear(context: Context, payload: Mapping[str, Any]) -> None:
        heard.append(Happened.model_validate(payload))

    monkeypatch.setitem(EVENTS, "SomethingNew", SomethingNew)
    with_jobs(monkeypatch, Job("hear", hear, hears={SomethingNew}))
    await practice.rows("UPDATE pgqueuer SET status = 'queued' RETURNING id")

    await Worker(practice.house).once()

    assert [(happened.id, happened.read()) for happened in heard] == [(id, SomethingNew(number=5))]
    assert await practice.count("pgqueuer") == 0
