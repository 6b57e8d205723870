"""Recording what users are told: once for each user, kind and occasion, with what is to be handed over of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import NotificationsChanged, emit
from app.models.identity import Role
from app.models.notifications import Channel, NotificationKind
from app.platform.jobs import NewJob, enqueue
from app.services.notifications.quiet import quiet_until
from app.services.notifications.table import TOO_LATE, telling_of

NO_PHONE: Final = "No phone number is known"

_SENDS: Final = {Channel.EMAIL: "send_mail", Channel.SMS: "send_sms"}
"""The job that hands over what goes by each channel: apart, so that one that hangs delays only its own."""


@dataclass(frozen=True, slots=True)
class Record:
    """One notification; `skipped` says why nobody is told after all."""

    user_id: UUID
    kind: NotificationKind
    occasion: str
    facts: dict[str, Any]
    session_id: UUID | None = None
    skipped: str | None = None


async def notify(
    db: AsyncSession,
    kind: NotificationKind,
    user_ids: Sequence[UUID],
    *,
    occasion: str,
    facts: dict[str, Any],
    session_id: UUID | None = None,
    now: datetime,
) -> int:
    """Tells each active user once, by the table and what they chose; how many are told for the first time.

    To be called as the system. The open views hear of it after the commit of a unit of work.
    """
    records = [Record(user_id, kind, occasion, facts, session_id) for user_id in dict.fromkeys(user_ids)]
    return await record(db, records, now=now)


async def record(db: AsyncSession, records: Sequence[Record], *, now: datetime) -> int:
    """Any number at once, in two statements and one for the jobs."""
    if not records:
        return 0
    quiet = await _quiet(db, {each.user_id for each in records}, now)
    rows = await db.execute(
        _RECORD,
        {
            "wanted": orjson.dumps(list(records), default=str).decode(),
            "ways": _WAYS,
            "quiet_users": list(quiet),
            "quiet_until": list(quiet.values()),
            "now": now,
        },
    )
    told = 0
    changed: list[UUID] = []
    jobs: list[NewJob] = []
    for channel, row_id, user_id, is_so, not_before in rows:
        if channel is None:
            told += 1
            changed += [user_id] if is_so else []
        elif is_so:
            after = not_before - now if not_before else timedelta()
            jobs.append(job_of(row_id, Channel(channel), after=after))
    await enqueue(db, jobs)
    if changed:
        emit(db, NotificationsChanged(user_ids=tuple(dict.fromkeys(changed))))
    return told


def job_of(delivery_id: UUID, channel: Channel, *, sending: int = 1, after: timedelta = timedelta()) -> NewJob:
    """Hands a delivery over."""
    name = _SENDS[channel]
    payload = {"delivery_id": str(delivery_id), "sending": sending}
    return NewJob(name, payload, key=f"{name}:{delivery_id}:{sending}", after=after)


async def _quiet(db: AsyncSession, user_ids: Collection[UUID], now: datetime) -> dict[UUID, datetime]:
    """Of users whose quiet hours it is, when these end."""
    found: dict[UUID, datetime] = {}
    for user_id, zone, from_time, until_time in await db.execute(_QUIET_HOURS, {"ids": list(user_ids)}):
        ends = quiet_until(now, zone, from_time, until_time)
        if ends is not None:
            found[user_id] = ends
    return found


def _ways() -> list[dict[str, Any]]:
    """For each kind, role and channel, whether it is on, and how."""
    tellings = [(telling_of(kind, role), role) for kind in NotificationKind for role in Role]
    return [
        {
            "kind": telling.kind,
            "role": role,
            "channel": channel,
            "is_on": channel in telling.channels,
            "is_always": channel in telling.always,
            "waits": not telling.passes_quiet_hours,
            "until": telling.until,
        }
        for telling, role in tellings
        for channel in Channel
    ]


_WAYS: Final = orjson.dumps(_ways()).decode()

_QUIET_HOURS: Final = text(
    "SELECT q.user_id, u.time_zone, q.from_time, q.until_time FROM quiet_hours q JOIN users u ON u.id = q.user_id"
    " WHERE q.user_id = ANY(:ids) AND q.from_time IS NOT NULL"
)

# In the order of the unique key, so that two who record the same wait for each other, and never in a circle.
_RECORD: Final = text(
    f"""
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(CAST(:wanted AS jsonb))
        AS w(user_id uuid, kind text, occasion text, session_id uuid, facts jsonb, skipped text)
    ), ways AS (
      SELECT * FROM jsonb_to_recordset(CAST(:ways AS jsonb))
        AS w(kind text, role text, channel text, is_on boolean, is_always boolean, waits boolean, until text)
    ), quiet AS (
      SELECT * FROM unnest(CAST(:quiet_users AS uuid[]), CAST(:quiet_until AS timestamptz[])) AS q(user_id, ends_at)
    ), told AS (
      INSERT INTO notifications (id, user_id, kind, occasion, session_id, facts, is_listed, skipped, created_at)
      SELECT gen_random_uuid(), w.user_id, w.kind, w.occasion, w.session_id, w.facts,
             w.skipped IS NULL AND (ways.is_always OR coalesce(p.is_on, ways.is_on)), w.skipped,
             CAST(:now AS timestamptz)
      FROM wanted w JOIN users u ON u.id = w.user_id AND u.is_active
      JOIN ways ON ways.kind = w.kind AND ways.role = u.role AND ways.channel = 'IN_APP'
      LEFT JOIN notification_preferences p ON p.user_id = u.id AND p.kind = w.kind AND p.channel = 'IN_APP'
      ORDER BY w.user_id, w.kind, w.occasion
      ON CONFLICT ON CONSTRAINT notifications_once DO NOTHING
      RETURNING id, user_id, kind, facts, is_listed, skipped
    ), leaving AS (
      INSERT INTO deliveries (id, notification_id, user_id, channel, status, reason, attempts, not_before, created_at)
      SELECT gen_random_uuid(), told.id, told.user_id, ways.channel,
             CASE WHEN not_told.why IS NULL THEN 'PENDING' ELSE 'SKIPPED' END, not_told.why, 0, quiet.ends_at,
             CAST(:now AS timestamptz)
      FROM told JOIN users u ON u.id = told.user_id
      JOIN ways ON ways.kind = told.kind AND ways.role = u.role AND ways.channel <> 'IN_APP'
      LEFT JOIN notification_preferences p
        ON p.user_id = u.id AND p.kind = told.kind AND p.channel = ways.channel
      LEFT JOIN quiet ON quiet.user_id = u.id AND ways.waits
      LEFT JOIN members m ON m.user_id = u.id
      CROSS JOIN LATERAL (
        SELECT CASE
          WHEN ways.channel = 'SMS' AND coalesce(m.phone, '') = '' THEN '{NO_PHONE}'
          WHEN (told.facts ->> ways.until)::timestamptz <= coalesce(quiet.ends_at, CAST(:now AS timestamptz))
            THEN '{TOO_LATE}'
        END AS why
      ) AS not_told
      WHERE told.skipped IS NULL AND (ways.is_always OR coalesce(p.is_on, ways.is_on))
      RETURNING id, user_id, channel, status, not_before
    )
    SELECT NULL, id, user_id, is_listed, NULL FROM told
    UNION ALL SELECT channel, id, user_id, status = 'PENDING', not_before FROM leaving
    """
)
