"""What an operator is told: at a port of its own for Prometheus, and in the body of `/readyz`."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from app.platform.metrics import PORTS
from app.platform.settings import Settings
from app.server import Application
from tests.practice import MovableClock, Practice
from tests.server.serving import WHO, start_serving

INSERT = "INSERT INTO outbox (event_type, event) VALUES ('Unknown', CAST(:event AS jsonb)) RETURNING id"
QUEUE = (
    "INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, CAST(:status AS pgqueuer_status), 'x') RETURNING 1"
)


@pytest.fixture
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield practice


@pytest.fixture
def port() -> int:
    """One that was free a moment ago; the next ones are tried if it is not any more."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return min(int(probe.getsockname()[1]), 65_000)


@asynccontextmanager
async def measured(settings: Settings, port: int) -> AsyncIterator[Application]:
    application = Application(settings.model_copy(update={"metrics_port": port}))
    async with application.lifespan(application.asgi()):
        yield application


async def scraped(application: Application) -> dict[tuple[str, ...], float]:
    """Values by name and labels."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{application.metrics.port}/metrics")
    assert answer.status_code == 200
    return dict(_samples(answer.text))


def _samples(page: str) -> Iterator[tuple[tuple[str, ...], float]]:
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            yield (sample.name, *sample.labels.values()), sample.value


async def waiting(practice: Practice) -> None:
    """An event, two jobs that wait and one that is parked."""
    await practice.rows(INSERT, event=json.dumps({}))
    for status in ("queued", "queued", "failed"):
        await practice.rows(QUEUE, status=status)


async def test_prometheus_is_told_what_waits(practice: Practice, settings: Settings, port: int) -> None:
    await waiting(practice)
    async with measured(settings, port) as application:
        figures = await scraped(application)

    assert figures["rapport_database_up",] == 1
    assert figures["rapport_outbox_events",] == 1
    assert figures["rapport_outbox_oldest_seconds",] >= 0
    assert (figures["rapport_jobs", "x", "QUEUED"], figures["rapport_jobs", "x", "PARKED"]) == (2, 1)
    assert figures["rapport_plan_reminders_due",] == 0
    assert figures["process_open_fds",] > 0


async def test_deliveries_that_wait_or_have_failed_are_counted(
    practice: Practice, settings: Settings, port: int
) -> None:
    admin = await practice.admin()
    ((notification,),) = await practice.rows(
        "INSERT INTO notifications (id, user_id, kind, occasion, facts, is_listed, created_at) VALUES"
        " (gen_random_uuid(), :user, 'NOTE_SHARED', 'test', '{}', true, now()) RETURNING id",
        user=admin.user.id,
    )
    for channel, status in (("EMAIL", "PENDING"), ("SMS", "FAILED")):
        await practice.rows(
            "INSERT INTO deliveries (id, notification_id, user_id, channel, status, reason, attempts, created_at)"
            " VALUES (gen_random_uuid(), :notification, :user, :channel, :status, 'why', 0, :now) RETURNING id",
            notification=notification,
            user=admin.user.id,
            channel=channel,
            status=status,
            now=practice.clock(),
        )

    found = {tuple(figure.labels.values()): figure for figure in await practice.application.health.figures()}

    assert (found["PENDING", "EMAIL"].name, found["PENDING", "EMAIL"].value) == ("deliveries_oldest_seconds", 0)
    assert found["FAILED", "SMS"].name == "deliveries_oldest_seconds"


async def test_requests_are_counted_by_status(practice: Practice, settings: Settings, port: int) -> None:
    async with measured(settings, port) as application, start_serving(application) as served:
        async with served.client() as client:
            await client.post("/graphql", json={"query": WHO})
            await client.post("/graphql", content=b"nonsense", headers={"content-type": "application/json"})
            await client.put("/graphql")
        figures = await scraped(application)

    assert figures["rapport_requests_total", "POST", "200"] == 1
    assert figures["rapport_requests_total", "POST", "400"] == 1
    assert figures["rapport_requests_total", "OTHER", "405"] == 1


async def test_each_process_has_a_port_of_its_own(settings: Settings, port: int) -> None:
    async with measured(settings, port) as one, measured(settings, port) as other:
        ports = {one.metrics.port, other.metrics.port}
        await asyncio.gather(scraped(one), scraped(other))

    assert len(ports) == 2
    assert ports <= set(range(port, port + PORTS))


async def test_scrapes_of_one_second_share_their_figures(
    settings: Settings, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    async with measured(settings, port) as application:
        read = application.metrics._read

        async def counting() -> object:
            nonlocal asked
            asked += 1
            return await read()

        monkeypatch.setattr(application.metrics, "_read", counting)
        monkeypatch.setattr("app.platform.metrics.KEPT_SECONDS", 60)
        await asyncio.gather(*(scraped(application) for _ in range(5)))

    assert asked == 1


async def test_figures_of_the_process_are_there_without_the_database(settings: Settings, port: int) -> None:
    away = {"database_url": "postgresql+asyncpg://user:word@127.0.0.1:1/none", "database_owner_url": ""}
    async with measured(settings.model_copy(update=away), port) as application:
        figures = await scraped(application)

    assert figures["rapport_database_up",] == 0
    assert ("rapport_bus_up",) in figures
    assert ("rapport_outbox_events",) not in figures


async def test_no_port_is_opened_unless_it_is_named(settings: Settings) -> None:
    application = Application(settings)
    async with application.lifespan(application.asgi()):
        assert application.metrics.port is None


async def test_readyz_says_how_much_waits_and_stays_ready(practice: Practice) -> None:
    await waiting(practice)
    async with start_serving(practice.application) as served, served.client() as client:
        answer = await client.get("/readyz")

    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "ready")
    assert (body["outbox"], body["jobs_queued"], body["jobs_parked"]) == (1, 2, 1)


async def test_readyz_says_nothing_of_it_where_it_is_not_to(practice: Practice, settings: Settings) -> None:
    await waiting(practice)
    application = Application(settings.model_copy(update={"readyz_details": False}))
    async with (
        application.lifespan(application.asgi()),
        start_serving(application) as served,
        served.client() as client,
    ):
        answer = await client.get("/readyz")

    well = {"status": "ready", "database": "ok", "redis": "ok", "migrations": "ok"}
    assert (answer.status_code, answer.json()) == (200, well)


async def test_readyz_does_not_wait_for_what_it_counts(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.health.DEPTHS_SECONDS", 0.05)
    async with practice.as_system() as db:
        await db.execute(text("LOCK TABLE pgqueuer IN ACCESS EXCLUSIVE MODE"))
        async with start_serving(practice.application) as served, served.client() as client:
            answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert "outbox" not in answer.json()
