"""Every notification becomes a subject, a text, HTML and a short line, harmless whatever people are called."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from app.models.notifications import Notification, NotificationKind
from app.platform.links import Links
from app.services.notifications.moments import brief, moment, span
from app.services.notifications.rendering import Texts, texts_of
from app.services.notifications.unsubscribing import IN_WORDS, may_unsubscribe
from app.wire.relay import parse_key
from tests.operations import add_window, book, outside_calendar
from tests.practice import Person, Practice
from tests.statements import statements

LINKS = Links("https://practice.example", "not secret at all, for tests only")
GSM = re.compile(r"[A-Za-z0-9 \r\n@$&'()*+,\-./:;<=>?!\"#%_]*")
HOSTILE = "Eve <script>alert(1)</script>\r\nBcc: all@example.com\u202e\u2028{{ 7 * 7 }}"


class Page(HTMLParser):
    """What a page is made of: its elements, the addresses that it asks for, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.sources += [value or "" for name, value in attrs if name in {"src", "srcset", "background"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def facts_of(coach: Person, member: Person, **changes: Any) -> dict[str, Any]:
    assert coach.coach is not None
    assert member.member is not None
    return {
        "coach_id": str(coach.coach.id),
        "member_id": str(member.member.id),
        "session_id": str(uuid4()),
        "starts_at": "2026-03-03T10:00:00+00:00",
        "ends_at": "2026-03-03T11:00:00Z",
        "from_starts_at": "2026-03-02T10:00:00Z",
        "expires_at": "2026-03-02T12:00:00Z",
        "reason": "FULL",
        **changes,
    }


def told(to: Person, kind: NotificationKind, facts: dict[str, Any]) -> Notification:
    return Notification(user_id=to.user.id, kind=kind, occasion="event:1", facts=facts)


async def texts(practice: Practice, *notifications: Notification) -> list[Texts]:
    async with practice.as_system() as db:
        db.info["links"] = LINKS
        return await texts_of(db, notifications)


@pytest.fixture
async def people(practice: Practice) -> tuple[Person, Person]:
    coach = await practice.coach(display_name="Grace Hopper", practice_name="Harbour Coaching")
    member = await practice.member(coach, first_name="Ada", last_name="Byron")
    await practice.rows("UPDATE users SET time_zone = 'Europe/London' WHERE id = :id RETURNING 1", id=member.user.id)
    return coach, member


@pytest.mark.parametrize("kind", NotificationKind)
async def test_every_kind_has_words_for_whoever_it_is_told_to(
    practice: Practice, people: tuple[Person, Person], kind: NotificationKind
) -> None:
    coach, member = people
    admin = await practice.admin()
    full, bare = facts_of(*people), {"coach_id": facts_of(*people)["coach_id"]}
    given = [told(person, kind, facts) for person in (coach, member, admin) for facts in (full, bare, {})]

    for notification, made in zip(given, await texts(practice, *given), strict=True):
        assert made.subject
        assert 0 < len(made.short) <= 160
        assert made.title not in ("", made.short)
        assert GSM.fullmatch(made.short), made.short
        assert "\n" not in made.subject + made.short
        assert made.text.endswith("\n")
        assert "\n\n\n" not in made.text
        page = Page(made.html)
        assert made.subject in page.words
        assert page.sources == []
        for text in (made.text, made.html, made.subject, made.short):
            assert "None" not in text
            assert "{{" not in text
        if notification.facts == full and notification.user_id == member.user.id:
            assert "Tuesday, 3 March 2026, 10:00 to 11:00 (Europe/London)" in made.text
            assert "Tuesday, 3 March 2026, 10:00 to 11:00 (Europe/London)" in page.words


async def test_4_2_each_side_reads_of_the_other(practice: Practice, people: tuple[Person, Person]) -> None:
    coach, member = people
    facts = facts_of(coach, member)
    kind = NotificationKind.SESSION_CANCELLED
    to_coach, to_member = await texts(practice, told(coach, kind, facts), told(member, kind, facts))

    assert to_coach.subject == "Cancelled: your session with Ada Byron, Tue 3 Mar 2026, 10:00 (UTC)"
    assert to_member.subject == "Cancelled: your session with Grace Hopper, Tue 3 Mar 2026, 10:00 (Europe/London)"


async def test_11_5_a_full_slot_is_told_in_the_words_of_the_requirement(
    practice: Practice, people: tuple[Person, Person]
) -> None:
    _, member = people
    (made,) = await texts(practice, told(member, NotificationKind.BOOKING_REJECTED, facts_of(*people)))

    for text in (made.text, made.html, made.short):
        assert "This slot is now full, please choose another" in text


async def test_a_calendar_that_cannot_be_read_is_named(practice: Practice, people: tuple[Person, Person]) -> None:
    coach, _ = people
    calendar = parse_key(await outside_calendar(practice, coach), "OutsideCalendar", "id")
    kind = NotificationKind.CALENDAR_IMPORT_FAILED
    (made,) = await texts(practice, told(coach, kind, {"calendar_id": str(calendar)}))

    assert made.title == "A calendar cannot be read"
    for words in (made.subject, made.short, made.text):
        assert 'Your outside calendar "Family" cannot be read' in words


async def test_a_move_tells_both_times(practice: Practice, people: tuple[Person, Person]) -> None:
    (made,) = await texts(practice, told(people[1], NotificationKind.SESSION_RESCHEDULED, facts_of(*people)))

    assert "When: Tuesday, 3 March 2026, 10:00 to 11:00 (Europe/London)" in made.text
    assert "Before: Monday, 2 March 2026, 10:00 (Europe/London)" in made.text


@pytest.mark.parametrize("kind", NotificationKind)
async def test_a_hostile_name_is_harmless_in_every_output(practice: Practice, kind: NotificationKind) -> None:
    coach = await practice.coach(display_name=HOSTILE, practice_name=HOSTILE)
    member = await practice.member(coach, first_name=HOSTILE, last_name=HOSTILE)
    await practice.rows("UPDATE users SET time_zone = '<b>nowhere</b>' WHERE id = :id RETURNING 1", id=member.user.id)
    facts = facts_of(coach, member, reason=HOSTILE)
    plain = Page((await texts(practice, told(coach, kind, {})))[0].html)

    for made in await texts(practice, told(coach, kind, facts), told(member, kind, facts)):
        page = Page(made.html)
        assert set(page.tags) - set(plain.tags) <= {"table", "tr", "th", "td", "a"}
        assert "<script" not in made.html
        assert all(link.startswith("https://practice.example/") for link in page.links)
        for line in (made.subject, made.short):
            assert line.isprintable()
        assert "\nBcc:" not in made.text
        assert "\u202e" not in made.text + made.html + made.subject
        assert "49" not in made.subject + made.short


async def test_names_are_looked_up_when_they_are_read(practice: Practice, people: tuple[Person, Person]) -> None:
    notification = told(people[1], NotificationKind.BOOKING_CONFIRMED, facts_of(*people))
    await practice.rows("UPDATE coaches SET display_name = 'Grace Murray Hopper' RETURNING 1")

    (made,) = await texts(practice, notification)

    assert "Grace Murray Hopper" in made.subject


async def test_who_may_not_see_a_name_is_not_told_it(practice: Practice, people: tuple[Person, Person]) -> None:
    _, member = people
    other = await practice.coach()
    notification = told(other, NotificationKind.MEMBER_ASSIGNED, facts_of(other, member))
    async with practice.as_actor(other.actor) as db:
        (made,) = await texts_of(db, [notification])

    assert made.subject == "A member is now your member"
    assert "Ada" not in made.text + made.html + made.short


async def test_times_that_the_facts_leave_out_are_looked_up(practice: Practice) -> None:
    coach = await practice.coach()
    member, late = await practice.members(2, coach)
    await add_window(practice, coach)
    booked = await book(practice, member, coach, "2026-03-02T09:00:00Z")
    await book(practice, late, coach, "2026-03-02T09:00:00Z")
    ((session_id,),) = await practice.rows("SELECT id FROM sessions")
    ((booking_id,),) = await practice.rows("SELECT id FROM bookings WHERE status = 'REJECTED'")
    assert booked["status"] == "CONFIRMED"

    shared = told(member, NotificationKind.PLAN_SHARED, {"session_id": str(session_id)})
    rejected = told(late, NotificationKind.BOOKING_REJECTED, {"booking_id": str(booking_id), "reason": "FULL"})
    of_plan, of_rejection = await texts(practice, shared, rejected)

    assert "Monday, 2 March 2026, 09:00 to 10:00 (UTC)" in of_plan.text
    assert "Monday, 2 March 2026, 09:00 (UTC)" in of_rejection.text


async def test_many_cost_no_more_statements_than_one(practice: Practice, people: tuple[Person, Person]) -> None:
    many = [told(people[1], kind, facts_of(*people)) for kind in NotificationKind for _ in range(4)]
    with statements(practice.house.database.engine) as of_one:
        await texts(practice, many[0])
    with statements(practice.house.database.engine) as of_many:
        await texts(practice, *many)

    assert len(of_many) == len(of_one) <= 5


async def test_links_are_there_where_the_practice_is_to_be_reached(
    practice: Practice, people: tuple[Person, Person]
) -> None:
    notification = told(people[1], NotificationKind.BOOKING_CONFIRMED, facts_of(*people))
    async with practice.as_system() as db:
        (without,) = await texts_of(db, [notification])
    (made,) = await texts(practice, notification)

    assert Page(without.html).links == []
    session, unsubscribe = Page(made.html).links
    assert session.startswith("https://practice.example/sessions/")
    assert LINKS.read_unsubscribe_token(unsubscribe.rpartition("/")[2]) == (
        people[1].user.id,
        "BOOKING_CONFIRMED",
        "EMAIL",
    )
    assert session in made.text
    assert unsubscribe in made.text


async def test_what_cannot_be_switched_off_has_no_link_to_do_so(practice: Practice) -> None:
    admin = await practice.admin()
    kind = NotificationKind.WEBHOOK_DISABLED
    assert not may_unsubscribe(kind, admin.user.role)

    (made,) = await texts(practice, told(admin, kind, {}))

    assert "unsubscribe" not in made.text + made.html


def test_every_kind_is_named_where_one_unsubscribes() -> None:
    assert IN_WORDS.keys() == set(NotificationKind)


@pytest.mark.parametrize(
    ("zone", "at", "said"),
    [
        ("Europe/London", "2026-03-28T10:00Z", "Saturday, 28 March 2026, 10:00 (Europe/London)"),
        ("Europe/London", "2026-03-29T10:00Z", "Sunday, 29 March 2026, 11:00 (Europe/London)"),
        ("America/New_York", "2026-03-08T06:59Z", "Sunday, 8 March 2026, 01:59 (America/New_York)"),
        ("America/New_York", "2026-03-08T07:00Z", "Sunday, 8 March 2026, 03:00 (America/New_York)"),
        ("Europe/London", "2026-10-25T00:30Z", "Sunday, 25 October 2026, 01:30 BST (Europe/London)"),
        ("Europe/London", "2026-10-25T01:30Z", "Sunday, 25 October 2026, 01:30 GMT (Europe/London)"),
        ("Pacific/Auckland", "2026-03-03T12:00Z", "Wednesday, 4 March 2026, 01:00 (Pacific/Auckland)"),
        ("Asia/Kathmandu", "2026-03-03T12:00Z", "Tuesday, 3 March 2026, 17:45 (Asia/Kathmandu)"),
    ],
)
def test_a_time_is_that_of_the_readers_wall(zone: str, at: str, said: str) -> None:
    assert moment(datetime.fromisoformat(at), ZoneInfo(zone)) == said


def test_a_session_over_midnight_ends_on_its_day() -> None:
    starts, ends = datetime(2026, 3, 3, 23, tzinfo=UTC), datetime(2026, 3, 4, 0, 30, tzinfo=UTC)

    assert span(starts, ends, ZoneInfo("UTC")) == (
        "Tuesday, 3 March 2026, 23:00 to Wednesday, 4 March 2026, 00:30 (UTC)"
    )
    assert brief(starts, ZoneInfo("Europe/Paris")) == "Wed 4 Mar 2026, 00:00 (Europe/Paris)"
