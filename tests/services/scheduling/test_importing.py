"""Fetching calendars elsewhere: when, under which conditions, and what becomes of one that cannot be had."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.actor import SYSTEM
from app.context import Context
from app.events import Happened, OutsideCalendarFailed
from app.jobs import scheduling as scheduling_jobs
from app.jobs.job import Job
from app.platform.outgoing import GuardedClient
from app.services.scheduling import importing
from app.services.scheduling.importing import Fetched
from app.worker import Worker
from tests.ics import busy, ics
from tests.operations import UPDATE_COACH
from tests.practice import Practice
from tests.services.scheduling.elsewhere import (
    ELEVEN_TO_NOON,
    FILE,
    REFRESH,
    REMOVE,
    TEN_TO_ELEVEN,
    UPDATE,
    Elsewhere,
    calendar_elsewhere,
)
from tests.web import until


@pytest.fixture
async def elsewhere(practice: Practice) -> AsyncIterator[Elsewhere]:
    async with calendar_elsewhere(practice) as elsewhere:
        elsewhere.says(TEN_TO_ELEVEN)
        yield elsewhere


@pytest.fixture
def told(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> list[OutsideCalendarFailed]:
    """What whoever tells coaches hears."""
    heard: list[OutsideCalendarFailed] = []

    async def hear(context: Context, payload: Mapping[str, Any]) -> None:
        event = Happened.model_validate(payload).read()
        assert isinstance(event, OutsideCalendarFailed)
        heard.append(event)

    jobs = (scheduling_jobs.IMPORT, Job("hear", hear, hears={OutsideCalendarFailed}))
    monkeypatch.setattr("app.worker.JOBS", jobs)
    monkeypatch.setattr("app.jobs.JOBS", jobs)
    practice.worker = Worker(practice.house)
    return heard


async def test_it_is_looked_at_every_quarter_of_an_hour(practice: Practice, elsewhere: Elsewhere) -> None:
    await elsewhere.add()
    practice.clock.move(minutes=14)
    await practice.work()
    assert len(elsewhere.web.asked) == 1

    practice.clock.move(minutes=1)
    elsewhere.says(ELEVEN_TO_NOON)
    await practice.work()
    await practice.work()

    assert len(elsewhere.web.asked) == 2
    assert await elsewhere.bookable() == ["09:00", "10:00"]


async def test_what_has_not_changed_is_not_sent_again(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN, ETag='"one"', Last_Modified="Mon, 02 Mar 2026 07:00:00 GMT")
    await elsewhere.add()
    version = await elsewhere.version()
    elsewhere.web.said[FILE] = b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n'

    shown = await elsewhere.refresh()

    headers = elsewhere.web.asked[-1].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"one"', "Mon, 02 Mar 2026 07:00:00 GMT")
    assert (shown["status"], shown["fetchedAt"]) == ("READ", "2026-03-02T08:01:00Z")
    assert (await elsewhere.version(), await elsewhere.bookable()) == (version, ["09:00", "11:00"])


async def test_once_a_day_it_is_read_anew_for_what_can_be_booked_now(practice: Practice, elsewhere: Elsewhere) -> None:
    assert elsewhere.coach.coach is not None
    weekly = f"{TEN_TO_ELEVEN}\nRRULE:FREQ=WEEKLY"
    elsewhere.says(weekly, ETag='"one"')
    first = await elsewhere.add()

    practice.clock.move(days=7)
    await practice.work()

    assert "if-none-match" not in elsewhere.web.asked[-1].headers
    *_, last = await elsewhere.time_off()
    assert last["startsAt"] > f"2026-{3 + elsewhere.coach.coach.booking_window_days // 31:02}"
    assert (await elsewhere.shown())["busyTimes"] == first["busyTimes"]


@pytest.mark.parametrize("changes", [{"timeZone": "Europe/Berlin"}, {"bookingWindowDays": 200}])
async def test_another_zone_or_booking_window_is_read_for_anew(
    practice: Practice, elsewhere: Elsewhere, changes: dict[str, object]
) -> None:
    elsewhere.says("DTSTART;VALUE=DATE:20260305", "DTSTART;VALUE=DATE:20260715", ETag='"one"')
    await elsewhere.add()

    await practice.ask(UPDATE_COACH, elsewhere.coach, input={"id": elsewhere.coach.id, **changes})
    shown = await elsewhere.refresh()

    begins = [each["startsAt"] for each in await elsewhere.time_off()]
    assert "if-none-match" not in elsewhere.web.asked[-1].headers
    if "timeZone" in changes:
        assert begins == ["2026-03-04T23:00:00Z"]
    else:
        assert (shown["busyTimes"], begins[-1]) == (2, "2026-07-15T00:00:00Z")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "410"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", "another one"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"BEGIN:VCALENDAR\r\n" + b"X-A:b\r\n" * 720_000, "more than 5 MB"),
    ],
)
async def test_what_will_not_get_better_is_told_and_not_tried_again(
    practice: Practice, elsewhere: Elsewhere, told: list[OutsideCalendarFailed], said: bytes, reason: str
) -> None:
    elsewhere.web.said[FILE] = said

    shown = await elsewhere.add()
    practice.clock.move(days=1)
    await practice.work()

    assert (shown["status"], shown["nextFetchAt"], len(elsewhere.web.asked)) == ("FAILED", None, 1)
    assert reason in shown["problem"]
    assert [event.reason for event in told] == [shown["problem"]]


async def test_the_coach_is_notified_once_of_a_calendar_that_has_failed(
    practice: Practice, elsewhere: Elsewhere
) -> None:
    elsewhere.web.said[FILE] = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"

    shown = await elsewhere.add()
    await practice.work()

    ((user_id, facts),) = await practice.rows(
        "SELECT user_id, facts FROM notifications WHERE kind = 'CALENDAR_IMPORT_FAILED'"
    )
    assert user_id == elsewhere.coach.user.id
    assert (facts["calendar_id"], facts["reason"]) == (str(elsewhere.key), shown["problem"])


async def test_an_address_that_leads_inside_is_refused_and_nothing_is_asked(
    practice: Practice, elsewhere: Elsewhere
) -> None:
    await elsewhere.add()
    before = len(elsewhere.web.asked)
    practice.house.outside.outgoing = GuardedClient()

    shown = await elsewhere.refresh()

    assert (shown["status"], shown["problem"]) == ("FAILED", "the address does not lead to a public one")
    assert len(elsewhere.web.asked) == before


async def test_for_a_coach_who_is_switched_off_nothing_is_fetched(practice: Practice, elsewhere: Elsewhere) -> None:
    await elsewhere.add()
    switch = "UPDATE users SET is_active = :is_active WHERE id = :id RETURNING id"
    practice.clock.move(minutes=1)
    await practice.ask(REFRESH, elsewhere.coach, input={"id": elsewhere.id})
    before = len(elsewhere.web.asked)
    await practice.rows(switch, id=elsewhere.coach.user.id, is_active=False)
    for _ in range(2):
        practice.clock.move(hours=1)
        await practice.work()
    assert len(elsewhere.web.asked) == before
    assert await practice.count("pgqueuer") == 0

    await practice.rows(switch, id=elsewhere.coach.user.id, is_active=True)
    await practice.work()
    assert len(elsewhere.web.asked) == before + 1


async def test_after_five_failures_the_coach_is_told_and_it_is_left_alone(
    practice: Practice, elsewhere: Elsewhere, told: list[OutsideCalendarFailed]
) -> None:
    shown = await elsewhere.add()
    elsewhere.web.said[FILE] = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    pauses = []
    for _ in range(5):
        assert told == []
        due = datetime.fromisoformat(shown["nextFetchAt"])
        pauses.append((due - practice.clock.now) // timedelta(minutes=1))
        practice.clock.now = due
        await practice.work()
        shown = await elsewhere.shown()

    assert pauses == [15, 30, 60, 120, 240]
    assert (shown["status"], shown["problem"]) == ("FAILED", "the answer was 503")
    assert [(event.calendar_id, event.reason) for event in told] == [(elsewhere.key, "the answer was 503")]
    assert shown["busyTimes"] == 1, "what it said last still blocks"

    elsewhere.says(ELEVEN_TO_NOON)
    assert (await elsewhere.refresh())["status"] == "READ"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "the answer was 500"),
        (b"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", "the answer was 401"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "the answer was 304"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<html></>", "cannot be read: it is not a calendar"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "packed"),
        (b"nonsense", "the connection broke"),
    ],
)
async def test_what_may_get_better_is_tried_again_and_blocks_as_before(
    practice: Practice, elsewhere: Elsewhere, said: bytes, reason: str
) -> None:
    await elsewhere.add()
    version = await elsewhere.version()
    elsewhere.web.said[FILE] = said

    shown = await elsewhere.refresh()

    assert (shown["status"], shown["nextFetchAt"]) == ("FAILING", "2026-03-02T08:31:00Z")
    assert reason in shown["problem"]
    assert (await elsewhere.version(), await elsewhere.bookable()) == (version, ["09:00", "11:00"])

    elsewhere.says(TEN_TO_ELEVEN)
    practice.clock.move(minutes=30)
    await practice.work()
    shown = await elsewhere.shown()
    assert (shown["status"], shown["problem"]) == ("READ", None)


async def test_all_calendars_together_have_a_bound(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says("DTSTART:20260303T000000Z\nDURATION:PT10M\nRRULE:FREQ=HOURLY;COUNT=1200")
    assert (await elsewhere.add())["status"] == "READ"

    shown = await elsewhere.add()

    assert (shown["status"], shown["busyTimes"]) == ("FAILED", 0)
    assert "2,000 busy times" in shown["problem"]
    assert await practice.count("time_off") == 1_200


async def test_two_fetches_at_once_write_what_the_later_one_found(practice: Practice, elsewhere: Elsewhere) -> None:
    await elsewhere.add()
    context = practice.context()
    fetches = []
    for _ in range(2):
        async with context.unit_of_work() as db:
            fetches.append(await importing.begin_fetch(db, SYSTEM, calendar_id=elsewhere.key, now=practice.clock()))
    earlier, later = fetches
    assert earlier is not None
    assert later is not None

    async def end(fetch: importing.Fetch, *hours: int) -> None:
        times = [(practice.clock.now.replace(hour=hour), practice.clock.now.replace(hour=hour + 1)) for hour in hours]
        async with context.unit_of_work() as db:
            await importing.end_fetch(db, SYSTEM, fetch=fetch, fetched=Fetched(times), now=practice.clock())

    await asyncio.gather(end(later, 9, 11), end(earlier, 10))

    assert await elsewhere.bookable() == ["10:00"]


@pytest.mark.parametrize("change", ["another address", "removed"])
async def test_what_was_asked_of_an_address_that_is_gone_is_dropped(
    practice: Practice, elsewhere: Elsewhere, change: str
) -> None:
    may_answer = asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        await may_answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + ics(busy("20260302T090000Z", "20260302T100000Z")))

    await elsewhere.add()
    version = await elsewhere.version()
    elsewhere.web.said[FILE] = slow
    practice.clock.move(minutes=1)
    await practice.ask(REFRESH, elsewhere.coach, input={"id": elsewhere.id})
    working = asyncio.create_task(practice.work())
    await until(lambda: elsewhere.web.open_connections == 1)

    if change == "removed":
        await practice.ask(REMOVE, elsewhere.coach, input={"id": elsewhere.id})
    else:
        elsewhere.web.answers("/other.ics", ics(ELEVEN_TO_NOON))
        changes = {"id": elsewhere.id, "url": elsewhere.web.url("/other.ics")}
        await practice.ask(UPDATE, elsewhere.coach, input=changes)
    may_answer.set()
    await working
    await practice.work()

    free = ["09:00", "10:00", "11:00"] if change == "removed" else ["09:00", "10:00"]
    assert await elsewhere.bookable() == free
    assert await elsewhere.version() == version + 1, "the late answer was not written, not even for a moment"


async def test_a_worker_that_dies_on_the_way_leaves_a_fetch_that_is_due_again(
    practice: Practice, elsewhere: Elsewhere
) -> None:
    await elsewhere.add()
    async with practice.context().unit_of_work() as db:
        await importing.begin_fetch(db, SYSTEM, calendar_id=elsewhere.key, now=practice.clock())

    elsewhere.says(ELEVEN_TO_NOON)
    practice.clock.move(minutes=15)
    await practice.work()

    assert await elsewhere.bookable() == ["09:00", "10:00"]


async def test_several_workers_queue_what_is_due_once(practice: Practice, elsewhere: Elsewhere) -> None:
    await elsewhere.add()
    practice.clock.move(minutes=15)

    await asyncio.gather(*(scheduling_jobs.look_for_due_calendars(practice.context()) for _ in range(5)))

    assert await practice.count("outbox") == 1


async def test_time_that_has_passed_is_forgotten_without_a_word(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN, busy("20260303T100000Z", "20260303T110000Z"))
    await elsewhere.add()
    version = await elsewhere.version()

    practice.clock.move(hours=4)
    await practice.work()

    assert [each["startsAt"] for each in await elsewhere.time_off()] == ["2026-03-03T10:00:00Z"]
    assert await elsewhere.version() == version


async def test_what_breaks_in_a_way_of_its_own_is_a_failure_and_comes_to_an_end(
    practice: Practice, elsewhere: Elsewhere, told: list[OutsideCalendarFailed], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*asked: object, **given: object) -> None:
        raise KeyError("of whatever kind")

    monkeypatch.setattr(practice.house.outside.outgoing, "request", broken)
    assert (await elsewhere.add())["status"] == "FAILING"
    for _ in range(4):
        practice.clock.move(days=1)
        await practice.work()

    assert (await elsewhere.shown())["status"] == "FAILED"
    assert len(told) == 1
