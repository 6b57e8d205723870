"""A calendar that a coach keeps elsewhere: what is busy there cannot be booked here."""

from collections.abc import AsyncIterator

import pytest

from app.events import OutsideCalendarDue
from tests.holding import entry_of, full_slot, hold
from tests.ics import busy
from tests.live.views import version_of, watching
from tests.operations import ADD_OUTSIDE_CALENDAR, ADD_TIME_OFF, REMOVE_TIME_OFF, book, booked, cancelled
from tests.practice import Practice
from tests.services.scheduling.elsewhere import (
    ELEVEN_TO_NOON,
    FILE,
    LIST,
    REFRESH,
    REMOVE,
    TEN_TO_ELEVEN,
    UPDATE,
    Elsewhere,
    calendar_elsewhere,
)

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
MONDAY = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")


@pytest.fixture
async def elsewhere(practice: Practice) -> AsyncIterator[Elsewhere]:
    async with calendar_elsewhere(practice) as elsewhere:
        yield elsewhere


@pytest.fixture
async def read_apart(practice: Practice) -> AsyncIterator[Elsewhere]:
    async with calendar_elsewhere(practice, read_apart=True) as elsewhere:
        yield elsewhere


async def test_what_is_busy_elsewhere_cannot_be_booked_here(practice: Practice, read_apart: Elsewhere) -> None:
    elsewhere = read_apart
    elsewhere.says(TEN_TO_ELEVEN)
    assert await elsewhere.bookable() == ["09:00", "10:00", "11:00"]

    shown = await elsewhere.add()

    assert shown == {
        "id": elsewhere.id,
        "name": "Family",
        "host": "127.0.0.1",
        "status": "READ",
        "problem": None,
        "fetchedAt": "2026-03-02T08:00:00Z",
        "nextFetchAt": "2026-03-02T08:15:00Z",
        "busyTimes": 1,
    }
    assert await elsewhere.bookable() == ["09:00", "11:00"]
    refused = await book(practice, elsewhere.member, elsewhere.coach, TEN)
    assert (refused["__typename"], refused["reason"]) == ("SlotUnavailable", "TIME_OFF")
    assert await booked(practice, elsewhere.member, elsewhere.coach, ELEVEN)


async def test_it_is_asked_for_once_added_and_in_the_background(practice: Practice, elsewhere: Elsewhere) -> None:
    given = {"url": f"webcal://127.0.0.1:{elsewhere.web.port}{FILE}", "name": "Family"}

    added = await practice.ask(ADD_OUTSIDE_CALENDAR, elsewhere.coach, input=given)

    assert (added["status"], added["fetchedAt"], elsewhere.web.asked) == ("PENDING", None, [])
    (told,) = await practice.told()
    assert isinstance(told, OutsideCalendarDue)


async def test_busy_times_are_time_off_without_a_title(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    await elsewhere.add()

    (imported,) = await elsewhere.time_off()

    assert imported == {
        "id": imported["id"],
        "startsAt": TEN,
        "endsAt": ELEVEN,
        "kind": "OUTSIDE_CALENDAR",
        "reason": None,
        "outsideCalendar": {"id": elsewhere.id, "name": "Family"},
    }
    everything = await practice.rows("SELECT t::text FROM time_off t UNION ALL SELECT o::text FROM outside_calendars o")
    assert "dentist" not in str(everything)


async def test_imported_time_off_is_neither_removed_nor_made_by_hand(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    await elsewhere.add()
    (imported,) = await elsewhere.time_off()

    removed = await practice.ask(REMOVE_TIME_OFF, elsewhere.coach, input={"id": imported["id"]})
    made = {"startsAt": NINE, "endsAt": TEN, "kind": "OUTSIDE_CALENDAR"}
    added = await practice.ask(ADD_TIME_OFF, elsewhere.coach, input=made)

    assert (removed["__typename"], removed["code"]) == ("TimeOffIsImported", "TIME_OFF_IS_IMPORTED")
    assert (added["__typename"], added["field"]) == ("InvalidInput", "kind")
    assert await elsewhere.time_off() == [imported]


async def test_the_address_is_a_secret(
    practice: Practice, elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    shown = await elsewhere.add()
    elsewhere.web.said[FILE] = b"HTTP/1.1 500 No\r\n\r\n"
    shown_failing = await elsewhere.refresh()

    stored = await practice.rows("SELECT o::text, encode(sealed_url, 'escape') FROM outside_calendars o")
    jobs = await practice.rows("SELECT l::text FROM pgqueuer_log l")
    logged = f"{caplog.text} {capfd.readouterr()}"
    assert "secret-token" not in f"{shown} {shown_failing} {stored} {jobs} {logged}"
    assert elsewhere.web.asked[0].path == FILE


async def test_an_open_view_moves_when_a_calendar_elsewhere_does(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    await elsewhere.add()
    async with watching(practice, elsewhere.member, elsewhere.coach, *MONDAY) as view:
        assert view.bookable == [NINE, ELEVEN]

        elsewhere.says(ELEVEN_TO_NOON)
        before = view.version
        await elsewhere.refresh()

        assert await version_of(practice, elsewhere.coach) == before + 1
        await view.reaches(before + 1)
        assert view.bookable == [NINE, TEN]


async def test_what_has_not_changed_does_not_move_the_calendar(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN, busy("20260302T070000Z", "20260302T083000Z"), "DTSTART;VALUE=DATE:20260310")
    await elsewhere.add()
    version, times = await elsewhere.version(), await elsewhere.time_off()

    for _ in range(3):
        practice.clock.move(minutes=5)
        shown = await elsewhere.refresh()

    assert (await elsewhere.version(), await elsewhere.time_off()) == (version, times)
    assert shown["fetchedAt"] == "2026-03-02T08:18:00Z"


async def test_only_the_difference_is_written(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN, busy("20260305T100000Z", "20260305T110000Z"))
    await elsewhere.add()
    kept, _ = await elsewhere.time_off()

    elsewhere.says(TEN_TO_ELEVEN, busy("20260306T100000Z", "20260306T110000Z"))
    await elsewhere.refresh()

    same, new = await elsewhere.time_off()
    assert same == kept
    assert new["startsAt"] == "2026-03-06T10:00:00Z"


async def test_sessions_that_are_booked_stay(practice: Practice, elsewhere: Elsewhere) -> None:
    session = await booked(practice, elsewhere.member, elsewhere.coach, TEN)
    elsewhere.says(TEN_TO_ELEVEN)

    await elsewhere.add()

    ((status,),) = await practice.rows("SELECT status FROM sessions")
    assert status == "SCHEDULED"
    await cancelled(practice, elsewhere.member, session)
    assert await elsewhere.bookable() == ["09:00", "11:00"]


async def test_our_own_sessions_come_back_and_do_not_block(practice: Practice, elsewhere: Elsewhere) -> None:
    await booked(practice, elsewhere.member, elsewhere.coach, TEN)
    ((session,),) = await practice.rows("SELECT id FROM sessions")
    elsewhere.says(f"UID:{session}\n{TEN_TO_ELEVEN}", ELEVEN_TO_NOON)

    shown = await elsewhere.add()

    assert shown["busyTimes"] == 1
    assert [each["startsAt"] for each in await elsewhere.time_off()] == [ELEVEN]


async def test_who_waits_where_it_is_busy_now_waits_no_more(practice: Practice) -> None:
    coach, _, _, line = await full_slot(practice, waiting=1)
    async with calendar_elsewhere(practice) as elsewhere:
        elsewhere.coach = coach
        elsewhere.says(busy("20260302T090000Z", "20260302T100000Z"))

        await elsewhere.add()

    assert (await entry_of(practice, line[0]))["status"] == "CLOSED"


async def test_what_is_held_where_it_is_busy_now_is_held_no_more(practice: Practice, elsewhere: Elsewhere) -> None:
    await hold(practice, elsewhere.member, elsewhere.coach, TEN)
    elsewhere.says(TEN_TO_ELEVEN)

    await elsewhere.add()

    assert await practice.count("slot_holds") == 0


async def test_removing_it_frees_its_times_and_no_others(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    await elsewhere.add()
    gone = elsewhere.id
    elsewhere.web.said["/other.ics"] = elsewhere.web.said[FILE].replace(b"T10", b"T09").replace(b"T11", b"T10")  # type: ignore[union-attr]
    await elsewhere.add(elsewhere.web.url("/other.ics"))
    assert await elsewhere.bookable() == ["11:00"]
    version = await elsewhere.version()

    removed = await practice.ask(REMOVE, elsewhere.coach, input={"id": gone})

    assert removed == {"__typename": "Removed", "id": gone}
    assert await elsewhere.version() == version + 1
    assert await elsewhere.bookable() == ["10:00", "11:00"]
    assert [each["id"] for each in await practice.ask(LIST, elsewhere.coach)] == [elsewhere.id]


async def test_another_address_replaces_what_the_first_one_said(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN, ETag='"1"')
    await elsewhere.add()
    elsewhere.web.said["/other.ics"] = elsewhere.web.said.pop(FILE)
    elsewhere.says(ELEVEN_TO_NOON, ETag='"1"')

    changes = {"id": elsewhere.id, "url": elsewhere.web.url(FILE) + "?v=2", "name": "Work"}
    elsewhere.web.said[FILE + "?v=2"] = elsewhere.web.said[FILE]
    changed = await practice.ask(UPDATE, elsewhere.coach, input=changes)
    assert (changed["name"], changed["status"], changed["busyTimes"]) == ("Work", "PENDING", 1)
    await practice.work()

    assert await elsewhere.bookable() == ["09:00", "10:00"]
    assert "if-none-match" not in elsewhere.web.asked[-1].headers


async def test_another_name_asks_for_nothing(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    await elsewhere.add()

    changed = await practice.ask(UPDATE, elsewhere.coach, input={"id": elsewhere.id, "name": "Work"})
    await practice.work()

    assert (changed["name"], changed["status"], len(elsewhere.web.asked)) == ("Work", "READ", 1)


async def test_it_is_refreshed_at_most_once_a_minute(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    await elsewhere.add()

    for _ in range(3):
        await practice.ask(REFRESH, elsewhere.coach, input={"id": elsewhere.id})
    await practice.work()
    assert len(elsewhere.web.asked) == 1

    await elsewhere.refresh()
    assert len(elsewhere.web.asked) == 2


async def test_a_coach_has_at_most_ten(practice: Practice, elsewhere: Elsewhere) -> None:
    given = {"url": elsewhere.web.url(FILE), "name": "One more"}
    answers = [await practice.ask(ADD_OUTSIDE_CALENDAR, elsewhere.coach, input=given) for _ in range(11)]

    assert [each["__typename"] for each in answers[9:]] == ["OutsideCalendar", "TooManyOutsideCalendars"]
    assert await practice.count("outside_calendars") == 10


async def test_another_coachs_calendars_are_out_of_sight(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.says(TEN_TO_ELEVEN)
    await elsewhere.add()
    other, admin = await practice.coach(), await practice.admin()

    assert await practice.ask(LIST, other) == []
    assert (await practice.refusal(LIST, other, coachId=elsewhere.coach.id))["code"] == "FORBIDDEN"
    for mutation in (UPDATE, REFRESH, REMOVE):
        assert (await practice.refusal(mutation, other, input={"id": elsewhere.id}))["code"] == "FORBIDDEN"
    (seen,) = await practice.ask(LIST, admin, coachId=elsewhere.coach.id)
    assert seen["id"] == elsewhere.id
    assert (await practice.ask(REMOVE, admin, input={"id": elsewhere.id}))["__typename"] == "Removed"
