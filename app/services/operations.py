"""What an operator wants to know: how much waits, for how long, and what has failed.

An area adds its figures by a function in `READINGS`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.jobs import STATUSES, JobStatus
from app.platform.jobs import AS_SYSTEM, WORKER_NAME
from app.platform.metrics import Figure
from app.services.notifications import due_reminders

Reading = Callable[[AsyncSession, datetime], Awaitable[list[Figure]]]

MOST_COUNTED: Final = 10_000
"""Depths that are asked for all the time are counted no further."""

_DEPTHS: Final = text(
    f"SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT {MOST_COUNTED}) these),"
    f" (SELECT count(*) FROM (SELECT FROM pgqueuer WHERE status = 'queued' LIMIT {MOST_COUNTED}) these),"
    f" (SELECT count(*) FROM (SELECT FROM pgqueuer WHERE status = 'failed' LIMIT {MOST_COUNTED}) these)"
)
_WORKERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND datname = current_database()"
)
_OUTBOX: Final = text(
    "SELECT count(*), coalesce((SELECT extract(epoch FROM now() - created_at) FROM outbox ORDER BY id LIMIT 1), 0)"
    " FROM outbox"
)
_JOBS: Final = text(
    "SELECT entrypoint, status::text, count(*),"
    " greatest(extract(epoch FROM now() - min(execute_after)), 0) FROM pgqueuer GROUP BY 1, 2"
    " ORDER BY 1, 2"
)
_DELIVERIES: Final = text(
    "SELECT status, channel, count(*), extract(epoch FROM CAST(:now AS timestamptz) - min(created_at)) FROM deliveries"
    " WHERE status IN ('PENDING', 'FAILED') GROUP BY 1, 2 ORDER BY 1, 2"
)
_RISK_ALERTS: Final = text(
    "SELECT count(*), greatest(coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(next_escalation_at)), 0), 0)"
    " FROM risk_alerts WHERE status = 'OPEN'"
)
_REMINDERS: Final = text(
    "SELECT count(*), coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(p.remind_at)), 0)"
    " FROM session_plans p JOIN sessions s ON s.id = p.session_id WHERE p.remind_at <= :now AND p.reminded_at IS NULL"
    " AND p.is_shared AND s.status = 'SCHEDULED' AND s.starts_at > :now"
)

_WEBHOOKS: Final = text(
    "SELECT (SELECT count(*) FROM webhook_endpoints WHERE disabled_reason IS NOT NULL),"
    " (SELECT count(DISTINCT m.endpoint_id) FROM webhook_messages m JOIN webhook_endpoints e ON e.id = m.endpoint_id"
    " WHERE e.is_enabled AND m.status = 'PENDING' AND m.tries > 0),"
    " count(*), coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(created_at)), 0)"
    " FROM webhook_messages WHERE status = 'PENDING'"
)


async def figures(db: AsyncSession, *, now: datetime) -> list[Figure]:
    """All there are; to be asked as the system."""
    return [figure for reading in READINGS for figure in await reading(db, now)]


async def depths(connection: AsyncConnection) -> dict[str, int]:
    """How much waits, in one short statement, for whoever asks again and again."""
    await connection.execute(text(AS_SYSTEM))
    outbox, queued, parked = (await connection.execute(_DEPTHS)).one()
    return {"outbox": outbox, "jobs_queued": queued, "jobs_parked": parked}


async def outbox(db: AsyncSession, now: datetime) -> list[Figure]:
    count, age = (await db.execute(_OUTBOX)).one()
    return [
        Figure("outbox_events", "Events that have not been handed on.", count),
        Figure("outbox_oldest_seconds", "How long the oldest of them has waited.", float(age)),
    ]


async def jobs(db: AsyncSession, now: datetime) -> list[Figure]:
    rows = (await db.execute(_JOBS)).all()
    found: list[Figure] = []
    for name, stored, count, age in rows:
        labels = {"job": name, "status": STATUSES.get(stored, JobStatus.QUEUED).value}
        found.append(Figure("jobs", "Jobs that are queued, under way or parked.", count, labels))
        found.append(Figure("jobs_oldest_seconds", "How long the oldest of them has been due.", float(age), labels))
    return found


async def deliveries(db: AsyncSession, now: datetime) -> list[Figure]:
    """By mail and SMS."""
    found: list[Figure] = []
    for status, channel, count, age in (await db.execute(_DELIVERIES, {"now": now})).all():
        labels = {"status": status, "channel": channel}
        found.append(Figure("deliveries", "Notifications that were not handed over, yet or at all.", count, labels))
        found.append(Figure("deliveries_oldest_seconds", "How old the oldest of them is.", float(age), labels))
    return found


async def reminders(db: AsyncSession, now: datetime) -> list[Figure]:
    """What a scan should have found: more than a minute late means that none runs."""
    count, late = (await db.execute(_REMINDERS, {"now": now})).one()
    return [
        Figure("plan_reminders_due", "Members who are to be reminded of a plan by now.", count),
        Figure("plan_reminders_late_seconds", "How long the oldest of these has been due.", float(late)),
    ]


async def reminders_of_sessions(db: AsyncSession, now: datetime) -> list[Figure]:
    due = await due_reminders(db, now)
    late = (now - due.oldest_due_at).total_seconds() if due.oldest_due_at is not None else 0.0
    return [
        Figure("session_reminders_due", "Reminders of sessions that no scan has come to yet.", due.count),
        Figure("session_reminders_late_seconds", "How long the oldest of these has been due.", late),
    ]


async def risk_alerts(db: AsyncSession, now: datetime) -> list[Figure]:
    """What nobody has acknowledged, and whether the scan that tells more people of it runs."""
    count, late = (await db.execute(_RISK_ALERTS, {"now": now})).one()
    return [
        Figure("risk_alerts_open", "Alerts of a high or acute risk that nobody has acknowledged.", count),
        Figure("risk_alerts_late_seconds", "How long it has been due that more people are told of one.", float(late)),
    ]


async def webhooks(db: AsyncSession, now: datetime) -> list[Figure]:
    """Endpoints in trouble: those that were given up, and those that did not take what they were sent last."""
    disabled, failing, waiting, oldest = (await db.execute(_WEBHOOKS, {"now": now})).one()
    return [
        Figure("webhook_endpoints_disabled", "Endpoints that were given up.", disabled),
        Figure("webhook_endpoints_failing", "Endpoints in use with a message that has failed once or more.", failing),
        Figure("webhook_messages_pending", "Messages that have not been delivered yet.", waiting),
        Figure("webhook_messages_oldest_seconds", "How old the oldest of these is.", float(oldest)),
    ]


async def workers(db: AsyncSession, now: datetime) -> list[Figure]:
    """None at all means that nothing is done that waits."""
    connections = (await db.execute(_WORKERS, {"name": WORKER_NAME})).scalar_one()
    return [
        Figure("worker_connections", "Connections of workers to the database; a worker has one to three.", connections)
    ]


READINGS: tuple[Reading, ...] = (
    workers,
    outbox,
    jobs,
    deliveries,
    reminders,
    reminders_of_sessions,
    risk_alerts,
    webhooks,
)
