"""What a user was told, as they read it: the list, what is unread, and marking it as read."""

from typing import Any

from app.models.notifications import NotificationKind
from app.services.notifications import notify
from app.wire.relay import global_id
from tests.operations import PROBLEM, add_window, booked, cancelled, nodes
from tests.practice import Person, Practice
from tests.services.notifications.told import NINE
from tests.statements import cost_alike, cost_of_page

SHOWN = "id kind title body createdAt readAt session { id }"
LIST = (
    "query ($first: Int, $after: String, $unread: Boolean) { notifications(first: $first, after: $after,"
    f" unreadOnly: $unread) {{ edges {{ node {{ {SHOWN} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
UNREAD = "{ unreadNotificationCount }"
READ = (
    "mutation ($id: ID!) { markNotificationRead(input: { id: $id }) { ... on Notification { id readAt }"
    f" {PROBLEM} }} }}"
)
ALL_READ = (
    "mutation ($until: DateTime!) { markAllNotificationsRead(input: { until: $until }) { ... on NotificationsRead"
    f" {{ marked unreadCount }} {PROBLEM} }} }}"
)


async def told(practice: Practice, who: Person, number: int) -> None:
    async with practice.context().unit_of_work() as db:
        kind, occasion = NotificationKind.NOTE_SHARED, f"event:{number}"
        await notify(db, kind, [who.user.id], occasion=occasion, facts={"starts_at": NINE}, now=practice.clock())


async def told_often(practice: Practice, who: Person, times: int) -> None:
    """Once a minute."""
    for number in range(times):
        await told(practice, who, number)
        practice.clock.move(minutes=1)


async def pages(practice: Practice, who: Person, size: int, **asked: Any) -> list[list[str]]:
    """When each was recorded, page by page."""
    found: list[list[str]] = []
    after = None
    while True:
        page = await practice.ask(LIST, who, first=size, after=after, **asked)
        found.append([edge["node"]["createdAt"] for edge in page["edges"]])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def test_a_booking_is_in_the_list_of_both_with_words_and_its_session(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    session = await booked(practice, member, coach, NINE)
    await practice.work()

    for who, kind in ((member, "BOOKING_CONFIRMED"), (coach, "SESSION_BOOKED")):
        (shown,) = await nodes(practice, LIST, who)
        assert (shown["kind"], shown["session"]["id"], shown["readAt"]) == (kind, session, None)
        assert shown["title"]
        assert shown["body"]
        assert await practice.ask(UNREAD, who) == 1


async def test_the_newest_comes_first_page_by_page(practice: Practice) -> None:
    coach = await practice.coach()
    await told_often(practice, coach, 5)

    found = await pages(practice, coach, 2)
    assert [len(page) for page in found] == [2, 2, 1]
    times = [time for page in found for time in page]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 5


async def test_a_page_costs_the_same_statements_however_long_it_is(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach, seats=9)
    for member in await practice.members(6, coach):
        await booked(practice, member, coach, NINE)
    await practice.work()

    few, many = [await cost_of_page(practice, LIST, coach, first) for first in (1, 6)]
    assert (few[0], many[0]) == (1, 6)
    assert cost_alike(few[1], many[1])


async def test_everybody_sees_their_own_only_admins_too(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    await told(practice, coach, 1)
    ((id,),) = await practice.rows("SELECT id FROM notifications")

    for who in (other, admin):
        assert await nodes(practice, LIST, who) == []
        assert await practice.ask(UNREAD, who) == 0
        assert (await practice.refusal(READ, who, id=global_id("Notification", id)))["code"] == "FORBIDDEN"
        assert await practice.ask(ALL_READ, who, until="2026-03-03T00:00:00Z") == {"marked": 0, "unreadCount": 0}
    assert await practice.ask(UNREAD, coach) == 1


async def test_one_that_is_marked_as_read_stays_read_since_then(practice: Practice) -> None:
    coach = await practice.coach()
    await told_often(practice, coach, 2)
    newest, _ = await nodes(practice, LIST, coach)
    first = await practice.ask(READ, coach, id=newest["id"])
    practice.clock.move(hours=1)

    assert first["readAt"] == "2026-03-02T08:02:00Z"
    assert await practice.ask(READ, coach, id=newest["id"]) == first
    assert await practice.ask(UNREAD, coach) == 1
    assert len(await nodes(practice, LIST, coach, unread=True)) == 1
    assert len(await nodes(practice, LIST, coach, unread=False)) == 2


async def test_what_comes_while_all_is_marked_as_read_stays_unread(practice: Practice) -> None:
    coach = await practice.coach()
    await told_often(practice, coach, 3)
    _, middle, _ = await nodes(practice, LIST, coach)

    assert await practice.ask(ALL_READ, coach, until=middle["createdAt"]) == {"marked": 2, "unreadCount": 1}
    assert await practice.ask(UNREAD, coach) == 1
    assert await practice.ask(ALL_READ, coach, until=middle["createdAt"]) == {"marked": 0, "unreadCount": 1}


async def test_a_session_that_is_out_of_sight_by_now_is_not_shown(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    await cancelled(practice, member, await booked(practice, member, coach, NINE))
    await practice.work()
    await practice.rows(
        "UPDATE notifications SET user_id = :id WHERE user_id = :was RETURNING 1", id=other.user.id, was=coach.user.id
    )

    shown = await nodes(practice, LIST, other)
    assert [each["session"] for each in shown] == [None, None]


async def test_a_session_is_not_shown_to_who_may_read_no_sessions(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    await booked(practice, member, coach, NINE)
    await practice.work()
    await practice.rows(
        "INSERT INTO user_permissions VALUES (:id, 'sessions:read', false) RETURNING 1", id=member.user.id
    )

    (shown,) = await nodes(practice, LIST, await practice._person(member.user))
    assert shown["session"] is None
