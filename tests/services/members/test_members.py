"""Members: requirement 1, who sees whom, and which coach a member has, had and gets."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.events import CoachAssigned
from tests.operations import (
    ASSIGN,
    BOOK,
    MEMBERS,
    ONE_MEMBER,
    ONE_SESSION,
    SESSIONS,
    SIGN_UP,
    UPDATE_MEMBER,
    add_window,
    booked,
    cancelled,
    nodes,
    nothing_written,
)
from tests.practice import Person, Practice

FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}
AT_CAPACITY = {
    "__typename": "CoachAtCapacity",
    "code": "COACH_AT_CAPACITY",
    "message": "This coach has reached the limit of members",
}
NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
DETAILS = (
    "mutation ($input: UpdateMemberInput!) { updateMember(input: $input) { __typename ... on Member { firstName"
    " lastName fullName phone emergencyContact coachingFocus goals updatedAt } ... on Problem { code } } }"
)


async def update(practice: Practice, who: Person, member: Person, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(UPDATE_MEMBER, who, input={"id": member.id, **changes})
    return answer


async def assign(practice: Practice, admin: Person, member: Person, coach: Person, **more: Any) -> dict[str, Any]:
    given = {"memberId": member.id, "coachId": coach.id, **more}
    answer: dict[str, Any] = await practice.ask(ASSIGN, admin, input=given)
    return answer


async def sign_up(practice: Practice, number: int, coach: Person) -> dict[str, Any]:
    account = {"email": f"racer{number}@example.com", "password": "correct horse", "firstName": "R", "lastName": "S"}
    answer: dict[str, Any] = await practice.ask(SIGN_UP, input={**account, "coachId": coach.id})
    return answer


async def names(practice: Practice, who: Person | None, **variables: Any) -> list[str]:
    return [member["fullName"] for member in await nodes(practice, MEMBERS, who, **variables)]


async def held_places(practice: Practice, coach: Person) -> tuple[int, int]:
    """What is counted, and what there is to count."""
    key = key_of(coach)
    ((counted,),) = await practice.rows("SELECT member_count FROM coaches WHERE id = :id", id=key)
    return counted, await practice.count("members", "coach_id = :id", id=key)


def key_of(coach: Person) -> UUID:
    assert coach.coach is not None
    return coach.coach.id


def refused(answer: dict[str, Any]) -> tuple[str, str | None]:
    return answer["code"], answer.get("field")


# Profiles


async def test_1_1_a_new_member_has_a_linked_profile_with_default_values(practice: Practice) -> None:
    account = {"email": "mia@example.com", "password": "correct horse", "firstName": "Mia", "lastName": "Okafor"}
    await practice.ask(SIGN_UP, input=account)

    [member] = await nodes(practice, MEMBERS, await practice.admin())

    assert member == {
        "id": member["id"],
        "firstName": "Mia",
        "lastName": "Okafor",
        "fullName": "Mia Okafor",
        "phone": None,
        "goals": [],
        "status": "ACTIVE",
        "onboardingStatus": "PENDING",
        "startDate": "2026-03-02",
        "endDate": None,
        "coach": None,
    }


async def test_1_2_a_coach_lists_only_the_members_assigned_to_them(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    await practice.member(coach, first_name="Mia", last_name="Okafor")
    await practice.member(other)
    await practice.member()

    assert await names(practice, coach) == ["Mia Okafor"]


async def test_1_3_an_admin_lists_all_members_across_all_coaches(practice: Practice) -> None:
    one, other = await practice.coach(), await practice.coach()
    made = [await practice.member(one), await practice.member(other), await practice.member()]

    listed = await nodes(practice, MEMBERS, await practice.admin())

    assert [member["id"] for member in listed] == [member.id for member in made]


async def test_1_4_an_update_is_stored_at_once(practice: Practice) -> None:
    member = await practice.member()
    practice.clock.move(minutes=7)
    details = {
        "firstName": "Mia",
        "lastName": "Okafor",
        "phone": "+44 20 7946 0018",
        "emergencyContact": "Tom, 0018",
        "coachingFocus": "Listening",
        "goals": ["Sleep", "Speak up"],
    }

    answer = await practice.ask(DETAILS, member, input={"id": member.id, **details})

    assert answer == {
        "__typename": "Member",
        **details,
        "fullName": "Mia Okafor",
        "updatedAt": "2026-03-02T08:07:00Z",
    }
    assert await practice.count("members", "first_name = 'Mia' AND goals = '{Sleep,Speak up}'") == 1


async def test_1_4_what_is_left_out_stays_and_null_empties_what_may_be_empty(practice: Practice) -> None:
    member = await practice.member(phone="0018", coaching_focus="Listening", goals=["Sleep"])

    answer = await practice.ask(DETAILS, member, input={"id": member.id, "phone": None, "goals": []})

    assert (answer["phone"], answer["goals"], answer["coachingFocus"]) == (None, [], "Listening")


async def test_1_4_fields_are_checked(practice: Practice) -> None:
    member = await practice.member()
    wrong: list[tuple[str, Any, str]] = [
        ("firstName", "", "firstName"),
        ("firstName", None, "firstName"),
        ("firstName", "x" * 81, "firstName"),
        ("lastName", " ", "lastName"),
        ("phone", "x" * 41, "phone"),
        ("emergencyContact", "x" * 201, "emergencyContact"),
        ("coachingFocus", "x" * 201, "coachingFocus"),
        ("goals", ["goal"] * 51, "goals"),
        ("goals", ["goal", "x" * 201], "goals.1"),
        ("goals", None, "goals"),
    ]

    async with nothing_written(practice):
        answers = [await update(practice, member, member, **{field: value}) for field, value, _ in wrong]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", path) for *_, path in wrong]


async def test_1_4_a_membership_does_not_end_before_it_starts(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await update(practice, coach, member, startDate="2026-03-02")

    async with nothing_written(practice):
        answers = [
            await update(practice, coach, member, endDate="2026-03-01"),
            await update(practice, coach, member, startDate="2026-05-02", endDate="2026-05-01"),
        ]
    same_day = await update(practice, coach, member, endDate="2026-03-02")

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", "endDate")] * 2
    assert (same_day["startDate"], same_day["endDate"]) == ("2026-03-02", "2026-03-02")


async def test_a_coach_changes_the_standing_of_their_own_member(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    standing = {"status": "PAUSED", "onboardingStatus": "COMPLETED", "startDate": "2026-01-01", "endDate": "2026-12-31"}

    answer = await update(practice, coach, member, **standing)

    assert {name: answer[name] for name in standing} == standing


async def test_a_member_does_not_change_their_own_standing(practice: Practice) -> None:
    member = await practice.member()
    standing = {"status": "ARCHIVED", "startDate": "2026-01-01", "endDate": None}

    async with nothing_written(practice):
        refusals = [
            await practice.refusal(UPDATE_MEMBER, member, input={"id": member.id, "firstName": "Mia", name: value})
            for name, value in standing.items()
        ]

    assert refusals == [FORBIDDEN] * 3


async def test_an_admin_changes_any_member(practice: Practice) -> None:
    member, admin = await practice.member(), await practice.admin()

    answer = await update(practice, admin, member, firstName="Mia", status="PAUSED")

    assert (answer["firstName"], answer["status"]) == ("Mia", "PAUSED")


async def test_members_of_others_are_forbidden_to_change(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member, neighbour = await practice.members(2, coach)
    given = {"id": member.id, "firstName": "Mia"}

    async with nothing_written(practice):
        refusals = [await practice.refusal(UPDATE_MEMBER, who, input=given) for who in (neighbour, other, None)]

    assert refusals == [FORBIDDEN, FORBIDDEN, UNAUTHENTICATED]


# Who sees whom


async def test_12_3_listing_members_needs_the_permission(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    without = replace(coach, actor=replace(coach.actor, permissions=coach.actor.permissions - {"members:read"}))

    refusals = [await practice.refusal(MEMBERS, who) for who in (member, without, None)]

    assert refusals == [FORBIDDEN, FORBIDDEN, UNAUTHENTICATED]


async def test_12_1_a_coach_filters_by_nobody_but_themselves(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    await practice.member(other)

    own = await nodes(practice, MEMBERS, coach, filter={"coachId": coach.id})
    refusal = await practice.refusal(MEMBERS, coach, filter={"coachId": other.id})

    assert [found["id"] for found in own] == [member.id]
    assert refusal == FORBIDDEN


async def test_12_6_a_member_sees_their_own_profile_and_no_others(practice: Practice) -> None:
    coach = await practice.coach()
    member, neighbour = await practice.members(2, coach)

    own = await practice.ask(ONE_MEMBER, member, id=member.id)
    refusal = await practice.refusal(ONE_MEMBER, neighbour, id=member.id)

    assert (own["id"], own["user"], own["coach"]) == (member.id, {"email": member.user.email}, {"id": coach.id})
    assert refusal == FORBIDDEN


async def test_12_1_a_coach_sees_their_own_members_and_no_others(practice: Practice) -> None:
    coach, other = await practice.coach(), await practice.coach()
    member = await practice.member(coach)

    own = await practice.ask(ONE_MEMBER, coach, id=member.id)
    refusal = await practice.refusal(ONE_MEMBER, other, id=member.id)

    assert (own["id"], own["user"]) == (member.id, {"email": member.user.email})
    assert refusal == FORBIDDEN


async def test_12_5_an_admin_sees_every_member(practice: Practice) -> None:
    member, admin = await practice.member(), await practice.admin()

    seen = await practice.ask(ONE_MEMBER, admin, id=member.id)

    assert (seen["id"], seen["user"]) == (member.id, {"email": member.user.email})


async def test_a_member_who_does_not_exist_is_forbidden_too(practice: Practice) -> None:
    member, coach, admin = await practice.member(), await practice.coach(), await practice.admin()
    await practice.rows("DELETE FROM members RETURNING id")

    refusals = [await practice.refusal(ONE_MEMBER, who, id=member.id) for who in (coach, admin, None)]

    assert refusals == [FORBIDDEN, FORBIDDEN, UNAUTHENTICATED]


async def test_an_id_that_is_not_a_members_is_refused(practice: Practice) -> None:
    coach = await practice.coach()

    refusals = [await practice.refusal(ONE_MEMBER, coach, id=wrong) for wrong in (coach.id, "nonsense", "")]

    assert refusals == [{"code": "BAD_USER_INPUT", "status": 400, "field": "id"}] * 3


# Searching, filtering, pages


async def test_members_are_found_by_a_part_of_their_whole_name_in_any_case(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.member(coach, first_name="Mia", last_name="Okafor")
    await practice.member(coach, first_name="Tom_", last_name="Lindqvist")

    found = [await names(practice, coach, filter={"search": text}) for text in ("A OKA", "_", "lind", "%")]

    assert found == [["Mia Okafor"], ["Tom_ Lindqvist"], ["Tom_ Lindqvist"], []]


async def test_members_are_filtered_by_status_onboarding_and_coach(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    await practice.member(coach, first_name="A", last_name="B", status="PAUSED")
    await practice.member(coach, first_name="C", last_name="D", onboarding_status="COMPLETED")
    await practice.member(first_name="E", last_name="F", status="PAUSED", onboarding_status="COMPLETED")

    assert await names(practice, admin, filter={"status": "PAUSED"}) == ["A B", "E F"]
    assert await names(practice, admin, filter={"onboardingStatus": "COMPLETED"}) == ["C D", "E F"]
    assert await names(practice, admin, filter={"coachId": coach.id}) == ["A B", "C D"]
    assert await names(practice, admin, filter={"coachId": coach.id, "status": "PAUSED"}) == ["A B"]
    assert await names(practice, coach, filter={"status": "PAUSED"}) == ["A B"]


async def test_members_come_in_pages(practice: Practice) -> None:
    coach = await practice.coach()
    ids = [member.id for member in await practice.members(3, coach)]
    await practice.member()

    first = await practice.ask(MEMBERS, coach, first=2)
    second = await practice.ask(MEMBERS, coach, first=2, after=first["pageInfo"]["endCursor"])
    forged = await practice.refusal(MEMBERS, coach, after="nonsense")

    assert [[edge["node"]["id"] for edge in page["edges"]] for page in (first, second)] == [ids[:2], ids[2:]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    assert forged == {"code": "BAD_USER_INPUT", "status": 400, "field": "after"}


# Assigning


async def test_1_5_assigning_a_coach_changes_the_profile_and_begins_a_stretch(practice: Practice) -> None:
    coach, admin, member = await practice.coach(), await practice.admin(), await practice.member()
    practice.clock.move(minutes=7)

    answer = await assign(practice, admin, member, coach, reason=" Speaks Igbo ")

    assert answer == {"__typename": "Member", "id": member.id, "coach": {"id": coach.id}}
    assert await practice.rows(
        "SELECT coach_id, reason, assigned_by_user_id, started_at, ended_at FROM assignments"
    ) == [(key_of(coach), "Speaks Igbo", admin.user.id, practice.clock(), None)]
    assert await held_places(practice, coach) == (1, 1)


async def test_1_5_the_house_is_told_of_an_assignment_and_of_the_coach_before(practice: Practice) -> None:
    one, other, admin = await practice.coach(), await practice.coach(), await practice.admin()
    member = await practice.member()
    assert member.member is not None

    await assign(practice, admin, member, one)
    await assign(practice, admin, member, other)

    assert await practice.told() == [
        CoachAssigned(member_id=member.member.id, coach_id=key_of(one), previous_coach_id=None),
        CoachAssigned(member_id=member.member.id, coach_id=key_of(other), previous_coach_id=key_of(one)),
    ]


async def test_1_5_the_house_is_told_nothing_of_a_refused_assignment(practice: Practice) -> None:
    coach, admin, member = await practice.coach(max_members=0), await practice.admin(), await practice.member()

    await assign(practice, admin, member, coach)

    assert await practice.told() == []


async def test_14_4_no_member_is_assigned_beyond_the_limit(practice: Practice) -> None:
    coach, admin, member = await practice.coach(max_members=2), await practice.admin(), await practice.member()
    await practice.members(2, coach)

    async with nothing_written(practice):
        answer = await assign(practice, admin, member, coach)

    assert answer == AT_CAPACITY


async def test_2_3_the_limit_counts_active_and_paused_members(practice: Practice) -> None:
    coach, admin = await practice.coach(max_members=2), await practice.admin()
    members = await practice.members(3)
    first = await assign(practice, admin, members[0], coach)
    second = await assign(practice, admin, members[1], coach)
    await update(practice, admin, members[0], status="PAUSED")
    while_paused = await assign(practice, admin, members[2], coach)
    await update(practice, admin, members[0], status="COMPLETED")

    when_completed = await assign(practice, admin, members[2], coach)

    answers = (first, second, while_paused, when_completed)
    assert [answer["__typename"] for answer in answers] == ["Member", "Member", "CoachAtCapacity", "Member"]


async def test_2_3_a_member_who_comes_back_takes_a_place_again(practice: Practice) -> None:
    coach = await practice.coach(max_members=1)
    gone = await practice.member(coach, status="ARCHIVED")
    await practice.member(coach)

    async with nothing_written(practice):
        answer = await update(practice, coach, gone, status="ACTIVE")

    assert answer == AT_CAPACITY


async def test_a_member_is_not_assigned_to_the_coach_they_have(practice: Practice) -> None:
    coach, admin = await practice.coach(max_members=1), await practice.admin()
    member = await practice.member(coach)

    async with nothing_written(practice):
        answer = await assign(practice, admin, member, coach)

    assert (answer["__typename"], answer["code"]) == ("AlreadyAssigned", "ALREADY_ASSIGNED")


async def test_14_1_a_member_is_not_assigned_to_a_coach_who_is_not_active(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    coaches = [await practice.coach(status=status) for status in ("PENDING", "APPROVED", "SUSPENDED")]

    async with nothing_written(practice):
        answers = [await assign(practice, admin, member, coach) for coach in coaches]

    assert [answer["code"] for answer in answers] == ["COACH_NOT_ACCEPTING_MEMBERS"] * 3


async def test_an_admin_assigns_to_a_coach_who_takes_no_sign_ups(practice: Practice) -> None:
    coach, admin = await practice.coach(is_accepting_members=False), await practice.admin()
    member = await practice.member()

    answer = await assign(practice, admin, member, coach)

    assert answer["coach"] == {"id": coach.id}


async def test_only_admins_assign(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member()
    given = {"memberId": member.id, "coachId": coach.id}

    async with nothing_written(practice):
        refusals = [await practice.refusal(ASSIGN, who, input=given) for who in (member, coach, None)]

    assert refusals == [FORBIDDEN, FORBIDDEN, UNAUTHENTICATED]


async def test_what_is_no_coach_and_no_member_is_not_assigned(practice: Practice) -> None:
    coach, admin, member = await practice.coach(), await practice.admin(), await practice.member()
    gone_coach, gone_member = await practice.coach(), await practice.member()
    await practice.rows("DELETE FROM members WHERE user_id = :id RETURNING id", id=gone_member.user.id)
    await practice.rows("DELETE FROM coaches WHERE user_id = :id RETURNING id", id=gone_coach.user.id)

    async with nothing_written(practice):
        no_coach = await assign(practice, admin, member, gone_coach)
        not_a_coach = await assign(practice, admin, member, member)
        not_a_member = await assign(practice, admin, coach, coach)
        no_member = await practice.refusal(ASSIGN, admin, input={"memberId": gone_member.id, "coachId": coach.id})

    assert [refused(answer) for answer in (no_coach, not_a_coach, not_a_member)] == [
        ("INVALID_INPUT", "coachId"),
        ("INVALID_INPUT", "coachId"),
        ("INVALID_INPUT", "memberId"),
    ]
    assert no_member == FORBIDDEN


# Races


async def test_14_4_assignments_that_race_for_the_last_places_never_exceed_the_limit(practice: Practice) -> None:
    coach, admin = await practice.coach(max_members=3), await practice.admin()
    await practice.member(coach)
    racers = await practice.members(20)

    answers = await asyncio.gather(*(assign(practice, admin, racer, coach) for racer in racers))

    assert sorted(answer["__typename"] for answer in answers) == ["CoachAtCapacity"] * 18 + ["Member"] * 2
    assert await held_places(practice, coach) == (3, 3)
    assert await practice.count("assignments", "ended_at IS NULL") == 3


async def test_6_4_sign_ups_that_race_for_the_last_place_leave_one_winner_and_no_trace_of_the_others(
    practice: Practice,
) -> None:
    coach = await practice.coach(max_members=1)

    answers = await asyncio.gather(*(sign_up(practice, number, coach) for number in range(20)))

    assert sorted(answer["__typename"] for answer in answers) == ["AuthSession"] + ["CoachAtCapacity"] * 19
    assert await held_places(practice, coach) == (1, 1)
    assert await practice.count("users", "role = 'MEMBER'") == 1
    assert await practice.count("credentials") == await practice.count("refresh_tokens") == 1


async def test_members_who_are_exchanged_between_two_coaches_all_arrive_or_stay(practice: Practice) -> None:
    one, other, admin = await practice.coach(max_members=4), await practice.coach(max_members=4), await practice.admin()
    of_one, of_other = await practice.members(3, one), await practice.members(3, other)

    answers = await asyncio.gather(
        *(assign(practice, admin, member, other) for member in of_one),
        *(assign(practice, admin, member, one) for member in of_other),
    )

    assert {answer["__typename"] for answer in answers} <= {"Member", "CoachAtCapacity"}
    counted = [await held_places(practice, coach) for coach in (one, other)]
    assert all(count == members <= 4 for count, members in counted)
    assert sum(count for count, _ in counted) == 6
    assert await practice.count("assignments", "ended_at IS NULL") == 6


async def test_a_member_who_is_assigned_to_many_at_once_has_one_coach(practice: Practice) -> None:
    admin, member = await practice.admin(), await practice.member()
    coaches = [await practice.coach() for _ in range(5)]

    answers = await asyncio.gather(*(assign(practice, admin, member, coach) for coach in coaches))

    assert [answer["__typename"] for answer in answers] == ["Member"] * 5
    assert sorted([await held_places(practice, coach) for coach in coaches]) == [(0, 0)] * 4 + [(1, 1)]
    assert await practice.count("assignments") == 5
    assert await practice.count("assignments", "ended_at IS NULL") == 1


async def unlike_their_member(practice: Practice, table: str) -> int:
    """Rows whose copy of the member's coach is not what the member says."""
    return await practice.count(
        f"{table} t JOIN members m ON m.id = t.member_id", "t.member_coach_id IS DISTINCT FROM m.coach_id"
    )


async def test_bookings_and_transfers_that_race_leave_every_session_in_the_new_coachs_sight(practice: Practice) -> None:
    old, new, admin = await practice.coach(), await practice.coach(), await practice.admin()
    members = await practice.members(6, old)
    await add_window(practice, old, seats=6)
    given = {"coachId": old.id, "startsAt": NINE}

    answers = await asyncio.gather(
        *(practice.execute(BOOK, member, input=given) for member in members),
        *(practice.execute(ASSIGN, admin, input={"memberId": member.id, "coachId": new.id}) for member in members),
    )

    outcomes = {next(iter(answer["data"].values()))["__typename"] for answer in answers if answer["data"]}
    refusals = {answer["errors"][0]["extensions"]["code"] for answer in answers if not answer["data"]}
    assert outcomes <= {"Booking", "Member"}
    assert refusals <= {"FORBIDDEN"}
    assert await held_places(practice, new) == (6, 6)
    assert await unlike_their_member(practice, "sessions") == 0
    assert await unlike_their_member(practice, "session_changes") == 0


async def test_cancellations_and_transfers_that_race_all_succeed(practice: Practice) -> None:
    old, new, admin = await practice.coach(), await practice.coach(), await practice.admin()
    members = await practice.members(6, old)
    await add_window(practice, old, seats=6)
    session_ids = [await booked(practice, member, old, NINE) for member in members]

    await asyncio.gather(
        *(cancelled(practice, member, session_id) for member, session_id in zip(members, session_ids, strict=True)),
        *(assign(practice, admin, member, new) for member in members),
    )

    assert await practice.count("sessions", "status = 'CANCELLED'") == 6
    assert await held_places(practice, new) == (6, 6)
    assert await unlike_their_member(practice, "session_changes") == 0


# Transfers


async def transferred(practice: Practice, member: Person, new: Person) -> Person:
    """The admin who did it."""
    admin = await practice.admin()
    answer = await assign(practice, admin, member, new, reason="Moved away")
    assert answer["__typename"] == "Member", answer
    return admin


async def test_a_transfer_ends_one_stretch_and_begins_another(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    practice.clock.move(days=1)

    admin = await transferred(practice, member, new)

    now = "2026-03-03T08:00:00Z"
    for who in (member, admin):
        newest, oldest = (await practice.ask(ONE_MEMBER, who, id=member.id))["assignments"]
        assert newest == {"coach": {"id": new.id}, "reason": "Moved away", "startedAt": now, "endedAt": None}
        assert (oldest["coach"], oldest["reason"], oldest["endedAt"]) == ({"id": old.id}, None, now)
    assert [await held_places(practice, coach) for coach in (old, new)] == [(0, 0), (1, 1)]


async def test_a_coach_sees_their_own_stretch_only(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await transferred(practice, member, new)

    seen = (await practice.ask(ONE_MEMBER, new, id=member.id))["assignments"]

    assert [stretch["coach"] for stretch in seen] == [{"id": new.id}]


async def test_after_a_transfer_the_new_coach_has_the_member_and_the_old_one_has_not(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await transferred(practice, member, new)

    lists = [[found["id"] for found in await nodes(practice, MEMBERS, coach)] for coach in (old, new)]
    seen = await practice.ask(ONE_MEMBER, new, id=member.id)
    refusals = [
        await practice.refusal(ONE_MEMBER, old, id=member.id),
        await practice.refusal(UPDATE_MEMBER, old, input={"id": member.id, "firstName": "Mia"}),
    ]

    assert lists == [[], [member.id]]
    assert seen["user"] == {"email": member.user.email}
    assert refusals == [FORBIDDEN] * 2


async def test_the_old_coach_keeps_the_sessions_they_held_and_sees_nothing_that_came_later(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old, first_name="Mia", last_name="Okafor")
    await add_window(practice, old)
    await add_window(practice, new)
    held = await booked(practice, member, old, NINE, note="Before")
    await transferred(practice, member, new)
    await update(practice, member, member, lastName="Byrne")
    later = await booked(practice, member, new, TEN, note="After")

    listed = await nodes(practice, SESSIONS, old)
    of_member = await nodes(practice, SESSIONS, old, filter={"memberId": member.id})
    refusal = await practice.refusal(ONE_SESSION, old, id=later)

    assert [session["id"] for session in listed] == [session["id"] for session in of_member] == [held]
    assert (listed[0]["memberName"], listed[0]["note"], listed[0]["member"]) == ("Mia Okafor", "Before", None)
    assert refusal == FORBIDDEN


async def test_the_old_coach_sees_what_becomes_of_the_sessions_they_hold(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    held = await booked(practice, member, old, NINE)
    await transferred(practice, member, new)
    await cancelled(practice, member, held)

    session = await practice.ask(ONE_SESSION, old, id=held)

    assert session["status"] == "CANCELLED"
    assert [change["kind"] for change in session["history"]] == ["BOOKED", "CANCELLED"]


async def test_the_new_coach_sees_the_members_history(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    await add_window(practice, new)
    held = await booked(practice, member, old, NINE, note="Before")
    await transferred(practice, member, new)
    own = await booked(practice, member, new, TEN)

    listed = await nodes(practice, SESSIONS, new)

    assert [session["id"] for session in listed] == [held, own]
    assert (listed[0]["coach"], listed[0]["member"], listed[0]["note"]) == ({"id": old.id}, {"id": member.id}, "Before")
    assert [change["kind"] for change in listed[0]["history"]] == ["BOOKED"]


async def test_a_transferred_member_books_with_the_new_coach_and_no_longer_with_the_old(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    await add_window(practice, new)
    await transferred(practice, member, new)

    await booked(practice, member, new, NINE)
    refusal = await practice.refusal(BOOK, member, input={"coachId": old.id, "startsAt": TEN})

    assert refusal == FORBIDDEN
    assert await practice.count("sessions", "coach_id = :new", new=key_of(new)) == 1
    assert await practice.count("sessions") == 1


async def test_a_transfer_leaves_sessions_where_they_are(practice: Practice) -> None:
    old, new = await practice.coach(), await practice.coach()
    member = await practice.member(old)
    await add_window(practice, old)
    held = await booked(practice, member, old, NINE)

    await transferred(practice, member, new)

    session = await practice.ask(ONE_SESSION, member, id=held)
    assert (session["coach"], session["startsAt"], session["status"]) == ({"id": old.id}, NINE, "SCHEDULED")
    assert session["version"] == 1
