"""The worker as it runs in production: woken at once, side by side with others, and never stopped by what fails."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.context import Context
from app.events import SessionBooked, emit
from app.jobs.job import Job, Scan
from app.platform.ids import new_id
from app.platform.job_loop import SystemConnections
from app.platform.jobs import NewJob, enqueue
from app.platform.migrations import DEFAULT_ROLE, owner_url
from app.platform.settings import Settings
from app.server import Application
from app.worker import Worker
from tests.jobs.working import another_process, until, with_jobs, working
from tests.operations import add_window, book
from tests.practice import Practice

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rapport worker'"
NINE = "2026-03-02T09:00:00Z"


def an_event(practice: Practice) -> SessionBooked:
    return SessionBooked(session_id=new_id(), coach_id=new_id(), member_id=new_id(), starts_at=practice.clock())


async def tell(practice: Practice, events: int) -> None:
    """As many transactions as events."""
    for _ in range(events):
        async with Context(practice.house).unit_of_work() as db:
            emit(db, an_event(practice))


async def ask_for(practice: Practice, *jobs: NewJob) -> None:
    async with practice.as_system() as db:
        await enqueue(db, jobs)


async def test_a_booking_is_heard_of_by_a_worker_that_runs(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asyncio.Event()

    async def hear(context: Context, payload: Mapping[str, Any]) -> None:
        heard.set()

    with_jobs(monkeypatch, Job("hear", hear, hears={SessionBooked}))
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    async with working(practice):
        await book(practice, member, coach, NINE)
        async with asyncio.timeout(20):
            await heard.wait()
        await until(lambda: _is_empty(practice))


async def _is_empty(practice: Practice) -> bool:
    return await practice.count("outbox") == 0 and await practice.count("pgqueuer") == 0


@pytest.mark.parametrize("is_here", [True, False], ids=["this process", "another process"])
async def test_a_worker_is_woken_by_a_commit(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch, is_here: bool
) -> None:
    """It does not look by itself in this test; where it is another process, a hint over Redis wakes it."""
    heard: list[int] = []

    async def hear(context: Context, payload: Mapping[str, Any]) -> None:
        heard.append(payload["id"])

    with_jobs(monkeypatch, Job("hear", hear, hears={SessionBooked}))
    monkeypatch.setattr("app.worker.LOOK_SECONDS", 10_000)
    async with working(practice) if is_here else another_process(settings):

        async def is_heard_of() -> bool:
            await tell(practice, 1)  # again: hints are heard of from some moment on
            return bool(heard)

        await until(is_heard_of)


@pytest.mark.parametrize("has_worker", [True, False])
async def test_a_server_process_works_unless_it_is_told_not_to(
    practice: Practice, settings: Settings, has_worker: bool
) -> None:
    application = Application(settings.model_copy(update={"worker": has_worker}))
    async with application.lifespan(application.asgi()):
        await tell(practice, 1)
        if has_worker:
            await until(lambda: _is_empty(practice))
        assert application.bell.is_heard is has_worker

    assert await practice.count("outbox") == (0 if has_worker else 1)


async def test_two_workers_side_by_side_do_each_event_once(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: Counter[int] = Counter()

    async def hear(context: Context, payload: Mapping[str, Any]) -> None:
        done[payload["id"]] += 1

    with_jobs(monkeypatch, Job("hear", hear, hears={SessionBooked}))
    async with working(practice), another_process(settings):
        await asyncio.gather(*(tell(practice, 30) for _ in range(4)))
        await until(lambda: len(done) == 120)
        await until(lambda: _is_empty(practice))

    assert set(done.values()) == {1}


async def test_relays_side_by_side_lose_nothing_and_queue_nothing_twice(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hear(context: Context, payload: Mapping[str, Any]) -> None: ...

    with_jobs(monkeypatch, Job("hear", hear, hears={SessionBooked}))
    monkeypatch.setattr("app.worker.AT_ONCE", 3)
    workers = [Worker(practice.house) for _ in range(3)]
    ends = asyncio.Event()

    async def relay_on(worker: Worker) -> None:
        while await worker.relay() or not ends.is_set():
            pass

    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(relay_on(worker))
        await asyncio.gather(*(tell(practice, 20) for _ in range(3)))
        ends.set()

    keys = [key for (key,) in await practice.rows("SELECT dedupe_key FROM pgqueuer")]
    assert len(keys) == len(set(keys)) == 60
    assert await practice.count("outbox") == 0


async def test_a_worker_goes_on_when_its_connections_are_cut(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    async def count(context: Context, payload: Mapping[str, Any]) -> None:
        done.append(payload["number"])

    with_jobs(monkeypatch, Job("count", count))
    async with working(practice):
        await ask_for(practice, NewJob("count", {"number": 1}))
        await until(lambda: done == [1])

        assert len(await practice.rows(CUT)) >= 2
        await ask_for(practice, NewJob("count", {"number": 2}))

        await until(lambda: done[-1] == 2)


async def test_what_fails_while_connections_are_cut_is_tried_again_and_not_parked(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_fail, tries = asyncio.Event(), asyncio.Event(), 0

    async def fail_first(context: Context, payload: Mapping[str, Any]) -> None:
        nonlocal tries
        tries += 1
        begun.set()
        await may_fail.wait()
        if tries == 1:
            raise RuntimeError("no luck")

    with_jobs(monkeypatch, Job("fail first", fail_first, pauses=(timedelta(),)))
    await ask_for(practice, NewJob("fail first", {}))
    async with working(practice):
        async with asyncio.timeout(20):
            await begun.wait()
        await practice.rows(CUT)
        may_fail.set()
        await until(lambda: _is_empty(practice))

    assert tries == 2


async def test_a_job_that_never_ends_has_failed(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never_end(context: Context, payload: Mapping[str, Any]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("app.platform.jobs.LONGEST_SECONDS", 0.01)
    with_jobs(monkeypatch, Job("never end", never_end, pauses=()))
    await ask_for(practice, NewJob("never end", {}))

    await Worker(practice.house).once()

    assert await practice.rows("SELECT status::text FROM pgqueuer") == [("failed",)]


async def test_what_is_cut_off_by_the_end_is_another_workers(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def never_end(context: Context, payload: Mapping[str, Any]) -> None:
        begun.set()
        await asyncio.Event().wait()

    with_jobs(monkeypatch, Job("never end", never_end))
    await ask_for(practice, NewJob("never end", {}))
    worker = Worker(practice.house)
    worker.start(settings)
    async with asyncio.timeout(20):
        await begun.wait()

    await worker.stop(0.01)

    assert await practice.rows("SELECT status::text, attempts, queue_manager_id FROM pgqueuer") == [("queued", 0, None)]


async def test_what_is_under_way_is_finished_before_the_end(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def take_time(context: Context, payload: Mapping[str, Any]) -> None:
        begun.set()
        await may_end.wait()
        done.set()

    with_jobs(monkeypatch, Job("take time", take_time))
    await ask_for(practice, NewJob("take time", {}))
    worker = Worker(practice.house)
    worker.start(settings)
    async with asyncio.timeout(20):
        await begun.wait()

    stopping = asyncio.create_task(worker.stop(20))
    asyncio.get_running_loop().call_later(0.01, may_end.set)
    await stopping

    assert done.is_set()
    assert await practice.count("pgqueuer") == 0


async def test_a_failing_relay_and_a_failing_scan_are_tried_again(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans, relays = 0, 0
    relay = Worker.relay

    async def look(context: Context) -> None:
        nonlocal scans
        scans += 1
        if scans == 1:
            raise RuntimeError("no luck")

    async def fail_first(worker: Worker) -> int:
        nonlocal relays
        relays += 1
        if relays == 1:
            raise RuntimeError("no luck")
        return await relay(worker)

    monkeypatch.setattr("app.worker.SCANS", (Scan("look", look, every_seconds=0.01),))
    monkeypatch.setattr("app.worker.LOOK_SECONDS", 0.01)
    monkeypatch.setattr(Worker, "relay", fail_first)
    async with working(practice):
        await until(lambda: scans > 2 and relays > 2)


async def test_the_workers_connections_are_the_systems_and_the_applications_roles(settings: Settings) -> None:
    pool = await SystemConnections.of(settings).opened()
    try:
        row = await pool.fetchrow(
            "SELECT current_setting('app.system'), current_setting('app.role'),"
            " (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)"
        )
    finally:
        pool.terminate()

    assert row is not None
    assert tuple(row) == ("on", "SYSTEM", False)


def test_a_login_as_the_owner_drops_to_the_applications_role(settings: Settings) -> None:
    one_login = settings.model_copy(update={"database_url": owner_url(settings), "database_owner_url": ""})

    connections = SystemConnections.of(one_login)

    assert connections.role == connections.options["server_settings"]["role"] == DEFAULT_ROLE


async def test_what_is_written_down_of_jobs_is_forgotten_but_of_those_that_are_there(practice: Practice) -> None:
    worker = Worker(practice.house)
    await ask_for(practice, NewJob("nobody's", {}), NewJob("read event", {}))
    await worker.runner.once()
    ((parked_and_waiting,),) = await practice.rows("SELECT count(DISTINCT job_id) FROM pgqueuer_log")
    await practice.rows("UPDATE pgqueuer_log SET created = now() - interval '9 days' RETURNING 1")
    await practice.rows("DELETE FROM pgqueuer WHERE entrypoint = 'read event' RETURNING 1")

    await worker.runner.prune(timedelta(days=3))

    assert parked_and_waiting == 2
    assert await practice.rows("SELECT DISTINCT entrypoint FROM pgqueuer_log") == [("nobody's",)]
