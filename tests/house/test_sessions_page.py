"""The page about a session's life shows the table of transitions that the code decides by, and every event."""

from pathlib import Path

from app.events import (
    EVENTS,
    CalendarChanged,
    CoachAssigned,
    CoachCreated,
    DeliveryAsked,
    MemberSignedUp,
    MessageQueued,
    NotificationsChanged,
    OfMember,
    OutsideCalendarDue,
    OutsideCalendarFailed,
    RiskAlertsChanged,
    WebhookEndpointDisabled,
    WebhookReplayAsked,
    WebhookTestAsked,
)
from app.services.sessions import TRANSITIONS, Action, Transition
from app.services.sessions.lifecycle import Part, When

MUTATIONS = {
    Action.CANCEL: "cancelSession",
    Action.RESCHEDULE: "rescheduleSession",
    Action.COMPLETE: "completeSession",
    Action.MARK_NO_SHOW: "markNoShow",
}
WHO = {Part.MEMBER: "its member", Part.COACH: "its coach", Part.ADMIN: "admins"}
WHEN = {
    When.BEFORE_THE_START: "before the start",
    When.FROM_THE_START_ON: "from the start on",
    When.ANY_TIME: "any time",
}
OF_OTHER_THINGS = {
    CalendarChanged,
    CoachAssigned,
    CoachCreated,
    DeliveryAsked,
    MemberSignedUp,
    MessageQueued,
    NotificationsChanged,
    OutsideCalendarDue,
    OutsideCalendarFailed,
    RiskAlertsChanged,
    WebhookEndpointDisabled,
    WebhookReplayAsked,
    WebhookTestAsked,
}
HEAD = "| by | from | to | who | when | takes a reason |"


def row(each: Transition) -> str:
    who = ", ".join(WHO[part] for part in Part if part in each.who)
    reason = "yes" if each.needs_reason else "no"
    cells = (f"`{MUTATIONS[each.action]}`", f"`{each.before}`", f"`{each.after}`", who, WHEN[each.when], reason)
    return f"| {' | '.join(cells)} |"


def arrows() -> list[str]:
    drawn = [f"{each.before} --> {each.after} : {MUTATIONS[each.action]}" for each in TRANSITIONS]
    return ["[*] --> SCHEDULED : bookSession, scheduleSession", *dict.fromkeys(drawn)]


def lines(root: Path) -> list[str]:
    return [line.strip() for line in (root / "docs" / "sessions.md").read_text(encoding="utf-8").splitlines()]


def test_the_pages_table_is_the_codes(root: Path) -> None:
    page = lines(root)
    table = page[page.index(HEAD) + 2 :]

    assert table[: table.index("")] == [row(each) for each in TRANSITIONS]


def test_the_pages_picture_is_the_codes(root: Path) -> None:
    page = lines(root)
    picture = page[page.index("stateDiagram-v2") + 1 :]

    assert picture[: picture.index("```")] == arrows()


def test_the_page_names_every_event_of_a_sessions_life(root: Path) -> None:
    page = "\n".join(lines(root))
    of_sessions = {event for event in EVENTS.values() if not issubclass(event, OfMember)} - OF_OTHER_THINGS
    unnamed = {event.__name__ for event in of_sessions if f"`{event.__name__}`" not in page}

    assert not unnamed


def test_every_word_of_the_table_has_its_own_on_the_page() -> None:
    assert (MUTATIONS.keys(), WHO.keys(), WHEN.keys()) == (set(Action), set(Part), set(When))
