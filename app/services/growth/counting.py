"""Counts by the day what members did, and makes their scores of it; for the system.

Days are counted from the rows that they are about, so that an event that is heard twice, or never, does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import Happened, OfMember, SessionCompleted, SessionNoShow
from app.models.growth import Metric
from app.services.growth.engagement_formula import WINDOW_DAYS, Done, engagement_of

AT_ONCE: Final = 100
"""Members whose scores are made anew in one transaction."""

_FROM: Final[Mapping[Metric, tuple[str, str, str]]] = {
    Metric.JOURNAL_ENTRIES: ("journal_entries", "created_at", "true"),
    Metric.ACTION_ITEMS_COMPLETED: ("action_items", "completed_at", "s.status = 'COMPLETED'"),
    Metric.SESSIONS_ATTENDED: ("sessions", "starts_at", "s.status = 'COMPLETED'"),
    Metric.SESSIONS_MISSED: ("sessions", "starts_at", "s.status = 'NO_SHOW'"),
    Metric.ASSESSMENTS_COMPLETED: ("assessments", "completed_at", "s.status = 'COMPLETED'"),
    Metric.INTERVENTIONS_COMPLETED: ("member_interventions", "completed_at", "s.status = 'COMPLETED'"),
}
"""Of each metric the rows that are counted, when each of them was, and which of them count."""


@dataclass(slots=True)
class _Counted:
    today: date
    tomorrow_at: datetime
    done: list[Done] = field(default_factory=list)


async def count_engagement(db: AsyncSession, happened: Happened, *, now: datetime) -> None:
    """Makes the score of whom an event is about anew."""
    event = happened.read()
    assert isinstance(event, OfMember | SessionCompleted | SessionNoShow)
    asked = {"members": [event.member_id], "now": now}
    await db.execute(_BEGIN, asked)
    await _make_anew(db, list((await db.execute(_WAIT_FOR, asked)).scalars()), now)


async def fade_engagement(db: AsyncSession, *, now: datetime) -> bool:
    """Makes the scores of those anew for whom another day has begun; whether there may be more of them."""
    near = list((await db.execute(_DUE, {"now": now, "most": AT_ONCE})).scalars())
    due = list((await db.execute(_TAKE_DUE, {"members": near, "now": now})).scalars())
    await _make_anew(db, due, now)
    return len(due) == AT_ONCE


# A score is locked after its member, as in a transfer, and what is there is read after that, in new statements.

_BEGIN: Final = text(
    "INSERT INTO engagement_scores (member_id, score, parts, computed_at)"
    " SELECT id, 0, '{}', :now FROM members WHERE id = ANY(:members) ON CONFLICT DO NOTHING"
)
_LOCKED: Final = "SELECT member_id FROM engagement_scores WHERE member_id = ANY(:members)"
_WAIT_FOR: Final = text(f"{_LOCKED} FOR UPDATE")
_DUE: Final = text(
    "SELECT m.id FROM engagement_scores e JOIN members m ON m.id = e.member_id WHERE e.current_until <= :now"
    " ORDER BY e.current_until LIMIT :most FOR SHARE OF m SKIP LOCKED"
)
_TAKE_DUE: Final = text(f"{_LOCKED} AND current_until <= :now FOR UPDATE SKIP LOCKED")

_DAYS: Final = (
    "days AS (SELECT m.id, u.time_zone AS zone, (CAST(:now AS timestamptz) AT TIME ZONE u.time_zone)::date AS today"
    " FROM members m JOIN users u ON u.id = m.user_id WHERE m.id = ANY(:members))"
)
_COUNTS: Final = " UNION ALL ".join(
    f"SELECT d.id AS member_id, '{metric.value}' AS name, (s.{at} AT TIME ZONE d.zone)::date AS day, count(*) AS value"
    f" FROM days d JOIN {table} s ON s.member_id = d.id AND {condition}"
    f" AND s.{at} >= (d.today - {WINDOW_DAYS - 1})::timestamp AT TIME ZONE d.zone GROUP BY 1, 3"
    for metric, (table, at, condition) in _FROM.items()
)
_COUNT_AGAIN: Final = text(
    f"WITH {_DAYS}, counted AS ({_COUNTS}), written AS ("
    "INSERT INTO engagement_metrics (member_id, name, day, value) SELECT c.* FROM counted c WHERE NOT EXISTS ("
    "SELECT FROM engagement_metrics e WHERE (e.member_id, e.name, e.day, e.value) ="
    " (c.member_id, c.name, c.day, c.value)) ON CONFLICT (member_id, name, day) DO UPDATE SET value = excluded.value"
    ") DELETE FROM engagement_metrics e USING days d WHERE e.member_id = d.id"
    f" AND e.day > d.today - {WINDOW_DAYS} AND NOT EXISTS ("
    "SELECT FROM counted c WHERE (c.member_id, c.name, c.day) = (e.member_id, e.name, e.day))"
)
_COUNTED: Final = text(
    f"WITH {_DAYS} SELECT d.id, d.today, (d.today + 1)::timestamp AT TIME ZONE d.zone, e.name, e.day, e.value"
    f" FROM days d LEFT JOIN engagement_metrics e ON e.member_id = d.id AND e.day > d.today - {WINDOW_DAYS}"
)
_KEEP: Final = text(
    "UPDATE engagement_scores SET score = :score, parts = CAST(:parts AS jsonb), computed_at = :now,"
    " current_until = :until WHERE member_id = :member"
)


async def _make_anew(db: AsyncSession, members: list[UUID], now: datetime) -> None:
    if not members:
        return
    asked = {"members": members, "now": now}
    await db.execute(_COUNT_AGAIN, asked)
    counted: dict[UUID, _Counted] = {}
    for member_id, today, tomorrow_at, *done in await db.execute(_COUNTED, asked):
        of_member = counted.setdefault(member_id, _Counted(today, tomorrow_at))
        if done[0] is not None:
            of_member.done.append(Done(*done))
    await db.execute(_KEEP, [_kept(member_id, found, now) for member_id, found in counted.items()])


def _kept(member_id: UUID, found: _Counted, now: datetime) -> dict[str, Any]:
    engagement = engagement_of(found.done, found.today)
    return {
        "member": member_id,
        "score": engagement.score,
        "parts": orjson.dumps({part.name.value: part.stored() for part in engagement.parts}).decode(),
        "now": now,
        "until": found.tomorrow_at if engagement.fades else None,
    }
