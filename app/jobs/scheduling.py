"""Fetches calendars that coaches keep elsewhere, and keeps what these say of when a coach is busy."""

from collections.abc import Mapping
from typing import Any, Final

import structlog

from app.actor import SYSTEM
from app.context import Context
from app.events import Happened, OutsideCalendarDue, OutsideCalendarFailed
from app.jobs.job import Job, Scan
from app.models.notifications import NotificationKind
from app.platform.calendar_files import MOST_BYTES, UnreadableCalendar, read_busy_times
from app.platform.outgoing import Answer, OutgoingFailed, OutgoingRefused
from app.services.notifications import notify
from app.services.scheduling import importing
from app.services.scheduling.importing import Fetch, Fetched

log = structlog.get_logger(__name__)

SECONDS: Final = 30.0
GONE: Final = {404: "there is no such calendar (404)", 410: "the calendar is gone (410)"}

ELSEWHERE: Final = frozenset({301, 302, 303, 307, 308})


class _Failed(Exception):
    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        self.reason, self.is_final = reason, is_final


async def import_calendar(context: Context, payload: Mapping[str, Any]) -> None:
    due = Happened.model_validate(payload).read()
    assert isinstance(due, OutsideCalendarDue)
    async with context.unit_of_work() as db:
        fetch = await importing.begin_fetch(db, SYSTEM, calendar_id=due.calendar_id, now=context.now())
    if fetch is None:
        return
    found: Fetched | _Failed
    try:
        found = await _fetched(context, fetch)
    except _Failed as failed:
        found = failed
    except Exception:  # a calendar that only its job knows to have failed would be asked for ever, and nobody told
        log.exception("a calendar failed in a way of its own", calendar_id=str(due.calendar_id))
        found = _Failed("the calendar could not be read, for a reason of ours")

    async def write() -> None:
        async with context.unit_of_work() as db:
            if isinstance(found, Fetched):
                await importing.end_fetch(db, SYSTEM, fetch=fetch, fetched=found, now=context.now())
            else:
                reason, is_final = found.reason, found.is_final
                await importing.note_failure(
                    db, SYSTEM, fetch=fetch, reason=reason, is_final=is_final, now=context.now()
                )

    await context.until_no_race(write)


async def _fetched(context: Context, fetch: Fetch) -> Fetched:
    conditions = {"if-none-match": fetch.etag, "if-modified-since": fetch.last_modified}
    headers = {"accept": "text/calendar"} | {name: value for name, value in conditions.items() if value is not None}
    try:
        answer = await context.house.outside.outgoing.request(
            "GET", fetch.url, headers=headers, seconds=SECONDS, most_bytes=MOST_BYTES
        )
    except OutgoingRefused as refused:
        raise _Failed(str(refused), is_final=True) from None
    except OutgoingFailed as failed:
        raise _Failed(str(failed)) from None
    if answer.status == 304 and len(headers) > 1:
        return Fetched(None)
    _refuse(answer)
    try:
        busy = await read_busy_times(
            answer.body, zone=fetch.zone, since=fetch.since, until=fetch.until, own=fetch.own_uids
        )
    except UnreadableCalendar as unreadable:
        raise _Failed(f"the calendar cannot be read: {unreadable}", is_final=unreadable.is_final) from None
    return Fetched(busy, answer.headers.get("etag"), answer.headers.get("last-modified"))


def _refuse(answer: Answer) -> None:
    if answer.status in GONE:
        raise _Failed(GONE[answer.status], is_final=True)
    if answer.status in ELSEWHERE:
        raise _Failed("the address leads to another one; give that one", is_final=True)
    if answer.status != 200:
        raise _Failed(f"the answer was {answer.status}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise _Failed("the answer is packed, though it was not to be")
    if answer.is_cut:
        raise _Failed(f"the calendar has more than {MOST_BYTES // 1_000_000} MB", is_final=True)


async def tell_of_failed_calendar(context: Context, payload: Mapping[str, Any]) -> None:
    happened = Happened.model_validate(payload)
    failed = happened.read()
    assert isinstance(failed, OutsideCalendarFailed)
    async with context.unit_of_work() as db:
        user_id = await importing.who_is_told(db, SYSTEM, coach_id=failed.coach_id)
        occasion, facts = f"event:{happened.id}", failed.model_dump(mode="json")
        kind = NotificationKind.CALENDAR_IMPORT_FAILED
        await notify(db, kind, [user_id], occasion=occasion, facts=facts, now=context.now())


async def look_for_due_calendars(context: Context) -> None:
    async with context.unit_of_work() as db:
        await importing.queue_due(db, SYSTEM, now=context.now())


IMPORT: Final = Job("import_calendar", import_calendar, at_once=2, hears={OutsideCalendarDue})
TELL_OF_FAILED: Final = Job("tell_of_failed_calendar", tell_of_failed_calendar, hears={OutsideCalendarFailed})
DUE: Final = Scan("look at outside calendars", look_for_due_calendars, every_seconds=60)
