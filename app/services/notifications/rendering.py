"""A notification in words: written when it is read, with today's names, in its recipient's time zone."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.coaches import Coach
from app.models.identity import User
from app.models.members import Member
from app.models.notifications import Channel, Notification
from app.models.scheduling import Booking, OutsideCalendar
from app.models.sessions import CoachingSession
from app.platform.links import Links, links_of
from app.services.notifications.moments import brief, clock, instant, moment, span, zone_named
from app.services.notifications.unsubscribing import may_unsubscribe
from app.services.scheduling.refusals import MESSAGES
from app.wire.relay import global_id

SHORT: Final = 160
_BRIEF: Final = 30
_JOINERS: Final = "\u200c\u200d"  # that some scripts and emoji need
_A_MEMBER: Final = "a member"
_YOUR_COACH: Final = "your coach"
_AT_THE_BEGINNING: Final = {_A_MEMBER: "A member", _YOUR_COACH: "Your coach"}
_ANOTHER_TIME: Final = "Please choose another time"
_WHY: Final = {unavailable.value: message for unavailable, message in MESSAGES.items()}


def _environment(*, html: bool) -> Environment:
    folder = Path(__file__).parents[2] / "templates" / "notifications"
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


_TEXT, _HTML = _environment(html=False), _environment(html=True)


@dataclass(frozen=True)
class Texts:
    """`subject` and `short` are one line each, `short` no longer than an SMS. The rest is written when it is read."""

    subject: str
    short: str
    _template: str
    _words: dict[str, Any]

    @cached_property
    def title(self) -> str:
        """A few words, without names and times: what it is, above what it says."""
        return in_one_line(_block(_TEXT.get_template(self._template), "title", self._words))

    @cached_property
    def text(self) -> str:
        text = _TEXT.get_template(self._template).render(self._words, layout="layout.txt")
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

    @cached_property
    def html(self) -> str:
        return _HTML.get_template(self._template).render(self._words, layout="layout.html")


@dataclass(slots=True)
class _Subject:
    """What a notification is about, as far as the asker may see it."""

    notification: Notification
    facts: dict[str, Any]
    user: User | None = None
    coach: Coach | None = None
    member: Member | None = None
    calendar: OutsideCalendar | None = None

    def key(self, name: str) -> UUID | None:
        value = self.facts.get(name)
        return UUID(str(value)) if value else None


async def texts_of(db: AsyncSession, notifications: Sequence[Notification]) -> list[Texts]:
    """In their order, by a few statements for any number. A name that the asker may not see is left out."""
    subjects = [
        _Subject(each, {**each.facts, "session_id": each.facts.get("session_id") or each.session_id})
        for each in notifications
    ]
    users = await _by_id(db, User, (subject.notification.user_id for subject in subjects))
    coaches = await _by_id(db, Coach, (subject.key("coach_id") for subject in subjects))
    members = await _by_id(db, Member, (subject.key("member_id") for subject in subjects))
    calendars = await _by_id(db, OutsideCalendar, (subject.key("calendar_id") for subject in subjects))
    for subject in subjects:
        subject.calendar = calendars.get(subject.key("calendar_id"))
        subject.user = users.get(subject.notification.user_id)
        subject.coach = coaches.get(subject.key("coach_id"))
        subject.member = members.get(subject.key("member_id"))
    await _look_up_times(db, [subject for subject in subjects if not subject.facts.get("starts_at")])
    return [_written(subject, links_of(db)) for subject in subjects]


async def _look_up_times(db: AsyncSession, untimed: Sequence[_Subject]) -> None:
    """Of those whose facts do not say when; a rejected booking has no session."""
    sessions = await _by_id(db, CoachingSession, (subject.key("session_id") for subject in untimed))
    bookings = await _by_id(db, Booking, (subject.key("booking_id") for subject in untimed))
    for subject in untimed:
        if (session := sessions.get(subject.key("session_id"))) is not None:
            subject.facts |= {"starts_at": session.starts_at.isoformat(), "ends_at": session.ends_at.isoformat()}
        elif (booking := bookings.get(subject.key("booking_id"))) is not None:
            subject.facts["starts_at"] = booking.starts_at.isoformat()


async def _by_id(db: AsyncSession, model: type[SQLModel], ids: Iterable[UUID | None]) -> dict[UUID | None, Any]:
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    key = col(model.id)  # type: ignore[attr-defined]
    return {row.id: row for row in await db.exec(select(model).where(key.in_(wanted)))}  # type: ignore[attr-defined]


def _written(subject: _Subject, links: Links) -> Texts:
    name = f"{subject.notification.kind.value.lower()}.jinja"
    template = _TEXT.get_template(name)
    words = {**_words(subject), **_links(subject, links)}
    words["subject"] = in_one_line(_block(template, "subject", words))
    return Texts(words["subject"], in_one_line(_block(template, "short", words))[:SHORT], name, words)


def _block(template: Template, name: str, words: dict[str, Any]) -> str:
    block = template.blocks.get(name)
    return "".join(block(template.new_context(words))) if block is not None else ""


def _words(subject: _Subject) -> dict[str, Any]:
    """All that a template may use; what there is not is empty."""
    facts, coach = subject.facts, subject.coach
    zone = zone_named(subject.user.time_zone if subject.user is not None else "UTC")
    starts_at, ends_at = instant(facts.get("starts_at")), instant(facts.get("ends_at"))
    before, until = instant(facts.get("from_starts_at")), instant(facts.get("expires_at"))
    other = _other(subject)
    details = [
        ("When", span(starts_at, ends_at, zone) if starts_at else ""),
        ("Before", moment(before, zone) if before else ""),
        ("Held until", moment(until, zone) if until else ""),
        ("With", other if starts_at else ""),
    ]
    in_brief = _in_brief(other)
    return {
        "to_coach": coach is not None and coach.user_id == subject.notification.user_id,
        "other": other,
        "who": _AT_THE_BEGINNING.get(other, other),
        "brief": in_brief,
        "who_in_brief": _AT_THE_BEGINNING.get(in_brief, in_brief),
        "at": brief(starts_at, zone) if starts_at else "",
        "until": clock(until, zone) if until else "",
        "why": _WHY.get(str(facts.get("reason")), _ANOTHER_TIME),
        "details": [(name, value) for name, value in details if value],
        "calendar": _in_brief(in_one_line(subject.calendar.name)) if subject.calendar is not None else "",
        "practice": in_one_line(coach.practice_name or coach.display_name) if coach is not None else "",
    }


def _in_brief(value: str) -> str:
    return value if len(value) <= _BRIEF else value[: _BRIEF - 3].rstrip() + "..."


def _other(subject: _Subject) -> str:
    """With whom it is, for the one who reads it; an admin reads of the member."""
    coach, member, reader = subject.coach, subject.member, subject.notification.user_id
    of_member = in_one_line(member.full_name) if member is not None else _A_MEMBER
    of_coach = in_one_line(coach.display_name) if coach is not None else _YOUR_COACH
    if coach is not None and coach.user_id == reader:
        return of_member
    return of_coach if member is None or member.user_id == reader else of_member


def _links(subject: _Subject, links: Links) -> dict[str, str | None]:
    session_id, user, kind = subject.key("session_id"), subject.user, subject.notification.kind
    page = unsubscribe = None
    if session_id is not None:
        page = links.to(f"/sessions/{global_id('Session', session_id)}")
    if user is not None and may_unsubscribe(kind, user.role):
        unsubscribe = links.unsubscribe(user.id, kind.value, Channel.EMAIL.value)
    return {"link": page, "unsubscribe": unsubscribe}


def in_one_line(value: str) -> str:
    """Without anything that could break a line, hide, or turn what follows around."""
    if value.isprintable():
        return " ".join(value.split())
    kept = (each if each in _JOINERS or unicodedata.category(each)[0] not in "CZ" else " " for each in value)
    return " ".join("".join(kept).split())
