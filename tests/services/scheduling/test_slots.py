"""What a slot is, by example: the rules one at a time, then the days on which clocks change, reasoned by hand."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.services.scheduling.slots import (
    Calendar,
    Slot,
    Taken,
    Unavailable,
    Window,
    reasons_against,
    slot_at,
    slots_between,
)

COACH = UUID("0198c0de-0000-7000-8000-000000000001")
LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
# Monday 1 June 2026 at 08:00 in UTC, and the Tuesday after, on which most examples happen.
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
TUESDAY = datetime(2026, 6, 2, tzinfo=UTC)


def window(day_of_week: int, start: str, end: str, capacity: int = 1) -> Window:
    return Window(day_of_week, minutes(start), minutes(end), capacity)


def minutes(wall: str) -> int:
    hour, minute = wall.split(":")
    return int(hour) * 60 + int(minute)


def make_calendar(*windows: Window, **changes: Any) -> Calendar:
    settings: dict[str, Any] = {
        "coach_id": COACH,
        "version": 1,
        "is_active": True,
        "time_zone": "UTC",
        "session_minutes": 60,
        "buffer_minutes": 0,
        "slot_interval_minutes": None,
        "min_notice_minutes": 0,
        "booking_window_days": 20_000,
        "windows": windows,
        "time_off": (),
        "taken": (),
    }
    return Calendar(**settings | changes)


def tuesday(wall: str) -> datetime:
    return TUESDAY + timedelta(minutes=minutes(wall))


def seconds(wall: str) -> int:
    return int(tuesday(wall).timestamp())


def taken(start: str, end: str, booked: int = 1) -> Taken:
    return Taken(seconds(start), seconds(end), booked)


def on_tuesday(calendar: Calendar, now: datetime = NOW, busy: tuple[tuple[int, int], ...] = ()) -> list[Slot]:
    return slots_between(calendar, TUESDAY, TUESDAY + timedelta(days=1), now, busy)


def by_time(slots: list[Slot]) -> dict[str, str | None]:
    return {f"{slot.starts_at:%H:%M}": slot.unavailable_reason and slot.unavailable_reason.value for slot in slots}


def offered(calendar: Calendar, local_date: date) -> list[str]:
    """The starts of one local day, on the coach's clock and in UTC."""
    noon = datetime.combine(local_date, time(12), UTC)
    around = slots_between(calendar, noon - timedelta(days=3), noon + timedelta(days=3), LONG_AGO)
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=calendar.session_minutes) for slot in around)
    return [f"{slot.local_time:%H:%M} {slot.starts_at:%d %H:%MZ}" for slot in around if slot.local_date == local_date]


def test_5_1_slots_lie_within_availability_only() -> None:
    calendar = make_calendar(window(2, "14:00", "15:30"), window(2, "09:00", "11:00"), window(3, "09:00", "10:00"))

    slots = on_tuesday(calendar)

    assert by_time(slots) == {"09:00": None, "10:00": None, "14:00": None}
    assert slots[0] == (COACH, tuesday("09:00"), tuesday("10:00"), 1, 0, 0, None, "UTC", TUESDAY.date(), time(9), 0)


@pytest.mark.parametrize(
    ("wall", "reason"),
    [
        ("08:59", Unavailable.OUTSIDE_AVAILABILITY),
        ("09:00", None),
        ("09:01", Unavailable.NOT_A_SLOT_START),
        ("10:00", None),
        ("10:30", Unavailable.NOT_A_SLOT_START),
        ("10:31", Unavailable.OUTSIDE_AVAILABILITY),
        ("11:30", Unavailable.OUTSIDE_AVAILABILITY),
    ],
)
def test_5_1_an_instant_that_is_not_offered_is_refused(wall: str, reason: Unavailable | None) -> None:
    calendar = make_calendar(window(2, "09:00", "11:30"))

    assert reasons_against(calendar, tuesday(wall), NOW) == ([reason] if reason else [])
    assert (slot_at(calendar, tuesday(wall), NOW) is None) == (reason is not None)


def test_5_1_a_start_is_exact_to_the_microsecond() -> None:
    calendar = make_calendar(window(2, "09:00", "11:00"))

    for late in (timedelta(microseconds=1), timedelta(seconds=1)):
        assert reasons_against(calendar, tuesday("09:00") + late, NOW) == [Unavailable.NOT_A_SLOT_START]
        assert reasons_against(calendar, tuesday("10:00") + late, NOW) == [Unavailable.OUTSIDE_AVAILABILITY]
        assert slot_at(calendar, tuesday("09:00") + late, NOW) is None


def test_5_1_a_session_does_not_span_two_windows() -> None:
    calendar = make_calendar(window(2, "09:00", "10:30"), window(2, "10:30", "12:00"))

    assert by_time(on_tuesday(calendar)) == {"09:00": None, "10:30": None}
    assert reasons_against(calendar, tuesday("10:00"), NOW) == [Unavailable.OUTSIDE_AVAILABILITY]


def test_5_1_a_window_may_last_until_midnight() -> None:
    calendar = make_calendar(window(2, "22:00", "24:00"))

    assert by_time(on_tuesday(calendar)) == {"22:00": None, "23:00": None}


def test_5_1_the_range_holds_its_start_and_not_its_end() -> None:
    calendar = make_calendar(window(2, "09:00", "12:00"))

    slots = slots_between(calendar, tuesday("10:00"), tuesday("11:00"), NOW)

    assert by_time(slots) == {"10:00": None}
    assert slots_between(calendar, tuesday("11:00"), tuesday("10:00"), NOW) == []
    assert slots_between(calendar, tuesday("10:00") + timedelta(microseconds=1), tuesday("11:00"), NOW) == []


def test_5_1_nothing_is_offered_without_windows() -> None:
    assert on_tuesday(make_calendar()) == []
    assert reasons_against(make_calendar(), tuesday("09:00"), NOW) == [Unavailable.OUTSIDE_AVAILABILITY]


def test_3_5_starts_step_by_session_and_buffer() -> None:
    calendar = make_calendar(window(2, "09:00", "12:00"), session_minutes=50, buffer_minutes=15)

    assert list(by_time(on_tuesday(calendar))) == ["09:00", "10:05", "11:10"]


def test_3_5_a_slot_that_would_end_after_its_window_is_not_offered() -> None:
    calendar = make_calendar(window(2, "09:00", "11:59"), session_minutes=50, buffer_minutes=15)

    assert list(by_time(on_tuesday(calendar))) == ["09:00", "10:05"]


def test_3_5_an_interval_of_the_coach_replaces_the_step() -> None:
    calendar = make_calendar(window(2, "09:00", "10:30"), buffer_minutes=10, slot_interval_minutes=15)

    assert list(by_time(on_tuesday(calendar))) == ["09:00", "09:15", "09:30"]


def test_3_5_existing_bookings_take_the_starts_they_overlap() -> None:
    calendar = make_calendar(window(2, "09:00", "12:00"), slot_interval_minutes=30, taken=(taken("10:00", "11:00"),))

    assert by_time(on_tuesday(calendar)) == {
        "09:00": None,
        "09:30": "CONFLICTS_WITH_SESSION",
        "10:00": "FULL",
        "10:30": "CONFLICTS_WITH_SESSION",
        "11:00": None,
    }


def test_3_5_a_session_off_the_grid_takes_the_starts_it_overlaps() -> None:
    calendar = make_calendar(window(2, "09:00", "12:00", 5), taken=(taken("09:59", "10:01"),))

    assert by_time(on_tuesday(calendar)) == {
        "09:00": "CONFLICTS_WITH_SESSION",
        "10:00": "CONFLICTS_WITH_SESSION",
        "11:00": None,
    }


def test_3_5_a_long_session_reaches_over_later_short_ones() -> None:
    calendar = make_calendar(window(2, "09:00", "13:00"), taken=(taken("09:00", "12:30"), taken("09:30", "09:40")))

    assert by_time(on_tuesday(calendar))["12:00"] == "CONFLICTS_WITH_SESSION"
    assert by_time(on_tuesday(calendar))["09:00"] == "CONFLICTS_WITH_SESSION"


@pytest.mark.parametrize(("booked", "remaining", "reason"), [(2, 1, None), (3, 0, "FULL"), (4, 0, "FULL")])
def test_3_6_sessions_with_one_start_share_its_capacity(booked: int, remaining: int, reason: str | None) -> None:
    calendar = make_calendar(window(2, "09:00", "10:00", 3), taken=(taken("09:00", "10:00", booked),))

    [slot] = on_tuesday(calendar)

    assert (slot.capacity, slot.booked, slot.remaining) == (3, booked, remaining)
    assert slot.unavailable_reason == reason
    assert slot.is_bookable == (reason is None)


def test_3_6_a_longer_session_with_the_same_start_still_shares_the_slot() -> None:
    calendar = make_calendar(window(2, "09:00", "11:00", 2), taken=(taken("09:00", "10:30"),))

    assert by_time(on_tuesday(calendar)) == {"09:00": None, "10:00": "CONFLICTS_WITH_SESSION"}


def test_5_2_full_slots_are_not_bookable() -> None:
    calendar = make_calendar(window(2, "09:00", "11:00", 2), taken=(taken("09:00", "10:00", 2),))

    slots = on_tuesday(calendar)

    assert by_time(slots) == {"09:00": "FULL", "10:00": None}
    assert [slot.is_bookable for slot in slots] == [False, True]
    assert reasons_against(calendar, tuesday("09:00"), NOW) == [Unavailable.FULL]


def test_5_2_an_instant_without_seats_is_not_called_full() -> None:
    calendar = make_calendar(window(2, "09:00", "11:00"), taken=(taken("09:20", "10:20", 9),))

    assert reasons_against(calendar, tuesday("09:20"), NOW) == [Unavailable.NOT_A_SLOT_START]


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("08:00", "08:50", None),
        ("08:00", "08:51", "CONFLICTS_WITH_SESSION"),
        ("10:10", "11:00", None),
        ("10:09", "11:00", "CONFLICTS_WITH_SESSION"),
        ("09:01", "10:00", "CONFLICTS_WITH_SESSION"),
        ("09:00", "10:00", None),
    ],
)
def test_5_3_the_buffer_lies_between_different_starts(start: str, end: str, reason: str | None) -> None:
    calendar = make_calendar(window(2, "09:00", "10:00", 2), buffer_minutes=10, taken=(taken(start, end),))

    assert by_time(on_tuesday(calendar)) == {"09:00": reason}
    assert reasons_against(calendar, tuesday("09:00"), NOW) == ([reason] if reason else [])


def test_5_3_a_full_slot_within_the_buffer_of_another_has_both_reasons() -> None:
    calendar = make_calendar(
        window(2, "09:00", "11:00"), buffer_minutes=10, taken=(taken("09:00", "10:00"), taken("10:05", "10:30"))
    )

    assert reasons_against(calendar, tuesday("09:00"), NOW) == [Unavailable.CONFLICTS_WITH_SESSION, Unavailable.FULL]
    assert by_time(on_tuesday(calendar))["09:00"] == "CONFLICTS_WITH_SESSION"


def test_15_4_a_seat_set_free_is_bookable_again() -> None:
    windows = (window(2, "09:00", "11:00", 2),)
    full = make_calendar(*windows, taken=(taken("09:00", "10:00", 2),))
    freed = make_calendar(*windows, taken=(taken("09:00", "10:00", 1),))

    assert by_time(on_tuesday(full))["09:00"] == "FULL"
    assert by_time(on_tuesday(freed))["09:00"] is None


def test_a_start_before_now_is_in_the_past_and_still_listed() -> None:
    calendar = make_calendar(window(2, "09:00", "12:00"))

    slots = on_tuesday(calendar, now=tuesday("10:00") + timedelta(microseconds=1))

    assert by_time(slots) == {"09:00": "IN_THE_PAST", "10:00": "IN_THE_PAST", "11:00": None}
    assert by_time(on_tuesday(calendar, now=tuesday("10:00"))) == {"09:00": "IN_THE_PAST", "10:00": None, "11:00": None}


def test_a_start_within_the_notice_is_too_soon() -> None:
    calendar = make_calendar(window(2, "09:00", "12:00"), min_notice_minutes=60)

    assert by_time(on_tuesday(calendar, now=tuesday("09:30"))) == {
        "09:00": "IN_THE_PAST",
        "10:00": "TOO_SOON",
        "11:00": None,
    }
    assert by_time(on_tuesday(calendar, now=tuesday("09:00")))["10:00"] is None


def test_the_booking_window_counts_the_coachs_own_days() -> None:
    # It is Sunday evening in New York, and Monday already in UTC.
    now = datetime(2026, 6, 1, 1, tzinfo=UTC)
    calendar = make_calendar(
        window(2, "23:00", "24:00"), window(3, "00:00", "01:00"), time_zone="America/New_York", booking_window_days=2
    )

    slots = slots_between(calendar, now, now + timedelta(days=4), now)

    assert [(slot.local_date.isoformat(), slot.unavailable_reason) for slot in slots] == [
        ("2026-06-02", None),
        ("2026-06-03", Unavailable.TOO_FAR_AHEAD),
    ]


def test_time_off_takes_what_it_overlaps() -> None:
    ranges = (("13:00", "14:00"), ("10:30", "11:00"), ("09:00", "10:31"))
    time_off = tuple((seconds(start), seconds(end)) for start, end in ranges)
    calendar = make_calendar(window(2, "08:00", "13:00"), time_off=time_off)

    assert by_time(on_tuesday(calendar)) == {
        "08:00": None,
        "09:00": "TIME_OFF",
        "10:00": "TIME_OFF",
        "11:00": None,
        "12:00": None,
    }


def test_a_member_is_busy_during_their_own_sessions_without_any_buffer() -> None:
    calendar = make_calendar(window(2, "08:00", "12:00"), buffer_minutes=15, slot_interval_minutes=60)

    slots = on_tuesday(calendar, busy=((seconds("10:59"), seconds("11:00")), (seconds("09:00"), seconds("10:00"))))

    assert by_time(slots) == {"08:00": None, "09:00": "MEMBER_BUSY", "10:00": "MEMBER_BUSY", "11:00": None}


def test_nothing_can_be_booked_with_a_coach_who_is_not_active() -> None:
    calendar = make_calendar(window(2, "08:00", "10:00"), is_active=False)

    assert by_time(on_tuesday(calendar)) == {"08:00": "COACH_NOT_ACTIVE", "09:00": "COACH_NOT_ACTIVE"}


def test_reasons_are_given_in_their_order_and_the_list_shows_the_first() -> None:
    calendar = make_calendar(
        window(2, "09:00", "10:00"),
        is_active=False,
        buffer_minutes=10,
        min_notice_minutes=2 * 1440,
        booking_window_days=0,
        time_off=((seconds("09:00"), seconds("09:10")),),
        taken=(taken("09:00", "10:00"), taken("10:05", "11:00")),
    )
    busy = ((seconds("09:30"), seconds("09:40")),)
    others = [Unavailable.TOO_SOON, Unavailable.TOO_FAR_AHEAD, Unavailable.TIME_OFF, Unavailable.CONFLICTS_WITH_SESSION]

    assert reasons_against(calendar, tuesday("09:00"), NOW, busy) == [
        Unavailable.COACH_NOT_ACTIVE,
        *others,
        Unavailable.FULL,
        Unavailable.MEMBER_BUSY,
    ]
    assert reasons_against(calendar, tuesday("09:05"), NOW, busy) == [
        Unavailable.COACH_NOT_ACTIVE,
        Unavailable.OUTSIDE_AVAILABILITY,
        *others,
        Unavailable.MEMBER_BUSY,
    ]
    assert by_time(on_tuesday(calendar, busy=busy)) == {"09:00": "COACH_NOT_ACTIVE"}


def test_local_fields_are_read_off_the_coachs_clock_or_another() -> None:
    calendar = make_calendar(window(1, "20:30", "21:30"), time_zone="America/New_York")

    slot = slot_at(calendar, datetime(2026, 6, 2, 0, 30, tzinfo=UTC), NOW)

    assert slot is not None
    assert (slot.local_date, slot.local_time, slot.utc_offset_minutes) == (date(2026, 6, 1), time(20, 30), -240)
    moved = slot.in_zone("Asia/Kathmandu")
    assert (moved.local_date, moved.local_time, moved.utc_offset_minutes) == (date(2026, 6, 2), time(6, 15), 345)
    assert (moved.starts_at, moved.time_zone, slot.time_zone) == (slot.starts_at, "Asia/Kathmandu", "America/New_York")


def test_an_instant_means_the_same_in_every_zone() -> None:
    # New York reads 01:00 twice on this day; only the first of them is a start.
    new_york = ZoneInfo("America/New_York")
    calendar = make_calendar(window(7, "01:00", "03:00"), time_zone="America/New_York")
    first, second = (datetime(2026, 11, 1, 1, fold=fold, tzinfo=new_york) for fold in (0, 1))

    assert reasons_against(calendar, first, NOW) == []
    assert reasons_against(calendar, second, NOW) == [Unavailable.NOT_A_SLOT_START]
    found = slot_at(calendar, first, NOW)
    assert found is not None
    assert found.starts_at == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert found.starts_at.tzinfo is UTC
    assert slot_at(calendar, second, NOW) is None
    elsewhere = datetime(2026, 11, 1, 16, tzinfo=timezone(timedelta(hours=11)))
    assert slot_at(calendar, elsewhere, NOW) == found


def test_a_slot_is_found_at_the_second_of_two_equal_readings() -> None:
    calendar = make_calendar(window(7, "05:00", "08:00"))
    second = datetime(2026, 11, 1, 1, fold=1, tzinfo=ZoneInfo("America/New_York"))

    found = slot_at(calendar, second, NOW)

    assert found is not None
    assert found.starts_at == datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_nine_oclock_stays_nine_oclock_across_a_change() -> None:
    calendar = make_calendar(*(window(day, "09:00", "10:00") for day in range(1, 8)), time_zone="America/New_York")

    assert offered(calendar, date(2026, 3, 7)) == ["09:00 07 14:00Z"]
    assert offered(calendar, date(2026, 3, 8)) == ["09:00 08 13:00Z"]
    assert offered(calendar, date(2026, 10, 31)) == ["09:00 31 13:00Z"]
    assert offered(calendar, date(2026, 11, 1)) == ["09:00 01 14:00Z"]


# Zone, local day, window, session/step in minutes: the starts on the coach's clock, then as day and time in UTC.
GOLDEN = {
    # Spring forward at 07:00Z: 02:00 does not exist; 05:00 is 09:00Z.
    "America/New_York 2026-03-08 01:00-05:00 60/60": "01:00 08 06:00Z, 03:00 08 07:00Z, 04:00 08 08:00Z",
    # 02:30 is inside the gap, so the window ends when the gap does, at 07:00Z.
    "America/New_York 2026-03-08 01:00-02:30 45/15": "01:00 08 06:00Z, 01:15 08 06:15Z",
    # The grid is counted from 02:30 although that start does not exist.
    "America/New_York 2026-03-08 02:30-05:00 60/60": "03:30 08 07:30Z",
    "America/New_York 2026-03-08 02:00-03:00 30/30": "",
    # Two hours on the wall, one hour of time: 03:00 is 07:00Z, an hour after 01:00.
    "America/New_York 2026-03-08 01:00-03:00 90/90": "",
    # Fall back at 06:00Z: 01:00 to 02:00 runs twice and counts once, the second hour is a break.
    "America/New_York 2026-11-01 00:00-03:00 60/60": "00:00 01 04:00Z, 01:00 01 05:00Z, 02:00 01 07:00Z",
    # The window ends when 01:30 is first shown, at 05:30Z.
    "America/New_York 2026-11-01 00:00-01:30 60/30": "00:00 01 04:00Z, 00:30 01 04:30Z",
    # One hour on the wall, two hours of time: 02:00 is 07:00Z, two hours after 01:00.
    "America/New_York 2026-11-01 01:00-02:00 90/90": "01:00 01 05:00Z",
    # Spring forward at 01:00Z: 01:00 does not exist.
    "Europe/London 2026-03-29 00:00-04:00 60/60": "00:00 29 00:00Z, 02:00 29 01:00Z, 03:00 29 02:00Z",
    # Fall back at 01:00Z: 01:00 is shown at 00:00Z and again at 01:00Z.
    "Europe/London 2026-10-25 00:00-03:00 60/60": "00:00 24 23:00Z, 01:00 25 00:00Z, 02:00 25 02:00Z",
    # +10:30 becomes +11:00 at 15:30Z of the day before: 02:00 to 02:30 does not exist.
    "Australia/Lord_Howe 2026-10-04 01:30-03:30 30/30": "01:30 03 15:00Z, 02:30 03 15:30Z, 03:00 03 16:00Z",
    # +11:00 becomes +10:30 at 15:00Z of the day before: 01:30 to 02:00 runs twice.
    "Australia/Lord_Howe 2026-04-05 01:00-02:30 30/30": "01:00 04 14:00Z, 01:30 04 14:30Z, 02:00 04 15:30Z",
    # 02:00 is 15:30Z: an hour from 01:00 ends at 15:00Z, from 01:30 at 15:30Z.
    "Australia/Lord_Howe 2026-04-05 01:00-02:00 60/30": "01:00 04 14:00Z, 01:30 04 14:30Z",
    "Asia/Kathmandu 2026-06-02 09:00-12:00 60/60": "09:00 02 03:15Z, 10:00 02 04:15Z, 11:00 02 05:15Z",
    # 30 December is left out: after the 29th, at 10:00Z of the 30th, comes the 31st.
    "Pacific/Apia 2011-12-29 22:00-24:00 60/60": "22:00 30 08:00Z, 23:00 30 09:00Z",
    "Pacific/Apia 2011-12-30 00:00-24:00 60/60": "",
    "Pacific/Apia 2011-12-31 00:00-02:00 60/60": "00:00 30 10:00Z, 01:00 30 11:00Z",
    # -11:00 becomes -10:00 at 14:00Z: 03:00 does not exist.
    "Pacific/Apia 2011-09-24 02:00-06:00 60/60": "02:00 24 13:00Z, 04:00 24 14:00Z, 05:00 24 15:00Z",
    # +14:00 becomes +13:00 at 14:00Z of the day before: 03:00 is shown at 13:00Z and 14:00Z.
    "Pacific/Apia 2012-04-01 02:00-05:00 60/60": "02:00 31 12:00Z, 03:00 31 13:00Z, 04:00 31 15:00Z",
    # Midnight does not exist, at 03:00Z the clock shows 01:00; the day before still ends there.
    "America/Sao_Paulo 2018-11-03 22:00-24:00 60/60": "22:00 04 01:00Z, 23:00 04 02:00Z",
    "America/Sao_Paulo 2018-11-04 00:00-02:00 60/60": "01:00 04 03:00Z",
    # At 02:00Z, when it would be midnight, 23:00 is shown again: the day ends at 03:00Z, with room for 90 minutes more.
    "America/Sao_Paulo 2018-02-17 22:00-24:00 90/90": "22:00 18 00:00Z, 23:30 18 01:30Z",
    # +00:00 becomes +02:00 at 01:00Z: two hours do not exist.
    "Antarctica/Troll 2026-03-29 00:00-05:00 60/60": "00:00 29 00:00Z, 03:00 29 01:00Z, 04:00 29 02:00Z",
    # +11:00 becomes +08:00 at 15:00Z of the day before: from 02:00 back to 23:00 of yesterday.
    "Antarctica/Casey 2010-03-05 00:00-03:00 60/60": "00:00 04 13:00Z, 01:00 04 14:00Z, 02:00 04 18:00Z",
}


@pytest.mark.parametrize(("day", "expected"), GOLDEN.items())
def test_5_1_availability_is_wall_clock_time(day: str, expected: str) -> None:
    zone, written_date, span, lengths = day.split()
    local_date = date.fromisoformat(written_date)
    start, end = span.split("-")
    session_minutes, interval = lengths.split("/")
    calendar = make_calendar(
        window(local_date.isoweekday(), start, end),
        time_zone=zone,
        session_minutes=int(session_minutes),
        slot_interval_minutes=int(interval),
    )

    assert ", ".join(offered(calendar, local_date)) == expected


def test_a_range_that_ends_on_a_date_shown_again_holds_what_was_shown_of_the_next() -> None:
    # At 15:00Z the clock goes from 02:00 on the 5th back to 23:00 on the 4th.
    calendar = make_calendar(window(5, "00:00", "03:00"), time_zone="Antarctica/Casey")
    start = datetime(2010, 3, 4, 12, tzinfo=UTC)

    slots = slots_between(calendar, start, start + timedelta(hours=3.5), LONG_AGO)

    assert list(by_time(slots)) == ["13:00", "14:00"]


def test_apia_goes_from_one_date_to_the_next_but_one() -> None:
    calendar = make_calendar(
        *(window(day, "00:00", "24:00") for day in range(1, 8)), time_zone="Pacific/Apia", session_minutes=720
    )
    slots = slots_between(
        calendar, datetime(2011, 12, 29, 10, tzinfo=UTC), datetime(2011, 12, 31, 10, tzinfo=UTC), LONG_AGO
    )

    assert [f"{slot.local_date} {slot.local_time:%H:%M}" for slot in slots] == [
        "2011-12-29 00:00",
        "2011-12-29 12:00",
        "2011-12-31 00:00",
        "2011-12-31 12:00",
    ]
    assert [slot.utc_offset_minutes for slot in slots] == [-600, -600, 840, 840]


def test_a_window_that_starts_inside_a_gap_is_open_from_the_end_of_the_gap() -> None:
    calendar = make_calendar(window(7, "02:30", "05:00"), time_zone="America/New_York")
    three_oclock = datetime(2026, 3, 8, 7, tzinfo=UTC)

    assert reasons_against(calendar, three_oclock, LONG_AGO) == [Unavailable.NOT_A_SLOT_START]
    assert reasons_against(calendar, three_oclock - timedelta(seconds=1), LONG_AGO) == [
        Unavailable.OUTSIDE_AVAILABILITY
    ]
