"""What is written for calendar programs, read by a strict reader and by a library: times, names, folding, mails."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import icalendar
import pytest

from app.loaders.sessions.calendar_events import CalendarEvent
from app.models.sessions import SessionFormat
from app.platform.mail import Attachment
from app.platform.settings import Settings
from app.services.sessions import invitation
from app.services.sessions.calendar_text import Address, Method, Side, Written, calendar_text
from app.wire.relay import parse_key
from tests.calendars import CHANGES, HOSTILE, Component, calendar_event, during, read_strictly
from tests.operations import add_window, booked, cancelled, moved, transferred
from tests.practice import MovableClock, Practice

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NINE, TEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10))


def written(*events: CalendarEvent, zone: str = "UTC", side: Side = Side.MEMBER) -> bytes:
    addressed = [Written(each, Address(each.coach_name, uuid4())) for each in events]
    return calendar_text(addressed, method=Method.PUBLISH, side=side, zone=zone, name="Coaching sessions")


@pytest.mark.parametrize("zone", CHANGES)
def test_every_time_is_right_around_the_changes_of_the_clocks(zone: str) -> None:
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in CHANGES[zone]]
    events = [calendar_event(day + timedelta(minutes=30 * half - 720)) for day in days for half in range(96)]
    content = written(*events, zone=zone)

    calendar = read_strictly(content)
    by_us = [during(calendar, each) for each in calendar.of_kind("VEVENT")]
    by_a_library = [
        (each.decoded("DTSTART").astimezone(UTC), each.decoded("DTEND").astimezone(UTC))
        for each in icalendar.Calendar.from_ical(content).events
    ]

    assert by_us == [(each.starts_at, each.ends_at) for each in events]
    assert by_a_library == by_us


def test_the_clocks_of_its_reader_are_shown_but_in_the_hour_that_comes_twice() -> None:
    starts = [datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + timedelta(hours=hours) for hours in range(4)]
    calendar = read_strictly(written(*map(calendar_event, starts), zone="Europe/London"))

    shown = [(each.one("DTSTART").value, each.one("DTSTART").parameters) for each in calendar.of_kind("VEVENT")]
    assert shown == [
        ("20261024T233000Z", {}),  # ends in the hour that comes twice
        ("20261025T003000Z", {}),
        ("20261025T013000Z", {}),
        ("20261025T023000", {"TZID": "Europe/London"}),
    ]


def test_the_rules_of_the_zone_begin_with_the_clocks_that_they_end() -> None:
    calendar = read_strictly(written(calendar_event(), zone="Australia/Lord_Howe"))
    (zone,) = calendar.of_kind("VTIMEZONE")

    assert zone.text("TZID") == "Australia/Lord_Howe"
    assert [
        (part.kind, *(part.text(name) for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME")))
        for part in zone.parts
    ] == [
        ("DAYLIGHT", "20251231T110000", "+1100", "+1100", "+11"),
        ("STANDARD", "20260405T020000", "+1100", "+1030", "+1030"),
        ("DAYLIGHT", "20261004T020000", "+1030", "+1100", "+11"),
    ]


def test_a_calendar_in_utc_and_one_without_events_need_no_rules() -> None:
    assert read_strictly(written(calendar_event())).of_kind("VTIMEZONE") == []
    assert read_strictly(written(zone="Europe/London")).parts == []


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("side", Side)
def test_a_name_is_a_name_whatever_is_in_it(name: str, side: Side) -> None:
    hostile = calendar_event(coach_name=name, member_name=name)
    content = written(hostile, side=side)
    (read,) = read_strictly(content).of_kind("VEVENT")
    (by_a_library,) = icalendar.Calendar.from_ical(content).events

    plain = name.replace("\r\n", "\n")
    for each in "\x0b\x0c\x85\u2028\u2029":
        plain = plain.replace(each, "\n")
    for each in "\x1b\x07\ufeff":
        plain = plain.replace(each, "")
    assert plain in read.text("SUMMARY")
    assert plain in str(by_a_library["SUMMARY"])
    assert read.text("CONTACT") == plain
    assert read.one("ORGANIZER").parameters["CN"] == plain
    assert (read.parts, read.all("ATTENDEE")) == ([], [])
    assert len(read.lines) == len(read_strictly(written(calendar_event(), side=side)).of_kind("VEVENT")[0].lines)


def test_lines_are_folded_between_characters_at_75_octets() -> None:
    content = written(calendar_event(member_name="Å" * 160, coach_name="a" * 44 + "👩‍👩‍👧‍👦" * 4), side=Side.COACH)

    read_strictly(content)  # none is longer, and none cuts a character

    assert max(map(len, content.split(b"\r\n"))) == 75
    assert min(len(line) for line in content.split(b"\r\n ")[1:-1]) >= 70


def test_13_1_to_13_5_what_an_event_says() -> None:
    session = UUID("01930000-0000-7000-8000-000000000001")
    link = "https://coaching.example/sessions/U2Vzc2lvbg"
    shown = calendar_event(session_id=session, sequence=3, url=link, format=SessionFormat.GROUP)
    content = written(shown, zone="Europe/London")
    calendar = read_strictly(content)
    (read,) = calendar.of_kind("VEVENT")

    assert [calendar.text(name) for name in ("METHOD", "CALSCALE", "X-WR-CALNAME", "X-WR-TIMEZONE")] == [
        *("PUBLISH", "GREGORIAN", "Coaching sessions", "Europe/London")
    ]
    assert {line.name: line.text for line in read.lines} == {
        "UID": str(session),
        "SEQUENCE": "3",
        "DTSTAMP": "20260302T120000Z",
        "CREATED": "20260302T120000Z",
        "LAST-MODIFIED": "20260302T120000Z",
        "DTSTART": "20260302T120000",
        "DTEND": "20260302T125000",
        "SUMMARY": "Coaching Session with Ada Byron",
        "CATEGORIES": "Coaching Session",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "CLASS": "PRIVATE",
        "ORGANIZER": read.text("ORGANIZER"),
        "CONTACT": "Ada Byron",
        "DESCRIPTION": f"In a group\n\n{link}",
        "URL": link,
    }
    assert read.one("ORGANIZER").parameters == {"CN": "Ada Byron"}
    (other,) = read_strictly(written(replace(shown, is_cancelled=True), side=Side.COACH)).of_kind("VEVENT")
    assert [other.text(name) for name in ("STATUS", "TRANSP", "SUMMARY", "CONTACT")] == [
        *("CANCELLED", "TRANSPARENT", "Coaching Session with Grace Hopper", "Grace Hopper")
    ]


# Invitations


async def invited(practice: Practice, session: str, *, off: bool = False, to: UUID | None = None) -> Attachment | None:
    async with practice.as_system() as db:
        return await invitation(db, parse_key(session, "Session", "id"), cancelled=off, to=to)


def read(attachment: Attachment | None) -> tuple[Component, Component]:
    """The calendar and its event, of an attachment whose type says the method that is in it (RFC 6047)."""
    assert attachment is not None
    calendar = read_strictly(attachment.content)
    (found,) = calendar.of_kind("VEVENT")
    assert attachment.content_type == f"text/calendar; method={calendar.text('METHOD')}; charset=utf-8"
    return calendar, found


async def test_13_2_and_13_3_an_invitation_is_the_coachs_to_the_member_and_asks_for_no_answer(
    practice: Practice,
) -> None:
    coach, member = await practice.coach(display_name="Ada Byron"), await practice.member()
    await transferred(practice, member, coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)

    calendar, found = read(await invited(practice, session))

    assert calendar.text("METHOD") == "REQUEST"
    assert found.one("ORGANIZER").parameters == {"CN": "Ada Byron"}
    assert found.one("ORGANIZER").value == f"mailto:{coach.user.email}"
    attendee = found.one("ATTENDEE")
    assert attendee.value == f"mailto:{member.user.email}"
    assert attendee.parameters == {
        "CN": member.member.full_name,
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }
    assert [found.text(name) for name in ("UID", "SEQUENCE", "STATUS")] == [
        *(str(parse_key(session, "Session", "id")), "0", "CONFIRMED")
    ]
    assert (await invited(practice, session)) == (await invited(practice, session))


async def test_13_4_and_13_6_later_mails_move_and_cancel_the_same_event(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)
    _, first = read(await invited(practice, session))
    await moved(practice, member, session, TEN)
    _, second = read(await invited(practice, session))
    assert await invited(practice, session, off=True) is None  # it is not off
    await cancelled(practice, member, session)
    assert await invited(practice, session) is None  # a mail that comes too late invites nobody
    calendar, third = read(await invited(practice, session, off=True))

    assert len({each.text("UID") for each in (first, second, third)}) == 1
    assert [each.text("SEQUENCE") for each in (first, second, third)] == ["0", "1", "2"]
    assert [each.text("DTSTART") for each in (first, second, third)] == [
        *("20260302T090000Z", "20260302T100000Z", "20260302T100000Z")
    ]
    assert (calendar.text("METHOD"), third.text("STATUS")) == ("CANCEL", "CANCELLED")
    assert await invited(practice, "U2Vzc2lvbjowMTkzMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE") is None


async def test_an_invitation_is_written_for_who_gets_it(settings: Settings) -> None:
    async with Practice.opened(
        settings.model_copy(update={"public_url": "https://a.example"}), MovableClock()
    ) as practice:
        coach = await practice.coach(display_name="Ada Byron")
        member = await practice.member(coach)
        await add_window(practice, coach)
        session = await booked(practice, member, coach, NINE)
        for person, zone, other in (
            (coach, "Asia/Kolkata", member.member.full_name),
            (member, "America/New_York", "Ada Byron"),
        ):
            await practice.rows(
                "UPDATE users SET time_zone = :zone WHERE id = :id RETURNING 1", zone=zone, id=person.user.id
            )
            calendar, found = read(await invited(practice, session, to=person.user.id))
            assert found.text("SUMMARY") == f"Coaching Session with {other}"
            assert found.one("DTSTART").parameters == {"TZID": zone}
            assert during(calendar, found)[0] == datetime.fromisoformat(NINE)
            assert found.text("URL") == f"https://a.example/sessions/{session}"


async def test_who_are_not_coach_and_member_of_each_other_do_not_get_each_others_address(practice: Practice) -> None:
    coach, own = await practice.coach(booking_audience="PUBLIC"), await practice.coach()
    member = await practice.member(own)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)

    for to, seen in ((coach, [coach]), (member, [member]), (None, []), (own, [])):
        attachment = await invited(practice, session, to=to.user.id if to else None)
        assert attachment is not None
        _, found = read(attachment)
        for person, line in ((coach, found.one("ORGANIZER")), (member, found.one("ATTENDEE"))):
            if person in seen:
                assert line.value == f"mailto:{person.user.email}"
            else:
                assert line.value.startswith("urn:uuid:")
                assert person.user.email.encode() not in attachment.content


def test_a_zone_is_written_for_the_years_of_its_events_and_no_longer() -> None:
    starts = [datetime(year, 7, 1, tzinfo=UTC) for year in (2026, 2028)]
    calendar = read_strictly(written(*map(calendar_event, starts), zone="Europe/London"))
    (zone,) = calendar.of_kind("VTIMEZONE")
    onsets = [part.text("DTSTART") for part in zone.parts]

    assert [onset[:6] for onset in onsets] == [*("202512", "202603", "202610", "202703", "202710", "202803", "202810")]
