"""Figures that each area adds, for `rapport status` and Prometheus."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.platform.jobs import WORKER_NAME
from app.wire.relay import parse_key
from tests.operations import add_window, booked
from tests.practice import Practice
from tests.webhooks import webhooks_of


async def figures(practice: Practice, prefix: str) -> dict[str, float]:
    """Those without labels, by name."""
    found = await practice.application.health.figures()
    return {
        figure.name: float(figure.value) for figure in found if figure.name.startswith(prefix) and not figure.labels
    }


async def test_connections_of_workers_are_counted(practice: Practice) -> None:
    before = await figures(practice, "worker_connections")
    async with practice.as_system() as db:
        await db.execute(text("SELECT set_config('application_name', :name, true)"), {"name": WORKER_NAME})
        during = await figures(practice, "worker_connections")

    assert (before, during) == ({"worker_connections": 0}, {"worker_connections": 1})


async def test_reminders_of_sessions_that_no_scan_has_come_to_are_counted(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach, day="WEDNESDAY")
    await booked(practice, member, coach, "2026-03-04T09:00:00Z")
    nothing = {"session_reminders_due": 0, "session_reminders_late_seconds": 0}
    assert await figures(practice, "session_reminders") == nothing

    practice.clock.move(hours=27)
    due = {"session_reminders_due": 1, "session_reminders_late_seconds": 2 * 3_600}
    assert await figures(practice, "session_reminders") == due
    await practice.work()
    assert await figures(practice, "session_reminders") == nothing


async def test_endpoints_in_trouble_and_what_waits_for_them_are_counted(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    failing, disabled = await webhooks_of(practice, coach), await webhooks_of(practice, other)
    nothing = dict.fromkeys(
        ("endpoints_disabled", "endpoints_failing", "messages_pending", "messages_oldest_seconds"), 0.0
    )
    assert await figures(practice, "webhook_") == {f"webhook_{name}": value for name, value in nothing.items()}

    await practice.rows(
        "UPDATE webhook_messages SET status = 'PENDING', tries = 1, attempt_count = 1, due_at = created_at"
        " WHERE id = :id RETURNING id",
        id=_key(failing, "WebhookMessage"),
    )
    await practice.rows(
        "UPDATE webhook_endpoints SET is_enabled = false, disabled_at = now(), disabled_reason = 'gone' WHERE id = :id"
        " RETURNING id",
        id=_key(disabled, "WebhookEndpoint"),
    )
    practice.clock.now += timedelta(minutes=1)

    assert await figures(practice, "webhook_") == {
        "webhook_endpoints_disabled": 1,
        "webhook_endpoints_failing": 1,
        "webhook_messages_pending": 1,
        "webhook_messages_oldest_seconds": 60,
    }


def _key(ids: dict[str, str], kind: str) -> UUID:
    return parse_key(ids[kind], kind, "id")
