"""What users choose to be told, and how; and quiet hours, in which mails and SMS wait."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from app.models.notifications import Channel, NotificationKind
from app.services.notifications import TABLE, notify
from app.services.notifications.quiet import quiet_until
from tests.operations import PROBLEM, add_window, booked, cancelled, nodes
from tests.practice import Person, Practice
from tests.services.notifications.told import NINE, mails, told

SHOWN = "preferences { kind channel isOn isOptional } quietHours { from until timeZone }"
PREFERENCES = f"{{ notificationPreferences {{ {SHOWN} }} }}"
UPDATE = (
    "mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) {"
    f" __typename ... on NotificationPreferences {{ {SHOWN} }} {PROBLEM} ... on InvalidInput {{ field }}"
    " ... on ChannelNotOptional { kind channel } } }"
)
LIST = "{ notifications { edges { node { kind } } } }"
NIGHT = {"from": "22:00:00", "until": "07:00:00"}
K = NotificationKind


async def chosen(practice: Practice, who: Person, kind: str, channel: str, is_on: bool) -> dict[str, Any]:
    changes = [{"kind": kind, "channel": channel, "isOn": is_on}]
    answer: dict[str, Any] = await practice.ask(UPDATE, who, input={"changes": changes})
    return answer


async def notified(practice: Practice, who: Person, kind: NotificationKind = K.MEMBER_ASSIGNED, **facts: Any) -> None:
    async with practice.context().unit_of_work() as db:
        await notify(db, kind, [who.user.id], occasion="event:1", facts=facts, now=practice.clock())


async def waiting(practice: Practice) -> list[tuple[str, str | None, datetime | None]]:
    return [tuple(row) for row in await practice.rows("SELECT status, reason, not_before FROM deliveries")]


# Kinds and channels


async def test_the_defaults_are_those_of_the_table_for_the_askers_role(practice: Practice) -> None:
    people = {"COACH": await practice.coach(), "MEMBER": await practice.member(), "ADMIN": await practice.admin()}
    for role, person in people.items():
        shown = (await practice.ask(PREFERENCES, person))["preferences"]
        table = {
            (telling.kind, channel): (channel in telling.channels, channel not in telling.always)
            for telling in TABLE
            for channel in Channel
            if telling.to == role
        }
        assert {(each["kind"], each["channel"]): (each["isOn"], each["isOptional"]) for each in shown} == table
        assert len(shown) == len(table)


async def test_what_is_switched_off_is_not_sent_by_that_channel(practice: Practice) -> None:
    coach = await practice.coach()
    await chosen(practice, coach, "MEMBER_ASSIGNED", "EMAIL", False)
    await notified(practice, coach)

    assert await mails(practice, coach) == []
    assert len(await nodes(practice, LIST, coach)) == 1


async def test_what_is_not_wanted_in_the_app_is_sent_by_mail_and_not_listed(practice: Practice) -> None:
    coach = await practice.coach()
    await chosen(practice, coach, "MEMBER_ASSIGNED", "IN_APP", False)
    await notified(practice, coach)

    assert await mails(practice, coach) == [("MEMBER_ASSIGNED", "PENDING")]
    assert await nodes(practice, LIST, coach) == []
    assert await practice.ask("{ unreadNotificationCount }", coach) == 0


async def test_what_is_switched_on_again_is_sent(practice: Practice) -> None:
    coach = await practice.coach()
    for is_on in (False, True):
        answer = await chosen(practice, coach, "MEMBER_ASSIGNED", "EMAIL", is_on)
        shown = {(each["kind"], each["channel"]): each["isOn"] for each in answer["preferences"]}
        assert shown["MEMBER_ASSIGNED", "EMAIL"] is is_on
    await notified(practice, coach)

    assert await mails(practice, coach) == [("MEMBER_ASSIGNED", "PENDING")]
    assert await practice.count("notification_preferences") == 1


async def test_the_choice_of_one_is_nobody_elses(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    await chosen(practice, other, "MEMBER_ASSIGNED", "EMAIL", False)
    await notified(practice, coach)

    assert await mails(practice, coach) == [("MEMBER_ASSIGNED", "PENDING")]


@pytest.mark.parametrize(
    ("role", "kind", "channel"),
    sorted({(each.to, each.kind, channel) for each in TABLE for channel in each.always}),
)
async def test_what_matters_most_cannot_be_switched_off(practice: Practice, role: str, kind: str, channel: str) -> None:
    person = await {"COACH": practice.coach, "MEMBER": practice.member, "ADMIN": practice.admin}[role]()
    refused = await chosen(practice, person, kind, channel, False)

    assert refused["__typename"] == "ChannelNotOptional"
    assert (refused["code"], refused["kind"], refused["channel"]) == ("CHANNEL_NOT_OPTIONAL", kind, channel)
    assert await practice.count("notification_preferences") == 0


async def test_a_cancellation_is_listed_even_if_an_older_choice_says_otherwise(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    member = await practice.member(coach)
    await practice.rows(
        "INSERT INTO notification_preferences VALUES (:id, 'SESSION_CANCELLED', 'IN_APP', false) RETURNING 1",
        id=member.user.id,
    )
    await cancelled(practice, coach, await booked(practice, member, coach, NINE))

    assert "SESSION_CANCELLED" in await told(practice, member)
    assert {"kind": "SESSION_CANCELLED"} in await nodes(practice, LIST, member)


async def test_one_wrong_change_changes_nothing(practice: Practice) -> None:
    coach = await practice.coach()
    good = {"kind": "MEMBER_ASSIGNED", "channel": "EMAIL", "isOn": False}
    wrong = {"kind": "PLACE_OFFERED", "channel": "EMAIL", "isOn": False}
    refused = await practice.ask(UPDATE, coach, input={"changes": [good, wrong], "quietHours": NIGHT})

    assert refused["field"] == "changes.1.kind"
    assert await practice.count("notification_preferences") == await practice.count("quiet_hours") == 0


# SMS


async def test_an_sms_is_sent_to_who_chose_it_and_has_a_number(practice: Practice) -> None:
    member, other = await practice.member(phone="+44 20 7946 0000"), await practice.member(phone="+44 20 7946 0001")
    await chosen(practice, member, "SESSION_CANCELLED", "SMS", True)
    for who in (member, other):
        await notified(practice, who, K.SESSION_CANCELLED)

    assert await mails(practice, member, "SMS") == [("SESSION_CANCELLED", "PENDING")]
    assert await mails(practice, other, "SMS") == []


@pytest.mark.parametrize("phone", [None, ""])
async def test_an_sms_without_a_number_is_skipped_and_says_so(practice: Practice, phone: str | None) -> None:
    member = await practice.member(phone=phone)
    await chosen(practice, member, "SESSION_CANCELLED", "SMS", True)
    await notified(practice, member, K.SESSION_CANCELLED)

    reasons = await practice.rows("SELECT status, reason FROM deliveries WHERE channel = 'SMS'")
    assert [tuple(row) for row in reasons] == [("SKIPPED", "No phone number is known")]


# Quiet hours


async def test_a_mail_waits_until_quiet_hours_end_and_the_app_does_not(practice: Practice) -> None:
    coach = await practice.coach()
    answer = await practice.ask(UPDATE, coach, input={"quietHours": NIGHT})
    assert answer["quietHours"] == {**NIGHT, "timeZone": "UTC"}
    practice.clock.now = datetime(2026, 3, 2, 23, tzinfo=UTC)
    await notified(practice, coach)

    assert await waiting(practice) == [("PENDING", None, datetime(2026, 3, 3, 7, tzinfo=UTC))]
    assert len(await nodes(practice, LIST, coach)) == 1
    ((delay,),) = await practice.rows("SELECT execute_after - created FROM pgqueuer WHERE entrypoint = 'send_mail'")
    assert delay.total_seconds() == pytest.approx(8 * 3600, abs=5)


async def test_outside_of_quiet_hours_nothing_waits(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.ask(UPDATE, coach, input={"quietHours": NIGHT})
    await notified(practice, coach)

    assert await waiting(practice) == [("PENDING", None, None)]


async def test_quiet_hours_that_are_taken_away_are_none(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.ask(UPDATE, coach, input={"quietHours": {"from": "00:00", "until": "23:59"}})
    await chosen(practice, coach, "MEMBER_ASSIGNED", "SMS", False)
    assert (await practice.ask(PREFERENCES, coach))["quietHours"] is not None
    assert (await practice.ask(UPDATE, coach, input={"quietHours": None}))["quietHours"] is None
    await notified(practice, coach)

    assert await waiting(practice) == [("PENDING", None, None)]


async def test_quiet_hours_are_those_of_the_users_own_clock(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.rows("UPDATE users SET time_zone = 'Asia/Tokyo' RETURNING 1")
    await practice.ask(UPDATE, coach, input={"quietHours": NIGHT})
    practice.clock.now = datetime(2026, 3, 2, 14, tzinfo=UTC)
    await notified(practice, coach)

    assert await waiting(practice) == [("PENDING", None, datetime(2026, 3, 2, 22, tzinfo=UTC))]


@pytest.mark.parametrize("kind", sorted({each.kind for each in TABLE if each.passes_quiet_hours}))
async def test_what_cannot_wait_passes_quiet_hours(practice: Practice, kind: str) -> None:
    admin = await practice.admin()
    await practice.ask(UPDATE, admin, input={"quietHours": {"from": "07:00", "until": "09:00"}})
    await notified(practice, admin, NotificationKind(kind), starts_at="2026-03-02T08:45:00Z")

    assert await waiting(practice) == [("PENDING", None, None)]


async def test_what_would_be_of_no_use_after_quiet_hours_is_skipped(practice: Practice) -> None:
    member = await practice.member()
    await practice.ask(UPDATE, member, input={"quietHours": {"from": "07:00", "until": "09:00"}})
    await notified(practice, member, K.PLACE_OFFERED, expires_at="2026-03-02T08:15:00Z")

    assert await waiting(practice) == [
        ("SKIPPED", "It would have come too late to be of use", datetime(2026, 3, 2, 9, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-03-28T21:00Z", "2026-03-29T05:00Z"),  # 22:00 in winter, 07:00 in summer: nine hours on the wall
        ("2026-03-29T04:59Z", "2026-03-29T05:00Z"),
        ("2026-03-29T05:00Z", None),
        ("2026-03-28T20:59Z", None),
        ("2026-10-24T20:00Z", "2026-10-25T06:00Z"),
        ("2026-10-25T01:30Z", "2026-10-25T06:00Z"),
    ],
)
def test_quiet_hours_over_midnight_follow_the_clocks(now: str, ends: str | None) -> None:
    found = quiet_until(datetime.fromisoformat(now), "Europe/Berlin", time(22), time(7))

    assert found == (datetime.fromisoformat(ends) if ends else None)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-10-25T00:15Z", "2026-10-25T00:30Z"),  # 02:15, for the first time
        ("2026-10-25T00:45Z", None),
        ("2026-10-25T01:15Z", "2026-10-25T01:30Z"),  # for the second time
        ("2026-03-29T00:45Z", "2026-03-29T01:30Z"),  # half past two does not come: when it would have been
        ("2026-03-29T01:00Z", None),
    ],
)
def test_quiet_hours_that_end_in_the_hour_of_change_end_all_the_same(now: str, ends: str | None) -> None:
    found = quiet_until(datetime.fromisoformat(now), "Europe/Berlin", time(1), time(2, 30))

    assert found == (datetime.fromisoformat(ends) if ends else None)


@pytest.mark.parametrize(("hour", "is_quiet"), [(11, False), (12, True), (13, True), (14, False)])
def test_quiet_hours_within_a_day(hour: int, is_quiet: bool) -> None:
    found = quiet_until(datetime(2026, 3, 2, hour, tzinfo=UTC), "UTC", time(12), time(14))

    assert found == (datetime(2026, 3, 2, 14, tzinfo=UTC) if is_quiet else None)


def test_quiet_hours_in_a_zone_that_this_machine_does_not_know_go_by_utc() -> None:
    now = datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert quiet_until(now, "Europe/Atlantis", time(22), time(7)) == datetime(2026, 3, 3, 7, tzinfo=UTC)
