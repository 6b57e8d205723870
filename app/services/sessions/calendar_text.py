"""Calendar events as iCalendar text (RFC 5545), for feeds and for mails.

Written here and not with a library: that takes ten times as long (`./scripts/bench feeds`), and a processor for a
second. What is written is read back by two libraries in tests.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.loaders.sessions.calendar_events import CalendarEvent
from app.services.sessions.time_zone_rules import vtimezone

_LINE: Final = 75
_LINE_END = re.compile("\r\n?|\n|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_AND: Final = "\n\n"
_IN_WORDS: Final = {"INDIVIDUAL": "One to one", "GROUP": "In a group", "CRISIS": "In an emergency"}


class Method(StrEnum):
    """What a text is sent for (RFC 5546); of a mail the content type says the same."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Side(StrEnum):
    """Whose calendar it is: theirs names the other."""

    COACH = "COACH"
    MEMBER = "MEMBER"
    BOTH = "BOTH"


@dataclass(frozen=True, slots=True)
class Address:
    """Who somebody is in a calendar: by mail if the reader may know the address, else by an id that leads nowhere."""

    name: str
    id: UUID
    email: str | None = None

    @property
    def uri(self) -> str:
        return f"mailto:{self.email}" if self.email else f"urn:uuid:{self.id}"


@dataclass(frozen=True, slots=True)
class Written:
    """An event, and its parties as its reader may know them."""

    event: CalendarEvent
    organizer: Address
    attendee: Address | None = None


def calendar_text(
    written: Iterable[Written], *, method: Method, side: Side, zone: str, name: str | None = None
) -> bytes:
    """A VCALENDAR with the rules of the one time zone that it is written in. `name` is what a feed is called."""
    events = list(written)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Rapport//Coaching sessions//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"METHOD:{method.value}")
    if name is not None:
        shown = _text(name)
        lines += [f"NAME:{shown}", f"X-WR-CALNAME:{shown}", f"X-WR-TIMEZONE:{zone}"]
        lines += ["REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"]
    if zone != "UTC" and events:
        starts = [each.event.starts_at for each in events]
        lines += vtimezone(zone, min(starts).year, max(starts).year)
    for each in events:
        lines += _event(each, method, side, ZoneInfo(zone))
    lines.append("END:VCALENDAR")
    return b"".join(map(_folded, lines))


def _event(written: Written, method: Method, side: Side, zone: ZoneInfo) -> Iterator[str]:
    event = written.event
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTAMP:{_shown(event.updated_at.astimezone(UTC))}Z"
    yield f"CREATED:{_shown(event.created_at.astimezone(UTC))}Z"
    yield f"LAST-MODIFIED:{_shown(event.updated_at.astimezone(UTC))}Z"
    yield from _times(event, zone)
    yield f"SUMMARY:{_text(_summary(event, side))}"
    yield f"CATEGORIES:{_text(event.category)}"
    yield f"STATUS:{event.status.value}"
    yield f"TRANSP:{'TRANSPARENT' if event.is_cancelled else 'OPAQUE'}"
    yield "CLASS:PRIVATE"
    yield f"ORGANIZER;CN={_parameter(written.organizer.name)}:{written.organizer.uri}"
    if method is Method.PUBLISH:
        # Nobody may be invited by what is published (RFC 5546, 3.2.1): a program would offer them to decline.
        yield f"CONTACT:{_text(event.coach_name if side is Side.MEMBER else event.member_name)}"
    elif written.attendee is not None:
        # A booking is confirmed already: nobody is asked to answer.
        parameters = f"CN={_parameter(written.attendee.name)};ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE"
        yield f"ATTENDEE;{parameters}:{written.attendee.uri}"
    words = _IN_WORDS[event.format.value]
    yield f"DESCRIPTION:{_text(words if event.url is None else f'{words}{_AND}{event.url}')}"
    if event.url:
        yield f"URL:{event.url}"
    yield "END:VEVENT"


def _times(event: CalendarEvent, zone: ZoneInfo) -> Iterator[str]:
    """As the reader's clocks show them; what they show twice, as instants: programs differ in which one is meant."""
    times = (("DTSTART", event.starts_at.astimezone(zone)), ("DTEND", event.ends_at.astimezone(zone)))
    as_instants = zone.key == "UTC" or any(map(_comes_twice, (local for _, local in times)))
    for name, local in times:
        if as_instants:
            yield f"{name}:{_shown(local.astimezone(UTC))}Z"
        else:
            yield f"{name};TZID={zone.key}:{_shown(local)}"


def _shown(time: datetime) -> str:
    return time.isoformat()[:19].replace("-", "").replace(":", "")


def _comes_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _summary(event: CalendarEvent, side: Side) -> str:
    if side is Side.BOTH:
        return f"{event.category}: {event.coach_name} and {event.member_name}"
    return f"{event.category} with {event.coach_name if side is Side.MEMBER else event.member_name}"


def _plain(value: str) -> str:
    """Lines end in one way, and there are no other control characters: they are not to be had in iCalendar."""
    if value.isprintable():
        return value
    return _CONTROL.sub("", _LINE_END.sub("\n", value))


def _text(value: str) -> str:
    plain = _plain(value).replace("\\", "\\\\")
    return plain.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _parameter(value: str) -> str:
    plain = _plain(value).replace("^", "^^")  # as RFC 6868 has it
    return '"' + plain.replace('"', "^'").replace("\n", "^n") + '"'


def _folded(line: str) -> bytes:
    """The line with its end; no piece is longer than 75 octets, and none ends inside of a character."""
    if len(line) <= _LINE and line.isascii():
        return line.encode() + b"\r\n"
    whole = line.encode()
    pieces, begin, room = [], 0, _LINE
    while len(whole) - begin > room:
        end = begin + room
        while whole[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(whole[begin:end])
        begin, room = end, _LINE - 1  # the space that a piece begins with counts
    pieces.append(whole[begin:])
    return b"\r\n ".join(pieces) + b"\r\n"
