"""What an iCalendar file says of when somebody is busy: a table of cases, in UTC."""

from datetime import UTC, datetime

import pytest

from app.platform.busy_times import Refused, busy_times
from tests.ics import BERLIN, busy, ics

SINCE, UNTIL = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)
ZONE = "Europe/Berlin"  # an hour ahead until 29 March 2026, then two

NINE_TO_TEN = busy("20260303T090000Z", "20260303T100000Z")
WEEKLY = "DTSTART;TZID=Europe/Berlin:20260302T100000\nDTEND;TZID=Europe/Berlin:20260302T110000\nRRULE:FREQ=WEEKLY"


def read(content: bytes, zone: str = ZONE, own: frozenset[str] = frozenset()) -> list[str]:
    found = busy_times(content, zone=zone, since=int(SINCE.timestamp()), until=int(UNTIL.timestamp()), own=own)
    return [" ".join(f"{datetime.fromtimestamp(at, UTC):%m-%d/%H:%M}" for at in span) for span in found]


CASES = {
    "an instant": (NINE_TO_TEN, ["03-03/09:00 03-03/10:00"]),
    "a duration": ("DTSTART:20260303T090000Z\nDURATION:PT45M", ["03-03/09:00 03-03/09:45"]),
    "in a time zone": (
        "DTSTART;TZID=America/New_York:20260303T090000\nDTEND;TZID=America/New_York:20260303T100000",
        ["03-03/14:00 03-03/15:00"],
    ),
    "in a time zone as Windows calls it": (
        "DTSTART;TZID=Pacific Standard Time:20260303T090000\nDTEND;TZID=Pacific Standard Time:20260303T100000",
        ["03-03/17:00 03-03/18:00"],
    ),
    "in no time zone, so on the coach's clock": (
        busy("20260303T090000", "20260303T100000"),
        ["03-03/08:00 03-03/09:00"],
    ),
    "in a time zone that nobody knows, so on the coach's clock": (
        "DTSTART;TZID=Mars/Olympus:20260303T090000\nDTEND;TZID=Mars/Olympus:20260303T100000",
        ["03-03/08:00 03-03/09:00"],
    ),
    "a whole day, on the coach's clock": ("DTSTART;VALUE=DATE:20260305", ["03-04/23:00 03-05/23:00"]),
    "several whole days, over the change of clocks": (
        "DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260331",
        ["03-27/23:00 03-30/22:00"],
    ),
    "every week, over the change of clocks": (
        WEEKLY,
        [
            *("03-02/09:00 03-02/10:00", "03-09/09:00 03-09/10:00", "03-16/09:00 03-16/10:00"),
            *("03-23/09:00 03-23/10:00", "03-30/08:00 03-30/09:00"),
        ],
    ),
    "every week but once": (
        f"{WEEKLY};COUNT=3\nEXDATE;TZID=Europe/Berlin:20260309T100000",
        ["03-02/09:00 03-02/10:00", "03-16/09:00 03-16/10:00"],
    ),
    "and on another day": (
        f"{WEEKLY};COUNT=1\nRDATE;TZID=Europe/Berlin:20260304T150000",
        ["03-02/09:00 03-02/10:00", "03-04/14:00 03-04/15:00"],
    ),
    "begun years ago, without end": (
        "DTSTART:20100101T120000Z\nDTEND:20100101T130000Z\nRRULE:FREQ=MONTHLY",
        ["04-01/12:00 04-01/13:00"],
    ),
    "over before": (busy("20260301T090000Z", "20260301T100000Z"), []),
    "ended before": ("DTSTART:20260101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260220T000000Z", []),
    "going on now, cut to what is left": (busy("20260302T070000Z", "20260302T093000Z"), ["03-02/08:00 03-02/09:30"]),
    "for ever, cut to what can be booked": (busy("20000101T000000Z", "29990101T000000Z"), ["03-02/08:00 04-02/00:00"]),
    "after what can be booked": (busy("20260402T000000Z", "20260402T010000Z"), []),
    "does not block": (f"{NINE_TO_TEN}\nTRANSP:TRANSPARENT", []),
    "does not block, in Outlook's words": (f"{NINE_TO_TEN}\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
    "is cancelled": (f"{NINE_TO_TEN}\nSTATUS:CANCELLED", []),
    "is tentative": (f"{NINE_TO_TEN}\nSTATUS:TENTATIVE", ["03-03/09:00 03-03/10:00"]),
    "has no length": ("DTSTART:20260303T090000Z", []),
    "is one of our own sessions": (f"UID:our-session\n{NINE_TO_TEN}", []),
    "is in the first year of all": (busy("00010101T000000", "00010101T010000"), []),
}


@pytest.mark.parametrize("name", CASES)
def test_an_event_that(name: str) -> None:
    event, expected = CASES[name]

    assert read(ics(event), own=frozenset({"our-session"})) == expected


def test_one_date_of_a_series_is_moved_another_cancelled() -> None:
    moved = "UID:weekly\nRECURRENCE-ID;TZID=Europe/Berlin:20260309T100000\n" + busy(
        "20260310T120000Z", "20260310T130000Z"
    )
    cancelled = "UID:weekly\nRECURRENCE-ID;TZID=Europe/Berlin:20260316T100000\nSTATUS:CANCELLED\n" + busy(
        "20260316T090000Z", "20260316T100000Z"
    )

    found = read(ics(f"UID:weekly\n{WEEKLY};COUNT=3", moved, cancelled))

    assert found == ["03-02/09:00 03-02/10:00", "03-10/12:00 03-10/13:00"]


def test_times_that_overlap_or_touch_are_one() -> None:
    events = [("09", "11"), ("10", "12"), ("12", "13"), ("14", "15"), ("09", "10")]

    found = read(ics(*(busy(f"20260303T{begin}0000Z", f"20260303T{end}0000Z") for begin, end in events)))

    assert found == ["03-03/09:00 03-03/13:00", "03-03/14:00 03-03/15:00"]


def test_a_time_zone_that_the_file_describes_is_used() -> None:
    event = "DTSTART;TZID=W. Europe Standard Time:20260330T100000\nDTEND;TZID=W. Europe Standard Time:20260330T110000"

    assert read(ics(event, before=BERLIN), zone="Asia/Tokyo") == ["03-30/08:00 03-30/09:00"]


def test_whole_days_lie_elsewhere_on_another_clock() -> None:
    assert read(ics("DTSTART;VALUE=DATE:20260305"), zone="Pacific/Auckland") == ["03-04/11:00 03-05/11:00"]
    assert read(ics("DTSTART;VALUE=DATE:20260305"), zone="America/Los_Angeles") == ["03-05/08:00 03-06/08:00"]


def test_an_event_that_cannot_be_understood_hides_no_other() -> None:
    nonsense = "DTSTART:20260303T150000Z\nDURATION:PT1H\nRRULE:FREQ=NEVER"

    assert read(ics(nonsense, NINE_TO_TEN)) == ["03-03/09:00 03-03/10:00"]


def test_what_is_no_utf_8_is_read_all_the_same() -> None:
    assert read(ics(NINE_TO_TEN).replace(b"dentist", b"d\xe9ntist\xff")) == ["03-03/09:00 03-03/10:00"]


def test_several_calendars_in_one_file_are_all_read() -> None:
    two = ics(NINE_TO_TEN) + ics(busy("20260304T090000Z", "20260304T100000Z"))

    assert read(b"\xef\xbb\xbf" + two) == ["03-03/09:00 03-03/10:00", "03-04/09:00 03-04/10:00"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a calendar"),
        (b"<html><body>Log in first</body></html>", "not a calendar"),
        (b"\xff\xfe\x00" * 100, "not a calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 1_000, "not a calendar"),
        (b"BEGIN:VCARD\r\nFN:Ada\r\nEND:VCARD\r\n", "not a calendar"),
        (ics(f"{NINE_TO_TEN}\nRRULE:FREQ=SECONDLY"), "every minute"),
        (ics(f"{NINE_TO_TEN}\nRRULE:FREQ=DAILY\nRRULE:FREQ=minutely"), "every minute"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 20_001 + b"END:VCALENDAR", "20,000 events"),
    ],
)
def test_a_file_that_is_refused_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read(content)
