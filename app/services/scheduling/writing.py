"""The statements of a group of requests, by the driver alone: a session would cost more than they do.

Locking and reading are one function of PostgreSQL (`open_requests`) whose statements each see what was committed when
they began: one statement that locked and counted would count by its old snapshot, and overbook.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import orjson

from app.actor import Actor
from app.models.members import MemberStatus
from app.models.scheduling import SlotHold
from app.models.sessions import CoachingSession, SessionFormat, SessionKind, SessionStatus
from app.services.scheduling.booking import BookSession, ScheduleSession
from app.services.scheduling.calendars import calendar_of
from app.services.scheduling.changes import RescheduleSession
from app.services.scheduling.holds import HoldSlot
from app.services.scheduling.requests import Asked, Change, Found, OpenCalendar

Row: TypeAlias = Any  # a mapping of columns, which asyncpg does not call one

if TYPE_CHECKING:
    from app.platform.direct import Connection

MOST_SETTLED = 64
"""Calendars at a time."""

_OPEN = "SELECT * FROM open_requests($1::text::jsonb, $2)"
_WRITE = "SELECT * FROM write_requests($1::text::jsonb)"
_SETTLE = "SELECT settle_calendar($1, $2)"
_AS_SYSTEM = "SELECT act_as('SYSTEM', '', '', '', '')"
_DUE = f"SELECT ARRAY(SELECT calendars_to_settle($1) LIMIT {MOST_SETTLED})"
_TAKE = "SELECT take_calendars($1, false)"
_COACH_OF_SESSION = "SELECT coach_of_session($1, $2, $3, $4, $5)"


async def coach_of_session(db: "Connection", actor: Actor, session_id: UUID) -> UUID | None:
    """Whose calendar a session is in, if the actor may see it: it never changes, so no turn is needed to know it."""
    rights = rights_of(actor)
    asked = (rights["role"], rights["user_id"], rights["coach_id"], rights["member_id"], session_id)
    found: UUID | None = await db.fetchval(_COACH_OF_SESSION, *asked)
    return found


async def open_requests(db: "Connection", group: Sequence[Asked], *, waiting: bool) -> list[Found | None]:
    """Takes the calendars' turns and reads; None for a request whose calendar is in another's, and not waited for.

    Each is read under its own actor's rights, whom the transaction remembers for `write_requests`.
    """
    wanted = _json([_wanted(place, asked) for place, asked in enumerate(group)])
    rows = await db.fetch(_OPEN, wanted, waiting)
    calendars = _calendars(group, rows)
    found: list[Found | None] = [None] * len(group)
    for row in rows:
        found[row["place"]] = _found(row, calendars.get(group[row["place"]].calendar_id))
    return found


async def write_requests(
    db: "Connection", changes: Mapping[int, Change]
) -> dict[int, tuple[CoachingSession | SlotHold | None, int | None]]:
    """Writes what was decided of the requests at these places of the group; answers the session or the hold, and the
    calendar's version."""
    booked: Counter[tuple[UUID | None, datetime | None]] = Counter()
    decided = []
    for place, change in changes.items():
        row = _decided(place, change)
        if change.action in {"BOOK", "HOLD"}:
            slot = change.coach_id, change.starts_at
            row["nth"], booked[slot] = booked[slot], booked[slot] + 1
        decided.append(row)
    places = {change.session_id or change.hold_id: place for place, change in changes.items()}
    written: dict[int, tuple[CoachingSession | SlotHold | None, int | None]] = {}
    for line in await db.fetch(_WRITE, _json(decided)):
        what = _session(line["session"]) or _hold(line["hold"])
        assert what is not None
        written[places[what.id]] = (what, line["version"])
    return written


async def settle_calendar(db: "Connection", coach_id: UUID, now: datetime) -> int | None:
    """Gives back what is held no longer and offers what is free to who waits; the new version, if anything changed.

    As the system: it is for nobody who asks.
    """
    await db.fetchval(_AS_SYSTEM)
    version: int | None = await db.fetchval(_SETTLE, coach_id, now)
    return version


async def calendars_to_settle(db: "Connection", now: datetime) -> list[UUID]:
    """Some in which a hold has expired, or somebody waits for what has begun."""
    await db.fetchval(_AS_SYSTEM)
    due: list[UUID] = await db.fetchval(_DUE, now)
    return due


async def settle_in_turn(db: "Connection", coach_id: UUID, now: datetime) -> int | None:
    """The same, unless another has the calendar's turn, who settles it."""
    taken = await db.fetchval(_TAKE, [coach_id])
    return await settle_calendar(db, coach_id, now) if taken else None


def rights_of(actor: Actor) -> dict[str, str]:
    return {
        "role": actor.standing.value,
        "user_id": str(actor.user_id or ""),
        "coach_id": str(actor.coach_id or ""),
        "member_id": str(actor.member_id or ""),
    }


def _wanted(place: int, asked: Asked) -> dict[str, Any]:
    form = asked.form
    wanted: dict[str, Any] = {"place": place, "calendar_id": asked.calendar_id, **rights_of(asked.actor)}
    if isinstance(form, BookSession):
        wanted |= {"starts_at": form.starts_at, "mutation": form.mutation, "key": form.idempotency_key}
        return wanted | {"subject_id": form.member_id} if isinstance(form, ScheduleSession) else wanted
    if isinstance(form, HoldSlot):
        return wanted | {"starts_at": form.starts_at}
    starts_at = form.starts_at if isinstance(form, RescheduleSession) else None
    return wanted | {"session_id": form.session_id, "starts_at": starts_at}  # type: ignore[attr-defined]


def _decided(place: int, change: Change) -> dict[str, Any]:
    written = {name: value for name in Change.__slots__ if (value := getattr(change, name)) is not None}
    event = written.pop("event", None)
    if event is not None:
        written |= {"event_type": type(event).__name__, "event": event.model_dump(mode="json")}
    return written | {"place": place}


def _json(values: list[dict[str, Any]]) -> str:
    return orjson.dumps(values, default=str).decode()  # the driver's own class of UUIDs is not orjson's


def _calendars(group: Sequence[Asked], rows: Sequence[Row]) -> dict[UUID, OpenCalendar]:
    """Those that were read, once each though they may have been read around several starts."""
    calendars: dict[UUID, OpenCalendar] = {}
    for row in rows:
        if row["version"] is None:
            continue
        coach_id = group[row["place"]].calendar_id
        calendar = calendar_of(coach_id, row)
        if coach_id in calendars:
            calendars[coach_id].join(calendar)
        else:
            calendars[coach_id] = OpenCalendar(calendar)
    return calendars


def _found(row: Row, calendar: OpenCalendar | None) -> Found:
    status, hashed = row["member_status"], row["input_hash"]
    return Found(
        is_open=row["is_open"],
        open_calendar=calendar,
        busy=[(start, end) for start, end in row["busy"] or ()],
        member_status=None if status is None else MemberStatus(status),
        member_name=row["member_name"],
        earlier=None if hashed is None else (hashed, row["result_id"]),
        session=_session(row["session"]),
        holds=[hold for each in row["holds"] or () if (hold := _hold(each)) is not None],
    )


def _hold(row: Row | None) -> SlotHold | None:
    return None if row is None or row["id"] is None else SlotHold.model_construct(**row)


def _session(row: Row | None) -> CoachingSession | None:
    if row is None or row["id"] is None:
        return None
    return CoachingSession.model_construct(
        **{
            **row,
            "kind": SessionKind(row["kind"]),
            "format": SessionFormat(row["format"]),
            "status": SessionStatus(row["status"]),
        }
    )
