"""What a text may leave open: names and times of a closed list, put in by plain substitution.

There are no expressions: what is put in is never read again, so a name that looks like a placeholder stays a name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.problems import InvalidInput


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text is completed with; `starts_at` is None where there is no session."""

    first_name: str
    last_name: str
    coach_name: str
    practice_name: str | None
    time_zone: str
    starts_at: datetime | None


def _local(facts: Facts) -> datetime:
    assert facts.starts_at is not None
    return facts.starts_at.astimezone(ZoneInfo(facts.time_zone))


def _date(facts: Facts) -> str:
    local = _local(facts)
    return f"{local:%A}, {local.day} {local:%B %Y}"


def _time(facts: Facts) -> str:
    return f"{_local(facts):%H:%M}"


PLACEHOLDERS: Final[dict[str, tuple[str, Callable[[Facts], str]]]] = {
    "member.first_name": ("the member's given name", lambda facts: facts.first_name),
    "member.last_name": ("the member's family name", lambda facts: facts.last_name),
    "member.full_name": ("both", lambda facts: f"{facts.first_name} {facts.last_name}"),
    "coach.name": ("the name that the coach shows", lambda facts: facts.coach_name),
    "practice.name": (
        "the name of the coach's practice, or else the coach's",
        lambda facts: facts.practice_name or facts.coach_name,
    ),
    "session.date": ("the day of the session, such as Monday, 2 March 2026", _date),
    "session.time": ("when it starts, such as 09:00", _time),
    "session.starts_at": (
        "both, and in which time zone",
        lambda facts: f"{_date(facts)} at {_time(facts)} ({facts.time_zone})",
    ),
}
"""Each with its meaning and its value; times are in the member's time zone."""

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_OF_SESSION = "session."


def placeholders_in(text: str, field: str) -> list[str]:
    """Raises `InvalidInput` for one that is not known, and for braces that open or close none."""
    found = _PLACEHOLDER.findall(text)
    for name in found:
        if name not in PLACEHOLDERS:
            raise InvalidInput(field, f"There is no placeholder {{{{ {name[:60]} }}}}; there are {_listed()}")
    rest = _PLACEHOLDER.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise InvalidInput(field, "Two braces begin or end a placeholder, and here is one that is not whole")
    return found


def _listed() -> str:
    return ", ".join(PLACEHOLDERS)


def needs_session(text: str, field: str) -> bool:
    return any(name.startswith(_OF_SESSION) for name in placeholders_in(text, field))


def completed(text: str, facts: Facts, field: str) -> str:
    """The text with everything put in. Raises `InvalidInput`."""
    if facts.starts_at is None and needs_session(text, field):
        raise InvalidInput("sessionId", "The text tells of a session: say which")
    placeholders_in(text, field)
    return _PLACEHOLDER.sub(lambda found: PLACEHOLDERS[found[1]][1](facts), text)
