"""When an iCalendar file says that somebody is busy. Run as a program of its own, bounded in time and memory.

What it reads may be written to harm whoever reads it: `calendar_files` starts it, and ends it. It imports nothing of
the application, so that it starts quickly and has nothing to tell.
"""

import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

MOST_EVENTS: Final = 20_000
TOO_OFTEN: Final = re.compile(r"^RRULE\b.*\bFREQ=(?:SECONDLY|MINUTELY)", re.IGNORECASE | re.MULTILINE)
A_DAY: Final = timedelta(days=1)

Span = tuple[int, int]
"""Seconds since 1970, the end not included."""


class Refused(Exception):
    """With a reason for people."""


def busy_times(content: bytes, *, zone: str, since: int, until: int, own: Collection[str] = ()) -> list[Span]:
    """In order and apart from each other, cut to what lies between. `zone` is the clock of whole days and of times
    without a zone; events whose UID is among `own` are left out."""
    text = content.decode("utf-8-sig", errors="replace")
    if text.count("BEGIN:VEVENT") > MOST_EVENTS:
        raise Refused(f"it has more than {MOST_EVENTS:,} events")
    if TOO_OFTEN.search(text):
        raise Refused("an event repeats every minute, or more often")
    local, first, last = ZoneInfo(zone), datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)
    found: list[Span] = []
    for calendar in _calendars(text):
        # A day more on both sides: times without a zone are somewhere else on another clock.
        query = recurring_ical_events.of(calendar, components=["VEVENT"], skip_bad_series=True)
        for event in query.between(first - A_DAY, last + A_DAY):
            if blocks(event) and str(event.get("UID", "")) not in own:
                found += _spans(event, local)
    return merged((max(begin, since), min(end, until)) for begin, end in found)


def _calendars(text: str) -> list[Any]:
    try:
        found = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError) as wrong:
        raise Refused("it is not a calendar") from wrong
    calendars = [each for each in found if each.name == "VCALENDAR"]
    if not calendars:
        raise Refused("it is not a calendar")
    return calendars


def blocks(event: Any) -> bool:
    return (
        str(event.get("TRANSP", "OPAQUE")).upper() != "TRANSPARENT"
        and str(event.get("STATUS", "CONFIRMED")).upper() != "CANCELLED"
        and str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY")).upper() != "FREE"
    )


def _spans(event: Any, zone: ZoneInfo) -> Iterator[Span]:
    begin, end = event["DTSTART"].dt, event["DTEND"].dt
    try:
        yield _instant(begin, zone), _instant(end, zone)
    except (OverflowError, ValueError):  # the first or the last year that a clock can show
        return


def _instant(value: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return int(value.timestamp())


def merged(spans: Iterable[Span]) -> list[Span]:
    together: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if together and begin <= together[-1][1]:
            together[-1] = (together[-1][0], max(together[-1][1], end))
        else:
            together.append((begin, end))
    return together


def main() -> None:
    """Reads a line of JSON and then the file; says that it is there, and then the busy times, or why there are none."""
    import resource

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    asked = json.loads(sys.stdin.buffer.readline())
    for kind, limit in asked.pop("limits").items():
        resource.setrlimit(getattr(resource, kind), (limit, limit))
    os.nice(10)
    most = asked.pop("most")
    try:
        busy = busy_times(sys.stdin.buffer.read(), **(asked | {"own": set(asked["own"])}))
        if len(busy) > most:
            raise Refused(f"it has more than {most:,} busy times")
        said: dict[str, Any] = {"busy": busy}
    except Refused as refused:
        said = {"refused": str(refused)}
    except (MemoryError, RecursionError):
        sys.exit(1)
    except Exception:
        said = {"refused": "there is something wrong in it"}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
