"""Unsubscribing takes one click and no log-in, and looking changes nothing."""

import pytest
from httpx2 import Response

from app.models.notifications import NotificationKind
from tests.practice import Person, Practice
from tests.server.serving import Served

CHOSEN = "SELECT kind, channel, is_on FROM notification_preferences WHERE user_id = :id"


def path(practice: Practice, person: Person, kind: NotificationKind = NotificationKind.BOOKING_CONFIRMED) -> str:
    token = practice.house.links.unsubscribe_token(person.user.id, kind.value, "EMAIL")
    return f"/unsubscribe/{token}"


async def chosen(practice: Practice, person: Person) -> list[tuple[str, str, bool]]:
    return [tuple(row) for row in await practice.rows(CHOSEN, id=person.user.id)]  # type: ignore[misc]


def is_a_page(answer: Response, status: int) -> bool:
    """Which nobody keeps, frames, or learns the address of."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    return '<html lang="en">' in answer.text and "<h1>" in answer.text


async def test_looking_asks_and_changes_nothing(practice: Practice, served: Served) -> None:
    member = await practice.member()
    async with served.client() as client:
        looked = await client.get(path(practice, member))
        await client.request("HEAD", path(practice, member))

    assert is_a_page(looked, 200)
    assert '<form method="post"><button type="submit">Unsubscribe</button></form>' in looked.text
    assert "confirmed bookings" in looked.text
    assert await chosen(practice, member) == []


@pytest.mark.parametrize("times", [1, 3])
async def test_one_click_is_enough_and_more_are_the_same(practice: Practice, served: Served, times: int) -> None:
    member, other = await practice.member(), await practice.member()
    async with served.client() as client:
        for _ in range(times):
            answer = await client.post(
                path(practice, member),
                content=b"List-Unsubscribe=One-Click",
                headers={"content-type": "application/x-www-form-urlencoded"},
            )

    assert is_a_page(answer, 200)
    assert "unsubscribed" in answer.text
    assert await chosen(practice, member) == [("BOOKING_CONFIRMED", "EMAIL", False)]
    assert await chosen(practice, other) == []


async def test_who_wanted_it_before_does_not_any_more(practice: Practice, served: Served) -> None:
    member = await practice.member()
    await practice.rows(
        "INSERT INTO notification_preferences (user_id, kind, channel, is_on)"
        " VALUES (:id, 'BOOKING_CONFIRMED', 'EMAIL', true), (:id, 'PLAN_SHARED', 'EMAIL', true) RETURNING 1",
        id=member.user.id,
    )
    async with served.client() as client:
        await client.post(path(practice, member))

    assert sorted(await chosen(practice, member)) == [
        ("BOOKING_CONFIRMED", "EMAIL", False),
        ("PLAN_SHARED", "EMAIL", True),
    ]


async def test_a_wrong_link_leads_nowhere(practice: Practice, served: Served) -> None:
    member, other = await practice.member(), await practice.member()
    right = path(practice, member)
    token = right.rpartition("/")[2]
    wrong = [
        token[:-1],
        token[::-1],
        token[:21] + ("A" if token[21] != "A" else "B") + token[22:],
        path(practice, other).rpartition("/")[2][:22] + token[22:],
        "A" * 80,
        "%C3%A9",
        "x" * 4_000,
    ]
    async with served.client() as client:
        answers = [await client.request(how, f"/unsubscribe/{each}") for each in wrong for how in ("GET", "POST")]

    assert all(is_a_page(answer, 404) for answer in answers)
    assert await practice.count("notification_preferences", "user_id = :id", id=member.user.id) == 0


async def test_what_cannot_be_switched_off_is_not(practice: Practice, served: Served) -> None:
    admin = await practice.admin()
    async with served.client() as client:
        answer = await client.post(path(practice, admin, NotificationKind.WEBHOOK_DISABLED))

    assert is_a_page(answer, 404)
    assert await chosen(practice, admin) == []
