"""Coaches: requirement 2, who sees which profile, and the list."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from app.events import CoachCreated
from tests.operations import (
    ADD_TIME_OFF,
    ASSIGN,
    COACHES,
    CREATE_COACH,
    LOG_IN,
    MEMBERS,
    ONE_COACH,
    ONE_MEMBER,
    SESSIONS,
    UPDATE_COACH,
    UPDATE_MEMBER,
    add_window,
    nodes,
    nothing_written,
)
from tests.practice import Person, Practice

FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}
ACCOUNT = {
    "email": "ada@example.com",
    "password": "correct horse",
    "displayName": "Ada Byrne",
    "timeZone": "Europe/London",
}
PRIVATE = "query ($id: ID!) { coach(id: $id) { id user { email } availabilityWindows { id } timeOff { reason } } }"
PROFILE = (
    "mutation ($input: UpdateCoachInput!) { updateCoach(input: $input) { __typename ... on Coach { practiceName bio"
    " coachingFocus specialties yearsExperience isAcceptingMembers bookingAudience } ... on Problem { code }"
    " ... on InvalidInput { field } } }"
)


async def create(practice: Practice, who: Person, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(CREATE_COACH, who, input={**ACCOUNT, **changes})
    return answer


async def update(practice: Practice, who: Person, coach: Person, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(UPDATE_COACH, who, input={"id": coach.id, **changes})
    return answer


async def names(practice: Practice, who: Person | None, **variables: Any) -> list[str]:
    return [coach["displayName"] for coach in await nodes(practice, COACHES, who, **variables)]


def refused(answer: dict[str, Any]) -> tuple[str, str | None]:
    return answer["code"], answer.get("field")


def sealed(bookmark: str) -> str:
    return urlsafe_b64encode(bookmark.encode()).decode().rstrip("=")


# Creating


async def test_2_1_a_new_coach_has_a_linked_profile_with_default_settings(practice: Practice) -> None:
    admin = await practice.admin()

    answer = await create(practice, admin)

    assert answer == {
        "__typename": "Coach",
        "id": answer["id"],
        "displayName": "Ada Byrne",
        "practiceName": None,
        "bio": None,
        "coachingFocus": None,
        "specialties": [],
        "yearsExperience": None,
        "timeZone": "Europe/London",
        "status": "ACTIVE",
        "isAcceptingMembers": True,
        "maxMembers": 20,
        "memberCount": 0,
        "freePlaces": 20,
        "bookingAudience": "ASSIGNED",
        "sessionMinutes": 60,
        "bufferMinutes": 0,
        "slotIntervalMinutes": None,
        "minNoticeMinutes": 0,
        "bookingWindowDays": 60,
        "averageRating": None,
        "ratingCount": 0,
    }
    assert await practice.rows(
        "SELECT u.email, u.role, u.time_zone, k.version FROM coaches c JOIN users u ON u.id = c.user_id"
        " JOIN coach_calendars k ON k.coach_id = c.id"
    ) == [("ada@example.com", "COACH", "Europe/London", 0)]


async def test_2_1_a_new_coach_logs_in_with_the_password_that_was_given(practice: Practice) -> None:
    await create(practice, await practice.admin())

    given = {"email": ACCOUNT["email"], "password": ACCOUNT["password"]}
    answer = await practice.ask(LOG_IN, input=given)

    assert answer["viewer"] == {"user": {"email": "ada@example.com", "role": "COACH"}}


async def test_2_1_the_house_is_told_of_a_new_coach(practice: Practice) -> None:

    await create(practice, await practice.admin())

    ((coach_id, user_id),) = await practice.rows("SELECT id, user_id FROM coaches")
    assert await practice.told() == [CoachCreated(coach_id=coach_id, user_id=user_id)]


async def test_only_admins_create_coaches(practice: Practice) -> None:
    coach, member = await practice.coach(), await practice.member()

    async with nothing_written(practice):
        refusals = [await practice.refusal(CREATE_COACH, who, input=ACCOUNT) for who in (None, member, coach)]

    assert refusals == [UNAUTHENTICATED, FORBIDDEN, FORBIDDEN]


async def test_an_address_has_one_account_in_whatever_case_it_is_written(practice: Practice) -> None:
    admin = await practice.admin()
    member = await practice.member()

    async with nothing_written(practice):
        answer = await create(practice, admin, email=member.user.email.upper())

    assert (answer["__typename"], *refused(answer)) == ("EmailTaken", "EMAIL_TAKEN", "email")


async def test_of_creations_that_race_for_one_address_one_wins(practice: Practice) -> None:
    admin = await practice.admin()

    answers = await asyncio.gather(*(create(practice, admin) for _ in range(4)))

    assert sorted(answer["__typename"] for answer in answers) == ["Coach"] + ["EmailTaken"] * 3
    assert await practice.count("users", "role = 'COACH'") == await practice.count("coaches") == 1


async def test_a_new_account_is_checked_field_by_field(practice: Practice) -> None:
    admin = await practice.admin()
    wrong = [("password", "nine char"), ("password", "x" * 257), ("displayName", "  "), ("displayName", "x" * 121)]

    async with nothing_written(practice):
        answers = [await create(practice, admin, **{field: value}) for field, value in wrong]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", field) for field, _ in wrong]


# Changing


async def test_2_2_a_coach_changes_their_profile(practice: Practice) -> None:
    coach = await practice.coach()
    profile = {
        "practiceName": "Byrne & Co",
        "bio": "Listens.",
        "coachingFocus": "Leadership",
        "specialties": ["Leadership", "Career"],
        "yearsExperience": 12,
        "isAcceptingMembers": False,
        "bookingAudience": "PUBLIC",
    }

    answer = await practice.ask(PROFILE, coach, input={"id": coach.id, **profile})

    assert answer == {"__typename": "Coach", **profile}
    assert await practice.count("coaches", "bio = 'Listens.' AND years_experience = 12") == 1


async def test_2_2_what_is_left_out_stays_and_null_empties_what_may_be_empty(practice: Practice) -> None:
    coach = await practice.coach(bio="Listens.", practice_name="Byrne & Co", years_experience=3, coaching_focus="Work")
    emptied = {"practiceName": None, "yearsExperience": None, "coachingFocus": None}

    answer = await practice.ask(PROFILE, coach, input={"id": coach.id, **emptied})

    assert answer["bio"] == "Listens."
    assert {name: answer[name] for name in emptied} == emptied


async def test_2_2_settings_outside_their_range_are_refused(practice: Practice) -> None:
    coach = await practice.coach()
    ranges = {
        "maxMembers": (-1, 10_001),
        "sessionMinutes": (4, 721),
        "bufferMinutes": (-1, 721),
        "slotIntervalMinutes": (4, 1_441),
        "minNoticeMinutes": (-1, 525_601),
        "bookingWindowDays": (-1, 731),
        "yearsExperience": (-1, 81),
    }
    wrong = [(field, value) for field, values in ranges.items() for value in values]

    async with nothing_written(practice):
        answers = [await update(practice, coach, coach, **{field: value}) for field, value in wrong]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", field) for field, _ in wrong]


async def test_2_2_settings_at_the_ends_of_their_range_are_accepted(practice: Practice) -> None:
    coach = await practice.coach()
    smallest = {
        "maxMembers": 0,
        "sessionMinutes": 5,
        "bufferMinutes": 0,
        "slotIntervalMinutes": 5,
        "minNoticeMinutes": 0,
        "bookingWindowDays": 0,
    }
    largest = {
        "maxMembers": 10_000,
        "sessionMinutes": 720,
        "bufferMinutes": 720,
        "slotIntervalMinutes": 1_440,
        "minNoticeMinutes": 525_600,
        "bookingWindowDays": 730,
    }

    low, high = await update(practice, coach, coach, **smallest), await update(practice, coach, coach, **largest)

    assert {name: low[name] for name in smallest} == smallest
    assert {name: high[name] for name in largest} == largest


async def test_2_2_texts_and_specialties_have_a_longest_length(practice: Practice) -> None:
    coach = await practice.coach()
    wrong: list[tuple[str, Any, str]] = [
        ("displayName", "", "displayName"),
        ("displayName", "x" * 121, "displayName"),
        ("practiceName", "x" * 121, "practiceName"),
        ("bio", "x" * 5_001, "bio"),
        ("coachingFocus", "x" * 201, "coachingFocus"),
        ("specialties", [f"number {number}" for number in range(21)], "specialties"),
        ("specialties", ["Work", "x" * 81], "specialties.1"),
        ("specialties", [""], "specialties.0"),
    ]

    async with nothing_written(practice):
        answers = [await update(practice, coach, coach, **{field: value}) for field, value, _ in wrong]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", path) for *_, path in wrong]


async def test_2_2_a_required_setting_cannot_be_emptied(practice: Practice) -> None:
    coach = await practice.coach()
    required = ("displayName", "specialties", "timeZone", "maxMembers", "isAcceptingMembers", "sessionMinutes")

    async with nothing_written(practice):
        answers = [await update(practice, coach, coach, **{field: None}) for field in required]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", field) for field in required]


async def test_an_admin_changes_anybodys_profile(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()

    answer = await update(practice, admin, coach, displayName="Noor")

    assert answer["displayName"] == "Noor"


async def test_the_profile_of_another_coach_is_forbidden_to_change(practice: Practice) -> None:
    coach, other, member = await practice.coach(), await practice.coach(), await practice.member()
    given = {"id": coach.id, "displayName": "Noor"}

    async with nothing_written(practice):
        refusals = [await practice.refusal(UPDATE_COACH, who, input=given) for who in (None, member, other)]

    assert refusals == [UNAUTHENTICATED, FORBIDDEN, FORBIDDEN]


async def test_a_coach_does_not_change_their_own_status(practice: Practice) -> None:
    coach = await practice.coach(status="PENDING")
    given = {"id": coach.id, "displayName": "Noor", "status": "ACTIVE"}

    async with nothing_written(practice):
        refusal = await practice.refusal(UPDATE_COACH, coach, input=given)

    assert refusal == FORBIDDEN


async def test_an_admin_changes_a_coachs_status(practice: Practice) -> None:
    coach, admin = await practice.coach(status="PENDING"), await practice.admin()

    answers = [await update(practice, admin, coach, status=status) for status in ("APPROVED", "ACTIVE", "SUSPENDED")]

    assert [answer["status"] for answer in answers] == ["APPROVED", "ACTIVE", "SUSPENDED"]


async def test_the_id_of_something_else_is_invalid_input(practice: Practice) -> None:
    coach, member = await practice.coach(), await practice.member()

    answer = await update(practice, coach, member, displayName="Noor")

    assert refused(answer) == ("INVALID_INPUT", "id")


# Members and places


async def test_2_5_a_profile_counts_members_and_free_places(practice: Practice) -> None:
    coach, admin = await practice.coach(max_members=3), await practice.admin()
    member, *_ = await practice.members(2, coach)
    two = await practice.ask(ONE_COACH, None, id=coach.id)
    await practice.ask(UPDATE_MEMBER, admin, input={"id": member.id, "status": "ARCHIVED"})

    one = await practice.ask(ONE_COACH, None, id=coach.id)

    assert (two["memberCount"], two["maxMembers"], two["freePlaces"]) == (2, 3, 1)
    assert (one["memberCount"], one["maxMembers"], one["freePlaces"]) == (1, 3, 2)


async def test_2_5_a_transfer_moves_a_place(practice: Practice) -> None:
    old, new, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(old)

    await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": new.id})

    counts = [(await practice.ask(ONE_COACH, None, id=coach.id))["memberCount"] for coach in (old, new)]
    assert counts == [0, 1]


async def test_2_3_a_limit_below_the_members_of_today_leaves_them_and_no_free_place(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.members(3, coach)

    answer = await update(practice, coach, coach, maxMembers=1)

    assert answer["maxMembers"] == 1
    seen = await practice.ask(ONE_COACH, coach, id=coach.id)
    assert (seen["memberCount"], seen["freePlaces"]) == (3, 0)


# Who sees whom


async def test_2_4_who_accepts_no_members_is_hidden_from_those_who_sign_up(practice: Practice) -> None:
    await practice.coach(display_name="Open")
    closed = await practice.coach(display_name="Closed", is_accepting_members=False)

    listed = await names(practice, None)
    refusal = await practice.refusal(ONE_COACH, None, id=closed.id)

    assert listed == ["Open"]
    assert refusal == FORBIDDEN


async def test_a_stranger_sees_active_coaches_only(practice: Practice) -> None:
    for status in ("PENDING", "APPROVED", "ACTIVE", "SUSPENDED"):
        coach = await practice.coach(display_name=status, status=status)

    assert await names(practice, None) == ["ACTIVE"]
    assert await practice.refusal(ONE_COACH, None, id=coach.id) == FORBIDDEN


async def test_a_coach_who_does_not_exist_is_forbidden_to_a_stranger_too(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.rows("DELETE FROM coaches RETURNING id")

    assert await practice.refusal(ONE_COACH, None, id=coach.id) == FORBIDDEN


async def test_a_stranger_sees_nothing_but_the_public_profile(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)

    profile = await practice.ask(PRIVATE, None, id=coach.id)
    refusals = [
        await practice.refusal(MEMBERS, None),
        await practice.refusal(SESSIONS, None),
        await practice.refusal(ONE_MEMBER, None, id=member.id),
    ]

    assert profile == {"id": coach.id, "user": None, "availabilityWindows": None, "timeOff": None}
    assert refusals == [UNAUTHENTICATED] * 3


async def test_members_and_other_coaches_see_active_coaches_who_accept_nobody_too(practice: Practice) -> None:
    coach = await practice.coach(display_name="Open")
    await practice.coach(display_name="Closed", is_accepting_members=False)
    await practice.coach(display_name="Away", status="SUSPENDED")

    assert await names(practice, await practice.member()) == ["Open", "Closed"]
    assert await names(practice, coach) == ["Open", "Closed"]


async def test_12_5_an_admin_sees_coaches_of_every_status(practice: Practice) -> None:
    statuses = ["PENDING", "APPROVED", "ACTIVE", "SUSPENDED"]
    for status in statuses:
        await practice.coach(status=status, is_accepting_members=False)

    listed = await nodes(practice, COACHES, await practice.admin())

    assert [coach["status"] for coach in listed] == statuses


async def test_log_in_windows_and_time_off_are_shown_to_their_owner_and_to_admins(practice: Practice) -> None:
    coach, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member(coach)
    window_id = await add_window(practice, coach)
    away = {"startsAt": "2026-03-03T00:00:00Z", "endsAt": "2026-03-04T00:00:00Z", "reason": "Surgery"}
    await practice.ask(ADD_TIME_OFF, coach, input=away)

    seen = {name: await practice.ask(PRIVATE, who, id=coach.id) for name, who in (("owner", coach), ("admin", admin))}
    hidden = [await practice.ask(PRIVATE, who, id=coach.id) for who in (member, other)]

    everything = {
        "id": coach.id,
        "user": {"email": coach.user.email},
        "availabilityWindows": [{"id": window_id}],
        "timeOff": [{"reason": "Surgery"}],
    }
    assert seen == {"owner": everything, "admin": everything}
    assert hidden == [{"id": coach.id, "user": None, "availabilityWindows": None, "timeOff": None}] * 2


# Searching and filtering


async def test_coaches_are_found_by_a_part_of_their_name_practice_or_focus_in_any_case(practice: Practice) -> None:
    await practice.coach(display_name="Ada Byrne", bio="leads")
    await practice.coach(display_name="Noor", practice_name="LEADING Lights")
    await practice.coach(display_name="Tom", coaching_focus="Leadership")

    assert await names(practice, None, filter={"search": "lead"}) == ["Noor", "Tom"]
    assert await names(practice, None, filter={"search": "  BYRNE "}) == ["Ada Byrne"]
    assert await names(practice, None, filter={"search": "nobody"}) == []


async def test_a_search_takes_every_character_as_itself(practice: Practice) -> None:
    await practice.coach(display_name="100 % Ada_B\\C")
    await practice.coach(display_name="100 times AdaxB/C")

    found = [await names(practice, None, filter={"search": text}) for text in ("%", "_", "a_b", "b\\c")]

    assert found == [["100 % Ada_B\\C"]] * 4


async def test_a_specialty_is_found_exactly(practice: Practice) -> None:
    await practice.coach(display_name="Ada", specialties=["Career", "Work"])
    await practice.coach(display_name="Noor", specialties=["Careers"])

    assert await names(practice, None, filter={"specialty": "Career"}) == ["Ada"]


async def test_coaches_are_filtered_by_whether_they_accept_members_and_have_free_places(practice: Practice) -> None:
    member = await practice.member()
    full = await practice.coach(display_name="Full", max_members=1)
    await practice.member(full)
    await practice.coach(display_name="Free")
    await practice.coach(display_name="Closed", is_accepting_members=False)

    assert await names(practice, member, filter={"hasFreePlaces": True}) == ["Free", "Closed"]
    assert await names(practice, member, filter={"hasFreePlaces": False}) == ["Full"]
    assert await names(practice, member, filter={"isAcceptingMembers": True}) == ["Full", "Free"]
    assert await names(practice, member, filter={"isAcceptingMembers": False}) == ["Closed"]
    assert await names(practice, member, filter={"isAcceptingMembers": True, "hasFreePlaces": True}) == ["Free"]
    assert await names(practice, member, filter={"isAcceptingMembers": None}) == ["Full", "Free", "Closed"]


# Pages


async def some_coaches(practice: Practice, count: int) -> Sequence[str]:
    return [(await practice.coach()).id for _ in range(count)]


async def test_pages_follow_one_another_without_a_gap(practice: Practice) -> None:
    ids = await some_coaches(practice, 5)

    first = await practice.ask(COACHES, None, first=2)
    second = await practice.ask(COACHES, None, first=2, after=first["pageInfo"]["endCursor"])
    third = await practice.ask(COACHES, None, first=2, after=second["pageInfo"]["endCursor"])

    pages = (first, second, third)
    assert [[edge["node"]["id"] for edge in page["edges"]] for page in pages] == [ids[:2], ids[2:4], ids[4:]]
    assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, True, False]
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False, True, True]
    assert all(page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"] for page in pages)
    assert all(page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"] for page in pages)


async def test_every_rows_cursor_is_good_to_continue_behind(practice: Practice) -> None:
    ids = await some_coaches(practice, 4)
    whole = await practice.ask(COACHES, None)

    behind = [await nodes(practice, COACHES, None, after=edge["cursor"]) for edge in whole["edges"]]

    assert [[coach["id"] for coach in rows] for rows in behind] == [ids[1:], ids[2:], ids[3:], []]


async def test_what_is_removed_between_two_pages_moves_nothing(practice: Practice) -> None:
    ids = await some_coaches(practice, 4)
    first = await practice.ask(COACHES, None, first=2)
    await practice.rows("UPDATE coaches SET status = 'SUSPENDED' WHERE display_name = 'Coach 1' RETURNING id")
    await practice.rows("UPDATE coaches SET status = 'SUSPENDED' WHERE display_name = 'Coach 2' RETURNING id")

    second = await nodes(practice, COACHES, None, first=2, after=first["pageInfo"]["endCursor"])

    assert [coach["id"] for coach in second] == ids[2:]


async def test_a_page_has_20_rows_unless_asked_otherwise(practice: Practice) -> None:
    await some_coaches(practice, 21)

    by_default, by_null = await practice.ask(COACHES, None), await practice.ask(COACHES, None, first=None)
    all_of_them = await practice.ask(COACHES, None, first=100)

    assert [len(page["edges"]) for page in (by_default, by_null, all_of_them)] == [20, 20, 21]
    assert [page["pageInfo"]["hasNextPage"] for page in (by_default, by_null, all_of_them)] == [True, True, False]


async def test_a_page_has_1_to_100_rows(practice: Practice) -> None:
    refusals = [await practice.refusal(COACHES, None, first=first) for first in (0, -1, 101)]

    assert [(refusal["code"], refusal["status"]) for refusal in refusals] == [("BAD_USER_INPUT", 400)] * 3


async def test_an_empty_list_is_a_page_without_cursors(practice: Practice) -> None:
    page = await practice.ask(COACHES, None)

    assert page == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_a_cursor_of_another_kind_is_refused(practice: Practice) -> None:
    await practice.coach()
    some_id = "01900000-0000-7000-8000-000000000000"
    forged = [
        "nonsense",
        "é",
        sealed("nonsense"),
        sealed(">nonsense"),
        sealed(">i:1"),
        sealed(">s:abc"),
        sealed(">s:\x00"),
        sealed(">true"),
        sealed(">n:abc"),
        sealed(">f:nan"),
        sealed(">i:" + "9" * 5_000),
        sealed(">uuid:nobody"),
        sealed(">dt:2026-03-02T09:00:00Z"),
        sealed(f">uuid:{some_id},uuid:{some_id}"),
    ]

    refusals = [await practice.refusal(COACHES, None, after=after) for after in forged]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": "after"}] * len(forged)


async def test_a_cursor_that_points_at_nothing_is_refused(practice: Practice) -> None:
    await practice.coach()

    refusal = await practice.refusal(COACHES, None, after=sealed(">x"))

    assert refusal == {"code": "BAD_USER_INPUT", "status": 400, "field": "after"}


async def test_a_cursor_that_is_no_line_of_values_is_refused(practice: Practice) -> None:
    await practice.coach()

    refusal = await practice.refusal(COACHES, None, after=sealed(">s:a\rb"))

    assert refusal == {"code": "BAD_USER_INPUT", "status": 400, "field": "after"}


async def test_a_cursor_that_holds_no_place_does_not_answer_the_first_page_again(practice: Practice) -> None:
    await practice.coach()
    forged = ["%%%%", sealed(">"), sealed("<"), sealed(">\n")]

    answers = [await practice.execute(COACHES, None, after=after) for after in forged]

    assert [answer["data"] for answer in answers] == [None] * len(forged)
    refusal = {"code": "BAD_USER_INPUT", "status": 400, "field": "after"}
    assert [answer["errors"][0]["extensions"] for answer in answers] == [refusal] * len(forged)


async def test_a_cursor_does_not_turn_the_list_around(practice: Practice) -> None:
    await practice.coach()

    answer = await practice.execute(COACHES, None, after=sealed("<uuid:01900000-0000-7000-8000-000000000000"))

    assert answer["data"] is None
    assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT", "status": 400, "field": "after"}
